# Run one file of the package's tests, and write down what became of each test: name, failures, skipped for which reason.
arguments <- commandArgs(TRUE)
library(testthat)
library(festival)
setwd(dirname(arguments[1L]))
told <- test_file(arguments[1L], reporter = "silent", stop_on_failure = FALSE, package = "festival", load_package = "installed")
rows <- lapply(told, function(test) {
  kinds <- vapply(test$results, function(result) class(result)[1L], "")
  reasons <- vapply(test$results[kinds == "expectation_skip"], conditionMessage, "")
  failed <- vapply(test$results[kinds %in% c("expectation_failure", "expectation_error", "expectation_warning")], conditionMessage, "")
  list(test = test$test, expectations = sum(kinds == "expectation_success"), skipped = as.list(reasons), failed = as.list(failed))
})
writeLines(jsonlite::toJSON(rows, auto_unbox = TRUE), arguments[2L])
