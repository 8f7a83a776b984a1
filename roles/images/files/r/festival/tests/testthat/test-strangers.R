test_that("strangers at the master's door neither get in nor hold anybody up", {
  # Loading a namespace is what unserialize() does by itself. A call that it reads, it does not run.
  in_a_process <- function(code) parallel::mccollect(parallel::mcparallel(code))[[1]]
  payload <- in_a_process(serialize(asNamespace("splines"), NULL))
  quietly <- function(code) tryCatch(suppressWarnings(code), error = function(e) NULL)
  # Of each process with a text in its environment: whether it has that package's library in its memory.
  loaded <- function(text) {
    marked <- function(process) length(quietly(grepRaw(text, readBin(file.path(process, "environ"), "raw", 1e5), fixed = TRUE))) > 0L
    maps <- lapply(file.path(Filter(marked, Sys.glob("/proc/[0-9]*")), "maps"), function(path) quietly(readLines(path)))
    vapply(maps, function(lines) any(grepl("splines.so", lines, fixed = TRUE)), NA)
  }
  expect_true(any(in_a_process({ unserialize(payload); loaded("PATH=") })))
  pool <- local_pool(2L)
  code <- quote({
    library(parallel)
    cl <- makeCluster(2)
    file.create(Sys.getenv("BEGUN"))
    list(unlist(clusterApplyLB(cl, 1:40, function(i) { Sys.sleep(0.2); i })), length(cl[[1]]$pool$workers))
  })
  begun <- pool$file("begun")
  job <- parallel::mcparallel(run_quoted(pool, code, c(BEGUN = begun)))
  wait_for(file.exists(begun))
  knock <- function(port) {
    con <- festival:::dial("127.0.0.1", port, 5)
    at_end(function() festival:::hang_up(con), parent.frame(2))
    con
  }
  for (port in c(pool$port, pool$worker_port)) {
    # One that says nothing, one that sends garbage, one with a payload for unserialize(), one with another token.
    knock(port)
    writeBin(as.raw(sample(0:255, 4096, TRUE)), knock(port))
    writeBin(payload, knock(port))
    expect_false(tryCatch(festival:::introduce(knock(port), charToRaw(strrep("0", 64)), "worker", "evil/1", "there", 1), warning = function(w) FALSE))
  }
  Sys.sleep(0.5)
  found <- loaded(pool$folder)
  expect_gte(length(found), 5L)
  expect_false(any(found))
  done <- expect_well(parallel::mccollect(job)[[1]])
  expect_identical(done$value, list(1:40, 2L))
  expect_lt(done$seconds, 12)
  expect_false(any(grepl("evil", done$events)))
})

test_that("a caller that is gone as soon as it is known leaves the supervisor as it was", {
  pool <- new_pool(1L)
  supervisor <- start_supervisor(pool)
  wait_for(!is.null(con <- festival:::dial("127.0.0.1", pool$worker_port, 5)))
  caller <- festival:::new_dialler(con, festival:::read_token(pool$file("token")), "master", "127.0.0.1", pool$port, "test")
  challenge <- readBin(con, "raw", festival:::CHALLENGE)
  # It is to find proof and end at once.
  tools::pskill(supervisor, tools::SIGSTOP)
  expect_true(festival:::answer_challenge(caller, challenge))
  close(con)
  tools::pskill(supervisor, tools::SIGCONT)
  Sys.sleep(1)
  expect_true(festival:::running(supervisor))
  start_watch(pool)
  done <- expect_well(run_script(pool, { library(parallel); unlist(clusterApply(makeCluster(1), 5, identity)) }))
  expect_identical(done$value, 5)
})
