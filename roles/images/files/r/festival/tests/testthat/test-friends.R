# Each package finds the pool by what a script says anyway.

skip_without <- function(...) for (package in c(...)) skip_if_not_installed(package)

test_that("foreach and doParallel", {
  skip_without("foreach", "doParallel")
  done <- expect_well(run_script(local_pool(2L), {
    library(foreach)
    x <- 3
    one <- foreach(i = 1:4, .combine = c) %dopar% { i * x }
    library(doParallel)
    registerDoParallel(cores = 2)
    two <- foreach(i = 1:6, .combine = c) %dopar% Sys.getpid()
    cl <- makeCluster(2)
    registerDoParallel(cl)
    three <- foreach(i = 1:3, .combine = "+") %dopar% sqrt(i)
    list(one = one, here = Sys.getpid() %in% two, workers = getDoParWorkers(), three = three)
  }))
  expect_identical(done$value, list(one = c(3, 6, 9, 12), here = FALSE, workers = 2L, three = sum(sqrt(1:3))))
})

test_that("future, future.apply and furrr", {
  skip_without("future", "future.apply", "furrr")
  done <- expect_well(run_script(local_pool(2L), {
    library(future.apply)
    library(furrr)
    x <- 3
    plan(multisession, workers = 2)
    set.seed(1)
    drawn <- unlist(future_lapply(1:6, function(i) rnorm(1), future.seed = TRUE))
    pids <- unlist(future_lapply(1:6, function(i) Sys.getpid()))
    future <- future({ Sys.sleep(0.2); x + 39 })
    waiting <- resolved(future)
    wrong <- future(stop("boo"))
    out <- list(
      here = Sys.getpid() %in% pids, workers = nbrOfWorkers(), waiting = waiting, value = value(future),
      error = tryCatch(value(wrong), error = conditionMessage), map = future_map_dbl(1:4, ~ .x^2 + x)
    )
    plan(sequential)
    set.seed(1)
    c(out, same = identical(drawn, unlist(future_lapply(1:6, function(i) rnorm(1), future.seed = TRUE))))
  }))
  expect_equal(done$value, list(here = FALSE, workers = 2L, waiting = FALSE, value = 42, error = "boo", map = (1:4)^2 + 3, same = TRUE))
})

test_that("a future whose worker is killed has its value all the same", {
  skip_without("future")
  skip_if(utils::packageVersion("future") < "1.34", "future < 1.34, which has another error for one that is given up")
  done <- expect_well(run_script(local_pool(2L), {
    library(future)
    plan(multisession)
    begun <- tempfile()
    one <- future({ if (!file.exists(begun)) { file.create(begun); tools::pskill(Sys.getpid(), 9) }; 42 })
    three <- future(tools::pskill(Sys.getpid(), 9))
    list(value(one), tryCatch(value(three), error = conditionMessage))
  }))
  expect_identical(done$value[[1]], 42)
  expect_match(done$value[[2]], "3 workers were lost while they worked on it")
})

test_that("BiocParallel", {
  skip_without("BiocParallel", "doParallel", "foreach")
  done <- expect_well(run_script(local_pool(2L), {
    library(BiocParallel)
    pids <- unlist(bplapply(1:6, function(i) Sys.getpid()))
    list(values = unlist(bplapply(1:4, function(i) i^2)), here = Sys.getpid() %in% pids, workers = bpnworkers(bpparam()))
  }))
  expect_identical(done$value, list(values = (1:4)^2, here = FALSE, workers = 2L))
})

test_that("snow", {
  skip_without("snow")
  done <- expect_well(run_script(local_pool(2L), {
    library(snow)
    cl <- makeCluster(c("localhost", "localhost"), type = "SOCK")
    y <- 10
    clusterExport(cl, "y")
    out <- list(
      lb = unlist(clusterApplyLB(cl, 1:6, function(i) i + y)), rows = parRapply(cl, matrix(1:4, 2), sum),
      sapply = parSapply(cl, 1:3, sqrt), here = Sys.getpid() %in% unlist(clusterCall(cl, Sys.getpid)), size = length(cl)
    )
    stopCluster(cl)
    out
  }))
  expect_equal(done$value, list(lb = 1:6 + 10, rows = c(4, 6), sapply = sqrt(1:3), here = FALSE, size = 2L))
})

test_that("progressr's progress is the job's", {
  skip_without("progressr")
  done <- expect_well(run_script(new_pool(), {
    library(progressr)
    with_progress({
      p <- progressor(4)
      for (i in 1:4) p(message = paste("at", i))
    })
  }))
  told <- of_kind(done$events, "progress")
  expect_true(any(grepl("\"done\":4.*\"total\":4.*\"at 4\"", told)), info = paste(told, collapse = "\n"))
})
