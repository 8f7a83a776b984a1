source_of <- function(n, first = NULL, chunk = NULL, deadline = Inf) {
  source <- festival:::new_source(as.list(seq_len(n)), identity, list(), first, chunk, deadline)
  source$call <- 1L
  source
}

# All messages that a source hands out, when tasks take so many seconds.
hand_out <- function(source, seconds, workers) {
  messages <- list()
  while (!is.null(message <- festival:::next_chunk(source, workers))) {
    messages <- c(messages, list(message))
    source$seconds <- seconds
  }
  messages
}

tasks_in <- function(messages) unlist(lapply(messages, function(message) message$first + seq_len(message$count) - 1L))

test_that("each task is handed out once, in order", {
  for (seconds in c(1e-5, 0.01, 10)) for (workers in c(1, 7)) expect_identical(tasks_in(hand_out(source_of(100), seconds, workers)), 1:100)
  expect_identical(tasks_in(hand_out(source_of(10, chunk = 3), 0, 2)), 1:10)
})

test_that("chunks follow the time that tasks take, and get smaller to the end", {
  counts <- function(...) vapply(hand_out(...), `[[`, 1L, "count")
  expect_identical(unique(counts(source_of(20), 1, 2)), 1L)
  short <- counts(source_of(10000), 1e-4, 2)
  expect_identical(short[1:2], c(1L, 500L))
  expect_false(is.unsorted(-short[-1]))
  expect_lte(max(counts(source_of(60), 1e-4, 10)), 2L)
  expect_identical(counts(source_of(10, chunk = 4), 1, 2), c(4L, 4L, 2L))
  large <- festival:::new_source(rep(list(runif(1e4)), 50), identity, list(), NULL, NULL, Inf)
  expect_identical(unique(counts(large, 1e-4, 2)), 1L)
})

test_that("a chunk starts at its first task's stream, whole or split", {
  first <- festival:::first_stream(1)
  all <- festival:::streams(first, 30L)
  messages <- hand_out(source_of(30, first), 0.01, 2)
  for (message in messages) expect_identical(message$stream, all[[message$first]])
  singly <- unlist(lapply(messages, festival:::split_chunk), recursive = FALSE)
  expect_identical(tasks_in(singly), 1:30)
  expect_identical(lapply(singly, `[[`, "stream"), all)
})

test_that("what is done already is not handed out", {
  source <- source_of(20, festival:::first_stream(1))
  source$put(c(1:3, 7L, 20L), as.list(c(1:3, 7L, 20L)))
  source$resumed <- TRUE
  messages <- hand_out(source, 0.001, 2)
  expect_identical(tasks_in(messages), setdiff(1:20, c(1:3, 7L, 20L)))
  all <- festival:::streams(source$first, 20L)
  for (message in messages) expect_identical(message$stream, all[[message$first]])
})
