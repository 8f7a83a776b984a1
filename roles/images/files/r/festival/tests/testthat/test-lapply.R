test_that("it is lapply(), sapply() and Map()", {
  expect_identical(festival_lapply(list(a = 1, b = 2), function(x, y) x + y, y = 1), lapply(list(a = 1, b = 2), function(x, y) x + y, y = 1))
  expect_identical(festival_lapply(character(), nchar), list())
  expect_identical(festival_lapply(data.frame(a = 1:2, b = 3:4), sum), lapply(data.frame(a = 1:2, b = 3:4), sum))
  expect_identical(festival_lapply(1:3, function(i) NULL), list(NULL, NULL, NULL))
  expect_identical(festival_sapply(c("x", "yy"), nchar), sapply(c("x", "yy"), nchar))
  expect_identical(festival_sapply(1:3, function(i) c(i, i)), sapply(1:3, function(i) c(i, i)))
  expect_identical(festival_sapply(1:2, identity, simplify = FALSE), list(1L, 2L))
  expect_identical(festival_map(function(x, y) x * y, c(a = 1, b = 2), 3:4), Map(function(x, y) x * y, c(a = 1, b = 2), 3:4))
  expect_identical(festival_map(paste, c("p", "q"), "r", MoreArgs = list(sep = "-")), Map(paste, c("p", "q"), "r", MoreArgs = list(sep = "-")))
})

test_that("errors tell which tasks, and how many", {
  odd <- function(i) if (i %% 2) stop("odd ", i) else i
  expect_error(festival_lapply(1:9, odd), "5 of 9 tasks failed. Task 1: odd 1\nTask 3: odd 3\nTask 5: odd 5")
  kept <- festival_lapply(1:2, odd, .on_error = "return")
  expect_s3_class(kept[[1]], "festival_error")
  expect_identical(conditionMessage(kept[[1]]), "odd 1")
  expect_identical(kept[[2]], 2L)
})

test_that("an argument that makes no sense is an error before anything is done", {
  never <- function(i) stop("done")
  for (chunk in list(0, "a", 1:2, NA)) expect_error(festival_lapply(1, never, .chunk = chunk), ".chunk is the number of tasks")
  for (deadline in list(0, -1, "a", NA)) expect_error(festival_lapply(1, never, .deadline = deadline), ".deadline is the number of seconds")
  expect_error(festival_lapply(1, never, .on_error = "ignore"), "should be one of")
  expect_error(festival_lapply(1, "no such function"), "not found")
})

test_that("no pool is an error for those who ask for one", {
  expect_error(makeFestivalCluster(2), "There is no pool here: FESTIVAL_POOL is not set, or the job's engine gives R no workers. Run the script as a job")
  Sys.setenv(FESTIVAL_ENGINE = "ssh")
  on.exit(Sys.unsetenv("FESTIVAL_ENGINE"))
  expect_error(festival_lapply(1, identity), "festival_engine: socket, and this job's is ssh")
})

test_that("globals are found by name, through functions, and packages' own stay away", {
  assign("outer_value", 3, globalenv())
  assign("helper_fun", eval(quote(function(x) x * outer_value), globalenv()), globalenv())
  on.exit(rm("outer_value", "helper_fun", envir = globalenv()))
  found <- festival:::find_globals(eval(quote(function(i) helper_fun(i) + stats::sd(1:2)), globalenv()))
  expect_setequal(names(found), c("helper_fun", "outer_value"))
  expect_identical(festival:::find_globals(stats::sd), list())
  expect_identical(festival:::find_globals(sum), list())
})
