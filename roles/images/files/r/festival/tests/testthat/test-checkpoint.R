# A call as run_on_pool() begins it.
begin_call_of <- function(n = 10, fun = function(x) x, seed = 1, dots = list()) {
  source <- festival:::new_source(as.list(seq_len(n)), fun, dots, festival:::first_stream(seed), NULL, Inf)
  source$call <- 1L
  festival:::open_checkpoint(source)
  source
}

# A chunk's values as they come back.
keep <- function(source, these, values = as.list(these * 10)) {
  message <- list(call = source$call, first = these[1L], count = length(these))
  festival:::take_values(source, message, values, 0.1)
  festival:::write_kept(source)
}

# Run code as a master that starts in an empty folder, or again in the same one.
in_folder <- function(folder, code) {
  Sys.setenv(FESTIVAL_CHECKPOINT = folder)
  on.exit(Sys.unsetenv("FESTIVAL_CHECKPOINT"))
  the <- get("the", asNamespace("festival"))
  the$lapplies <- 0L
  code
}

done_in <- function(source) which(source$is_done(seq_len(source$total)))

test_that("a second start takes up what the first has left", {
  folder <- tempfile()
  in_folder(folder, {
    source <- begin_call_of()
    keep(source, 1:3)
    keep(source, 5L, list(NULL))
    festival:::close_checkpoint(source)
  })
  again <- in_folder(folder, begin_call_of())
  on.exit(festival:::close_checkpoint(again))
  expect_identical(done_in(again), c(1:3, 5L))
  expect_identical(again$values()[1:5], list(10, 20, 30, NULL, NULL))
  expect_true(again$resumed)
  expect_equal(again$finished, 4)
})

test_that("a half-written record is as if it were not there, and a third start reads past it", {
  folder <- tempfile()
  in_folder(folder, {
    source <- begin_call_of()
    keep(source, 1:3)
    keep(source, 4:6)
    festival:::close_checkpoint(source)
  })
  path <- list.files(folder, full.names = TRUE)
  whole <- readBin(path, "raw", file.size(path))
  for (cut in c(1, 20, 40)) {
    writeBin(utils::head(whole, -cut), path)
    source <- in_folder(folder, begin_call_of())
    expect_identical(done_in(source), 1:3)
    festival:::close_checkpoint(source)
  }
  source <- in_folder(folder, begin_call_of())
  keep(source, 8L)
  festival:::close_checkpoint(source)
  third <- in_folder(folder, begin_call_of())
  on.exit(festival:::close_checkpoint(third))
  expect_identical(done_in(third), c(1:3, 8L))
})

test_that("another call takes up nothing", {
  folder <- tempfile()
  in_folder(folder, {
    source <- begin_call_of()
    keep(source, 1:3)
    festival:::close_checkpoint(source)
  })
  others <- list(list(n = 9), list(fun = function(x) x + 1), list(seed = 2), list(dots = list(y = 1)))
  for (other in others) {
    source <- in_folder(folder, do.call(begin_call_of, other))
    expect_identical(done_in(source), integer())
    expect_false(source$resumed)
    festival:::close_checkpoint(source)
  }
})

test_that("errors are not kept", {
  folder <- tempfile()
  in_folder(folder, {
    source <- begin_call_of()
    keep(source, 1:2, list(1, festival:::task_error("no")))
    festival:::close_checkpoint(source)
  })
  source <- in_folder(folder, begin_call_of())
  on.exit(festival:::close_checkpoint(source))
  expect_identical(done_in(source), 1L)
})
