test_that("a killed worker changes nothing in the answer", {
  done <- expect_well(run_script(local_pool(3L), {
    library(parallel)
    draw <- function(i) { Sys.sleep(0.08); rnorm(1) + i }
    cl <- makeCluster(3)
    workers <- function() unlist(clusterCall(cl, Sys.getpid))
    base <- 100
    clusterExport(cl, "base")
    runs <- lapply(c(FALSE, TRUE), function(disturbed) {
      hurt <- function(k) if (disturbed) signal_later(0.15, workers()[k])
      set.seed(7)
      hurt(2)
      one <- festival::festival_sapply(1:24, draw)
      clusterSetRNGStream(cl, 1)
      hurt(1)
      two <- parSapply(cl, 1:12, draw)
      hurt(3)
      three <- unlist(clusterApplyLB(cl, 1:20, function(i) { Sys.sleep(0.08); i + base }))
      list(one, two, three)
    })
    c(identical = identical(runs[[1]], runs[[2]]), exported = identical(runs[[2]][[3]], 1:20 + 100))
  }))
  expect_identical(done$value, c(identical = TRUE, exported = TRUE))
  lost <- of_kind(done$events, "lost")
  expect_length(lost, 3)
  expect_identical(unique(field(lost, "cause")), "closed")
  expect_length(of_kind(done$events, "retry"), 3)
  expect_length(of_kind(done$events, "join"), 6)
})

test_that("a container that falls silent is noticed, and its work done by another", {
  pool <- local_pool(2L, c(FESTIVAL_SILENCE = "1.5"))
  code <- quote({
    library(parallel)
    cl <- makeCluster(2)
    supervisor <- as.integer(Sys.getenv("SUPERVISOR"))
    pids <- unlist(clusterCall(cl, Sys.getpid))
    signal_later(0.3, supervisor, "STOP")
    for (pid in pids) signal_later(0.3, pid, "STOP")
    signal_later(3.5, supervisor, "CONT")
    begin <- Sys.time()
    value <- festival::festival_sapply(1:20, function(i) { Sys.sleep(0.1); i })
    list(value = value, seconds = as.numeric(Sys.time() - begin, units = "secs"))
  })
  done <- expect_well(run_quoted(pool, code, c(SUPERVISOR = pool$supervisor)))
  expect_identical(done$value$value, 1:20)
  expect_lt(done$value$seconds, 60)
  expect_identical(unique(field(of_kind(done$events, "lost"), "cause")), "silent")
})

test_that("a task that ends its workers is that task's error, in every kind of call", {
  done <- expect_well(run_script(local_pool(2L), {
    library(parallel)
    killing <- function(i) { if (i == 4) tools::pskill(Sys.getpid(), 9); i }
    cl <- makeCluster(2)
    kept <- festival::festival_lapply(1:12, killing, .chunk = 3, .on_error = "return")
    list(
      lapply = conditionMessage(kept[[4]]), others = unlist(kept[-4]),
      parallel = tryCatch(parLapply(cl, 1:4, killing), error = conditionMessage),
      quit = tryCatch(clusterApply(cl, 4, function(i) quit("no")), error = conditionMessage),
      after = unlist(clusterApply(cl, 1:3, identity))
    )
  }))
  expect_match(done$value$lapply, "Task 4 was given up: 3 workers were lost while they worked on it (the last: closed)", fixed = TRUE)
  expect_identical(done$value$others, (1:12)[-4])
  expect_match(done$value$parallel, "was given up: 3 workers were lost")
  expect_match(done$value$quit, "was given up: 3 workers were lost")
  expect_identical(done$value$after, 1:3)
})

test_that("a deadline ends what hangs", {
  done <- expect_well(run_script(local_pool(2L), {
    library(parallel)
    hang <- function(i) { if (i == 2) repeat Sys.sleep(1); i }
    begin <- Sys.time()
    kept <- festival::festival_lapply(1:4, hang, .deadline = 0.5, .on_error = "return")
    options(festival.deadline = 0.5)
    cl <- makeCluster(2)
    told <- tryCatch(clusterApplyLB(cl, 1:4, hang), error = conditionMessage)
    list(kept = kept, told = told, seconds = as.numeric(Sys.time() - begin, units = "secs"))
  }))
  expect_match(conditionMessage(done$value$kept[[2]]), "the last: deadline")
  expect_identical(unlist(done$value$kept[-2]), c(1L, 3L, 4L))
  expect_match(done$value$told, "the last: deadline")
  expect_lt(done$value$seconds, 20)
})

test_that("who joins in mid-run gets the state and takes part", {
  pool <- new_pool(1L)
  start_watch(pool)
  start_supervisor(pool)
  second <- new_pool(1L, pool$settings[c("FESTIVAL_TOKEN_FILE", "FESTIVAL_MASTER_PORT", "FESTIVAL_EVENTS")])
  second$settings[["FESTIVAL_POOL_ADDRESS"]] <- "127.0.0.2"
  code <- quote({
    library(parallel)
    cl <- makeCluster(1)
    base <- 5
    begun <- Sys.getenv("BEGUN")
    clusterExport(cl, c("base", "begun"))
    clusterEvalQ(cl, library(tools))
    file.create(begun)
    festival::festival_lapply(1:40, function(i) {
      begun <- get("begun", globalenv())
      file.create(paste0(begun, "-by-", Sys.getpid()))
      # A busy machine may need many seconds to start the second worker: the first one waits for it.
      late <- Sys.time() + 60
      while (length(Sys.glob(paste0(begun, "-by-*"))) < 2 && Sys.time() < late) Sys.sleep(0.05)
      c(i + get("base", globalenv()), "package:tools" %in% search(), Sys.getpid())
    }, .globals = FALSE, .packages = FALSE)
  })
  # The second supervisor stands for another container, with an address of its own.
  second$begun <- pool$file("begun")
  second$settings[["FESTIVAL_WORKER_PORT"]] <- second$worker_port
  job <- parallel::mcparallel(run_quoted(pool, code, c(BEGUN = second$begun)))
  wait_for(file.exists(second$begun))
  start_supervisor(second)
  start_watch(second)
  done <- expect_well(parallel::mccollect(job)[[1]])
  rows <- do.call(rbind, done$value)
  expect_identical(rows[, 1], 1:40 + 5)
  expect_identical(unique(rows[, 2]), 1)
  expect_length(unique(rows[, 3]), 2)
})

test_that("a pool that stays empty is an error that says how much was done", {
  pool <- local_pool(2L, c(FESTIVAL_ORPHAN = "2"))
  done <- run_quoted(pool, quote({
    pids <- as.integer(Sys.getenv(c("WATCH", "SUPERVISOR")))
    print(parallel::makeCluster(2))
    festival::festival_lapply(1:20, function(i) {
      if (i == 6) tools::pskill(c(pids, Sys.getpid()), 9)
      Sys.sleep(0.3)
      if (i > 6) tools::pskill(Sys.getpid(), 9)
      i
    }, .chunk = 1)
  }), c(SUPERVISOR = pool$supervisor, WATCH = pool$watch))
  expect_equal(done$code, 1L)
  expect_match(done$output, "No worker of pool mariachi has been there for 2 s; [0-9]+ of 20 tasks were done")
  expect_match(done$output, "playbooks/workers.yml starts it", fixed = TRUE)
})

test_that("no worker at all is an error, soon", {
  done <- run_script(new_pool(2L, c(FESTIVAL_ORPHAN = "1")), festival::makeFestivalCluster(2, wait = 0.5))
  expect_equal(done$code, 1L)
  expect_match(done$output, "No worker of pool mariachi has come within 1 s")
  done <- run_script(new_pool(1L), festival::makeFestivalCluster(0))
  expect_match(done$output, "A cluster has at least one worker, not 0.", fixed = TRUE)
})
