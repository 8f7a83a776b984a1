# The job's files on the workers, as in a job: an archive that the master hands out.

# A pool whose job has files beside its script, handed out as in its master.
pool_with_files <- function(files, slots = 2L, env = parent.frame()) {
  pool <- new_pool(slots, env = env)
  folder <- pool$file("inputs")
  dir.create(folder)
  for (name in names(files)) {
    dir.create(dirname(file.path(folder, name)), showWarnings = FALSE, recursive = TRUE)
    writeLines(files[[name]], file.path(folder, name))
  }
  archive <- pool$file("inputs.tar")
  system2("tar", c("-c", "-C", folder, "-f", archive, "."))
  dir.create(pool$file("taken"))
  pool$settings[c("FESTIVAL_FILES", "FESTIVAL_FILES_FOLDER")] <- c(archive, pool$file("taken"))
  launch(pool, "files.txt", "--no-site-file", "-e", "festival:::serve_files()")
  start_supervisor(pool)
  start_watch(pool)
  pool
}

test_that("a task reads and sources what lies beside the script, each in a folder of its own", {
  pool <- pool_with_files(list(data.csv = c("x", "3", "4"), "models/helper.R" = "twice <- function(x) 2 * x", "odd names/-n \"q\".txt" = "odd"))
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(2)
    parallel::clusterApply(cluster, 1:2, function(i) {
      source("models/helper.R")
      cat("more\n", file = "data.csv", append = TRUE)
      stopifnot(readLines("odd names/-n \"q\".txt") == "odd")
      list(sum = twice(sum(read.csv("data.csv")$x[1:2] |> as.numeric())), folder = getwd(), lines = length(readLines("data.csv")))
    })
  }))
  values <- done$value
  expect_equal(vapply(values, `[[`, 0, "sum"), c(14, 14))
  expect_equal(vapply(values, `[[`, 0L, "lines"), c(4L, 4L))
  expect_length(unique(vapply(values, `[[`, "", "folder")), 2L)
})

test_that("a large file is there once for all workers of a container, and a worker that comes later has it, too", {
  pool <- pool_with_files(list(large.txt = strrep("x", 2^20 + 1)))
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(2)
    paths <- parallel::clusterCall(cluster, function() c(Sys.readlink("large.txt"), nchar(readLines("large.txt"))))
    sizes <- festival::festival_lapply(1:8, function(i) {
      if (i == 1L && !file.exists(file.path(Sys.getenv("FESTIVAL_FILES_FOLDER"), "..", "died"))) {
        file.create(file.path(Sys.getenv("FESTIVAL_FILES_FOLDER"), "..", "died"))
        tools::pskill(Sys.getpid(), tools::SIGKILL)
      }
      file.size("large.txt")
    })
    list(paths = paths, sizes = unlist(sizes), mode = parallel::clusterCall(cluster, function() file.mode("large.txt"))[[1L]])
  }))
  expect_equal(format(done$value$mode), "444")
  expect_length(unique(lapply(done$value$paths, `[[`, 1L)), 1L)
  expect_equal(done$value$sizes, rep(2^20 + 2, 8L))
})

test_that("the next job does not find them", {
  pool <- pool_with_files(list(secret.csv = "mine"))
  expect_well(run_script(pool, parallel::clusterCall(parallel::makeCluster(2), function() readLines("secret.csv"))))
  tools::pskill(setdiff(pool$pids, pool$supervisor), tools::SIGKILL)
  wait_for(!length(list.files(pool$file("taken"), all.files = TRUE, no.. = TRUE)))
  expect_equal(list.files(pool$file("tmp"), "secret", recursive = TRUE), character())
})

test_that("what keeps them from a worker is each task's error", {
  pool <- pool_with_files(list(data.csv = "x"))
  unlink(pool$file("taken"), recursive = TRUE)
  done <- run_script(pool, parallel::clusterCall(parallel::makeCluster(1), function() 1))
  expect_equal(done$code, 1L)
  expect_match(done$output, "The job's files did not reach the workers on here: .* cannot be written to")
})

test_that("a stranger is given nothing", {
  pool <- pool_with_files(list(data.csv = "x"))
  wait_for(!is.null(con <- festival:::dial("127.0.0.1", pool$port + 1L, 5)))
  on.exit(close(con), add = TRUE)
  expect_false(festival:::introduce(con, charToRaw(strrep("0", 64L)), "files"))
})
