test_that("150 workers are one cluster, beyond R's 128 connections", {
  skip_if(getRversion() < "4.4", "R < 4.4, which has no more")
  pool <- local_pool(150L)
  done <- expect_well(run_script(pool, {
    begin <- Sys.time()
    cl <- parallel::makeCluster(150)
    seconds <- as.numeric(Sys.time() - begin, units = "secs")
    pids <- unlist(parallel::clusterCall(cl, Sys.getpid))
    list(workers = length(unique(pids)), lapply = festival::festival_sapply(1:600, function(i) i), seconds = seconds)
  }))
  expect_identical(done$value$workers, 150L)
  expect_identical(done$value$lapply, 1:600)
})

test_that("R's limit is told as such", {
  skip_if(getRversion() < "4.4", "R < 4.4, which can't be given another")
  pool <- local_pool(140L)
  path <- script_file(pool, quote(parallel::makeCluster(140)))
  told <- suppressWarnings(system2(RSCRIPT, path, env = assignments(c(pool$settings, R_PROFILE = pool$file("profile.R"))), stdout = TRUE, stderr = TRUE))
  expect_match(paste(told, collapse = " "), "R has no connection left for another worker. Start R with --max-connections=1024")
})
