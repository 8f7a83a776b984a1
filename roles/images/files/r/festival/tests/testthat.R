library(testthat)
library(festival)

test_check("festival")
