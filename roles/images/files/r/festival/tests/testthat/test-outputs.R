# What tasks write: it is where the script is, before their values are.

# Say by which lines files of the script's working directory begin.
contents <- function(pool) {
  paths <- list.files(pool$file("work"), recursive = TRUE, all.files = TRUE, no.. = TRUE)
  vapply(stats::setNames(nm = paths), function(path) readLines(pool$file(file.path("work", path)), 1L)[1L], "")
}

test_that("a script reads what its tasks have written, as soon as it has their values", {
  pool <- local_pool()
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(2)
    parallel::parLapply(cluster, 1:4, function(i) {
      dir.create("models", showWarnings = FALSE)
      saveRDS(i^2, file.path("models", paste0(i, ".rds")))
    })
    first <- vapply(1:4, function(i) readRDS(sprintf("models/%d.rds", i)), 0)
    festival::festival_lapply(1:40, function(i) cat(i, file = paste0("odd name ", i)))
    second <- vapply(1:40, function(i) scan(paste0("odd name ", i), quiet = TRUE), 0)
    list(first, second)
  }))
  expect_equal(done$value, list((1:4)^2, as.numeric(1:40)))
})

test_that("so it does where short tasks without files came before, for which nobody looks each time", {
  pool <- local_pool()
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(2)
    found <- vapply(1:30, function(round) {
      parallel::clusterApplyLB(cluster, 1:60, function(i) i)
      parallel::clusterApply(cluster, 1:2, function(i, round) cat(round, file = paste0(round, "-", i)), round)
      all(file.exists(paste0(round, "-", 1:2)))
    }, NA)
    festival::festival_lapply(1:500, function(i) i)
    festival::festival_lapply(1:2, function(i) cat(i, file = paste0("last-", i)), .chunk = 1)
    c(found, file.exists("last-1", "last-2"))
  }))
  expect_true(all(done$value))
})

test_that("files of any size come whole, and into the folder for output", {
  pool <- local_pool(settings = c(FESTIVAL_OUTPUT = "out"))
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(2)
    sums <- parallel::parLapply(cluster, c(0, 1, 2^20, 3e6), function(size) {
      path <- file.path(Sys.getenv("FESTIVAL_OUTPUT"), format(size, scientific = FALSE))
      writeBin(as.raw(sample(0:255, size, TRUE)), path)
      tools::md5sum(path)
    })
    unlist(sums)
  }))
  there <- tools::md5sum(file.path(pool$file("work"), names(done$value)))
  expect_equal(unname(there), unname(done$value))
  expect_equal(list.files(pool$file("incoming")), character())
})

test_that("files of one name are both kept where they differ, and it is told", {
  pool <- local_pool()
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(2)
    parallel::clusterApply(cluster, 1:2, function(i) {
      writeLines("the same", "same.txt")
      writeLines(paste("of", i), "other.txt")
      Sys.sleep(0.2)
    })
  }))
  found <- contents(pool)
  expect_match(names(found), "^(same|other(\\.here-.*-[12])?)\\.txt$")
  expect_setequal(unname(found), c("the same", "of 1", "of 2"))
  expect_match(done$output, "A file of the name other.txt is there already, with another content: what .*/[12] on here wrote is kept as other.here-")
})

test_that("a file that grows is there as it is in the end", {
  pool <- local_pool(1L)
  expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(1)
    parallel::clusterApply(cluster, 1:300, function(i) cat(i, "\n", file = "log.txt", append = TRUE))
  }))
  expect_equal(scan(pool$file("work/log.txt"), quiet = TRUE), 1:300)
})

test_that("a plot that a task leaves open is whole", {
  pool <- local_pool(1L)
  expect_well(run_script(pool, invisible(parallel::clusterCall(parallel::makeCluster(1), function() graphics::plot(1:9)))))
  expect_equal(utils::tail(readLines(pool$file("work/Rplots.pdf"), warn = FALSE), 1L), "%%EOF")
})

test_that("what a lost worker wrote is written again by who takes its task", {
  pool <- local_pool()
  expect_well(run_script(pool, festival::festival_lapply(1:6, function(i) {
    writeLines(paste(i, Sys.getpid()), paste0(i, ".txt"))
    again <- file.path(Sys.getenv("TMPDIR"), "..", "..", "died")
    if (i == 3L && !file.exists(again)) {
      file.create(again)
      open <- showConnections()
      master <- rownames(open)[grepl(Sys.getenv("FESTIVAL_MASTER_PORT"), open[, "description"])]
      festival:::send_written(getConnection(as.integer(master[length(master)])))
      tools::pskill(Sys.getpid(), tools::SIGKILL)
    }
    i
  }, .chunk = 1)))
  expect_equal(names(contents(pool)), paste0(1:6, ".txt"))
})

test_that("nobody waits for a file that nobody writes", {
  pool <- local_pool(1L)
  done <- expect_well(run_script(pool, {
    cluster <- parallel::makeCluster(1)
    parallel::clusterCall(cluster, function() system("mkfifo pipe; ln -s nowhere dangling; ln -s . circle", intern = TRUE))
    parallel::clusterCall(cluster, function() 7)[[1L]]
  }))
  expect_equal(done$value, 7)
  expect_lt(done$seconds, 15)
})

test_that("workers whose short tasks write nothing are hardly ever asked, also where two have answered at once", {
  done <- expect_well(run_script(local_pool(2L), {
    library(parallel)
    cl <- makeCluster(2)
    clusterApplyLB(cl, 1:100, function(i) NULL)
    asked <- 0L
    gather <- festival:::gather
    assignInNamespace("gather", function(...) { asked <<- asked + 1L; gather(...) }, "festival")
    clusterApplyLB(cl, 1:600, function(i) NULL)
    asked
  }))
  expect_lt(done$value, 30L)
})
