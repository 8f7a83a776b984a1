# How many cores a task has.

test_that("a task is told the cores of its slot, and not those of the machine", {
  pool <- local_pool(2L, c(FESTIVAL_CORES = "3"))
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(2)
    parallel::clusterCall(cluster, function() {
      c(parallel::detectCores(), if (requireNamespace("parallelly", quietly = TRUE)) parallelly::availableCores())
    })
  }))
  expect_setequal(unlist(done$value), 3L)
})
