# Scripts that fork R: told, or done by the pool's workers.

test_that("where forks stay is told once, and they work as ever", {
  pool <- local_pool(1L)
  done <- expect_well(run_script(pool, {
    first <- parallel::mclapply(1:3, function(i) i^2, mc.cores = 2)
    second <- parallel::mcmapply(function(a, b) a + b, 1:2, 3:4, mc.cores = 2)
    library(parallel)
    list(first, second, pvec(1:4, sqrt, mc.cores = 2))
  }))
  expect_equal(done$value, list(list(1, 4, 9), c(4, 6), sqrt(1:4)))
  expect_length(gregexpr("forks this R", done$output, fixed = TRUE)[[1L]], 1L)
  expect_match(done$output, "mclapply\\(\\) forks this R, .* job_forks: pool")
})

test_that("the pool's workers do it where the job says so, in the same order and with what it needs", {
  pool <- local_pool(2L, c(FESTIVAL_FORKS = "pool"))
  done <- expect_well(run_script(pool, {
    library(parallel)
    power <- 2
    raise <- function(x) x^power
    values <- mclapply(c(a = 1, b = 2, c = 3), function(x) c(raise(x), Sys.getpid()), mc.cores = 8)
    broken <- suppressWarnings(mclapply(1:2, function(i) if (i == 2) stop("no guitar") else i))
    list(pid = Sys.getpid(), values = values, broken = broken, sum = unlist(mcmapply(`+`, 1:3, 4:6)), roots = pvec(c(1, 4, 9), sqrt))
  }))
  value <- done$value
  expect_equal(vapply(value$values, `[[`, 0, 1L), c(a = 1, b = 4, c = 9))
  expect_false(value$pid %in% vapply(value$values, `[[`, 0, 2L))
  expect_equal(value$broken[[1L]], 1L)
  expect_s3_class(value$broken[[2L]], "try-error")
  expect_equal(value$sum, c(5, 7, 9))
  expect_equal(value$roots, c(1, 2, 3))
  expect_no_match(done$output, "forks this R")
})
