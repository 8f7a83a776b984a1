# What tasks print: it is in the job's log with the worker and the task, and in a file for each worker.

# The lines of the workers' files.
said <- function(pool) unlist(lapply(list.files(pool$file("workers"), full.names = TRUE), readLines))

test_that("what R, C code and programs print in a task is in the log with the task", {
  pool <- local_pool()
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(2)
    parallel::clusterApply(cluster, 1:2, function(i) {
      cat("cat", i, "\n")
      print("print")
      message("message")
      system("echo program; echo complaint >&2")
      warning("never mind")
    })
  }))
  for (word in c("cat 1 ", "cat 2 ", "[1] \"print\"", "message", "program", "complaint")) {
    expect_match(done$output, paste0("] ", word, "\n"), fixed = TRUE)
    expect_true(word %in% said(pool))
  }
  expect_match(done$output, "\\[here \\S+/[12], task 2\\] cat 2 ")
  expect_match(basename(list.files(pool$file("workers"))), "^here-.*-[12]\\.txt$")
})

test_that("the last words of a worker that dies are there", {
  pool <- local_pool(1L)
  done <- expect_well(run_script(pool, festival::festival_lapply(1:2, function(i) {
    again <- file.path(Sys.getenv("TMPDIR"), "..", "..", "died")
    if (i == 2L && !file.exists(again)) {
      file.create(again)
      cat("it went dark\n")
      message("so dark")
      tools::pskill(Sys.getpid(), tools::SIGKILL)
    }
    i
  }, .chunk = 1)))
  expect_match(done$output, "\\[here \\S+/1\\] it went dark\n")
  expect_equal(said(pool), c("it went dark", "so dark"))
})

test_that("a worker that floods harms nothing", {
  pool <- local_pool(1L)
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(1)
    parallel::clusterApply(cluster, 1:2, function(i) {
      for (k in 1:40) writeLines(strrep("x", 2^20))
      Sys.sleep(0.5)
    })
    length(parallel::clusterCall(cluster, function() writeLines(strrep("y", rep(2^15, 16L)))))
  }))
  expect_equal(done$value, 1L)
  expect_lt(nchar(done$output), 2^20)
  expect_match(done$output, "more than 16 MB in one task, is lost")
  expect_match(done$output, "the rest is in workers/here-")
  expect_lt(sum(file.size(list.files(pool$file("workers"), full.names = TRUE))), festival:::KEEP_WORDS + 2^21)
})

test_that("a script collects what its workers say in a file of its own", {
  pool <- local_pool()
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(2, outfile = "workers.txt")
    parallel::clusterCall(cluster, function() cat("hello\n"))
    parallel::stopCluster(cluster)
    readLines("workers.txt")
  }))
  expect_equal(done$value, c("hello", "hello"))
  expect_no_match(done$output, "] hello", fixed = TRUE)
})

test_that("bytes that are no text end no job, and what is text beside them is there", {
  pool <- local_pool()
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(2)
    unlist(parallel::parLapply(cluster, 1:2, function(i) {
      for (code in list(c(0xf5, 0x80, 0x80, 0x80), c(0xed, 0xa0, 0x80), 0xe9, c(0xc3, 0xb1))) {
        cat("before ")
        cat(rawToChar(as.raw(code)), "after\n")
      }
      i
    }))
  }))
  expect_identical(done$value, 1:2)
  expect_match(done$output, "before .* after\n")
})
