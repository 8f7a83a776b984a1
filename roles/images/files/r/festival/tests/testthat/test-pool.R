test_that("parallel's functions work unmodified, and a cluster says what it is", {
  pool <- local_pool(slots = 2L)
  done <- expect_well(run_script(pool, {
    library(parallel)
    cl <- makeCluster(detectCores())
    print(cl)
    base <- 100
    clusterExport(cl, "base")
    counted <- clusterEvalQ(cl, times <- get0("times", globalenv(), ifnotfound = 0) + 1)
    m <- matrix(1:6, 3)
    list(
      class = class(cl),
      pids = unlist(clusterCall(cl, Sys.getpid)),
      counted = unlist(counted),
      apply = clusterApply(cl, 1:5, function(i) i + base),
      lb = clusterApplyLB(cl, 1:5, function(i) i + base),
      lapply = parLapply(cl, c(a = 1, b = 2), sqrt),
      lapply_lb = parLapplyLB(cl, 1:7, sqrt),
      sapply = parSapply(cl, 1:5, function(i) c(i, i^2)),
      rows = parRapply(cl, m, sum), columns = parCapply(cl, m, sum), margins = parApply(cl, m, c(1, 2), identity),
      map = clusterMap(cl, function(x, y) x * y, c(a = 1, b = 2), 3:4),
      split = clusterSplit(cl, 1:5),
      part = unlist(clusterCall(cl[2], Sys.getpid)),
      error = tryCatch(parLapply(cl, 1:3, function(i) stop("no ", i)), error = conditionMessage),
      large = sum(clusterApply(cl, 1:2, function(i) rep(1, 2e6))[[2]])
    )
  }))
  value <- done$value
  expect_identical(value$class, c("festival_cluster", "cluster"))
  expect_match(done$output, "festival cluster of 2 nodes on 2 workers of pool mariachi (here: 2)", fixed = TRUE)
  expect_length(unique(value$pids), 2)
  expect_identical(value$part, value$pids[2])
  expect_identical(value$counted, c(1, 1), info = "each node's state is set once where nothing is lost")
  expect_identical(value$apply, as.list(1:5 + 100))
  expect_identical(value$lb, value$apply)
  expect_identical(value$lapply, lapply(c(a = 1, b = 2), sqrt))
  expect_identical(value$lapply_lb, lapply(1:7, sqrt))
  expect_identical(value$sapply, sapply(1:5, function(i) c(i, i^2)))
  expect_equal(value[c("rows", "columns")], list(rows = c(5, 7, 9), columns = c(6, 15)))
  expect_equal(value$margins, matrix(1:6, 3))
  expect_identical(value$map, Map(function(x, y) x * y, c(a = 1, b = 2), 3:4))
  expect_identical(value$split, list(1:2, 3:5))
  expect_match(value$error, "no 1")
  expect_identical(value$large, 2e6)
  calls <- of_kind(done$events, "call")
  expect_identical(field(calls, "function")[1:3], c("clusterApply", "clusterApplyLB", "parLapply"))
  expect_setequal(field(of_kind(done$events, "join"), "host"), "here")
})

test_that("streams belong to nodes: the same values as on parallel's own cluster, with fewer workers or more", {
  draws <- quote({
    library(parallel)
    cl <- makeCluster(3)
    clusterSetRNGStream(cl, 42)
    first <- parSapply(cl, 1:8, function(i) { Sys.sleep(0.02); rnorm(1) })
    list(first, clusterApply(cl, 1:7, function(i) runif(2)), clusterMap(cl, function(x) rnorm(x), 1:4))
  })
  own <- run_plainly(draws)
  for (slots in c(1L, 2L, 5L)) {
    pool <- local_pool(slots)
    expect_identical(expect_well(run_quoted(pool, draws))$value, own)
    end_pool(pool)
  }
})

test_that("after stopCluster() the next cluster is clean; two at once do not mix", {
  done <- expect_well(run_script(local_pool(2L), {
    library(parallel)
    cl <- makeCluster(2)
    clusterEvalQ(cl, left_over <- 1)
    before <- unlist(clusterCall(cl, Sys.getpid))
    stopCluster(cl)
    stopCluster(cl)
    one <- makeCluster(2)
    two <- makeCluster(2)
    clusterCall(one, function() assign("whose", "one", globalenv()))
    left <- unlist(clusterCall(one, exists, "left_over"))
    sums <- list(unlist(clusterApplyLB(one, 1:6, function(i) i)), unlist(clusterApplyLB(two, 1:6, function(i) -i)))
    stopCluster(one)
    sums <- c(sums, list(unlist(clusterApply(two, 1:3, function(i) i * 2))))
    list(left = left, fresh = !any(unlist(clusterCall(two, Sys.getpid)) %in% before), sums = sums)
  }))
  expect_identical(done$value$left, c(FALSE, FALSE))
  expect_true(done$value$fresh)
  expect_identical(done$value$sums, list(1:6, -(1:6), c(2, 4, 6)))
})

test_that("festival_lapply() gives what it gives without a pool", {
  draws <- quote({
    set.seed(7)
    x <- 10
    add <- function(i) i + x
    by_chunk <- festival::festival_lapply(1:60, function(i) add(rnorm(1)))
    named <- festival::festival_sapply(c("a", "b"), function(name) paste(name, runif(1)), .chunk = 2)
    list(by_chunk, named, festival::festival_map(function(p, q) p + q + x, 1:3, c(u = 1, v = 2, w = 3)), runif(1))
  })
  plain <- run_plainly(draws)
  for (slots in c(1L, 3L)) expect_identical(expect_well(run_quoted(local_pool(slots), draws))$value, plain)
})

test_that("errors come back as they were, whatever is in them", {
  done <- expect_well(run_script(local_pool(2L), {
    long <- function(i) stop(strrep("a very long message with \"quotes\" and \u00e9 ", 100), i)
    awkward <- function(i) stop("bytes \xe9 and \n lines")
    # An expression that deparses to many lines, as the call of an error.
    wide <- eval(call("function", as.pairlist(alist(i = )), bquote((function(x) stop("wide"))(.(as.numeric(1:20000))))))
    no_package <- festival::festival_lapply(1:2, function(i) i, .packages = "nosuchpackage", .on_error = "return")
    list(
      long = festival::festival_lapply(1:3, long, .on_error = "return"),
      awkward = festival::festival_lapply(1:3, awkward, .on_error = "return"),
      wide = festival::festival_lapply(1:2, wide, .on_error = "return"),
      package = conditionMessage(no_package[[1]]),
      after = festival::festival_sapply(1:3, function(i) i)
    )
  }))
  expect_match(conditionMessage(done$value$long[[3]]), "3$")
  expect_gt(nchar(conditionMessage(done$value$long[[1]])), 4000)
  expect_s3_class(done$value$awkward[[1]], "festival_error")
  expect_identical(conditionMessage(done$value$wide[[2]]), "wide")
  expect_identical(done$value$package, "The worker has no R package nosuchpackage. Add it to images_r_packages and run again.")
  expect_identical(done$value$after, 1:3)
  expect_identical(sum(grepl("\"task\":1,", of_kind(done$events, "failed"))), 4L)
})
