test_that("streams are those of parallel, and the script's state is left alone", {
  set.seed(5)
  before <- .Random.seed
  first <- festival:::first_stream(42)
  expect_identical(.Random.seed, before)
  RNGkind("L'Ecuyer-CMRG", "Inversion", "Rejection")
  set.seed(42)
  expect_identical(first, .Random.seed)
  expect_identical(festival:::streams(first, 3L)[[3]], parallel::nextRNGStream(parallel::nextRNGStream(first)))
  RNGkind("default", "default", "default")
  set.seed(5)
  values <- festival:::with_streams(first, 3L, function(i) runif(1))
  expect_identical(.Random.seed, before)
  expect_length(unique(unlist(values)), 3)
})

test_that("set.seed() decides, and moves on", {
  draw <- function() unlist(festival_lapply(1:4, function(i) runif(1)))
  set.seed(1)
  one <- draw()
  two <- draw()
  set.seed(1)
  expect_identical(draw(), one)
  expect_false(any(two %in% one))
  expect_identical(festival_sapply(1:4, function(i) runif(1), .seed = 9), festival_sapply(1:4, function(i) runif(1), .seed = 9))
  expect_error(festival_lapply(1, identity, .seed = "x"), "TRUE, FALSE nor a number")
})

test_that("no stream, none taken", {
  set.seed(3)
  before <- .Random.seed
  festival_lapply(1:2, identity, .seed = FALSE)
  expect_identical(.Random.seed, before)
})
