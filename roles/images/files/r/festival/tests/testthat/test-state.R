empty_pool <- function() list2env(list(state = list(), open = 1:2), parent = emptyenv())

called <- function(fun, ...) list(fun = fun, args = list(...), return = TRUE, tag = NULL)

test_that("the same call to several nodes is one entry, another call another", {
  pool <- empty_pool()
  set <- called(Sys.setenv, A = "1")
  expect_identical(festival:::remember(pool, 1L, set), 1L)
  expect_identical(festival:::remember(pool, 2L, set), 1L)
  expect_identical(pool$state[[1]]$nodes, 1:2)
  expect_identical(festival:::remember(pool, 1L, set), 2L)
  expect_identical(festival:::remember(pool, 2L, called(Sys.setenv, A = "2")), 3L)
})

test_that("an export replaces the earlier one of its name", {
  pool <- empty_pool()
  export <- function(name, value) called(environment(parallel::clusterExport)$gets, name, value)
  for (k in 1:3) for (node in 1:2) festival:::remember(pool, node, export("x", k))
  festival:::remember(pool, 1L, export("y", 0))
  kept <- Filter(Negate(is.null), lapply(pool$state, `[[`, "data"))
  expect_identical(lapply(kept, function(data) data$args), list(list("x", 3L), list("y", 0)))
})
