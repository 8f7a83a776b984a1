# The tasks of one festival_lapply(), handed out in chunks.

#: Seconds of work that a message should hold: enough that its own cost (0.1 ms) does not matter, little enough to stay even.
CHUNK_SECONDS <- 0.05

#: A second message is sent ahead only while messages are as short and small as this (seconds, bytes): a larger one could block
#: both sides writing, a longer one could have been done by another worker.
AHEAD_SECONDS <- 0.1
AHEAD_BYTES <- 32768

new_source <- function(X, FUN, dots, first, chunk, deadline) {
  source <- new.env(parent = emptyenv())
  source$elements <- X
  source$total <- length(X)
  source$fun <- FUN
  source$dots <- dots
  source$first <- source$stream <- first
  source$chunk <- chunk
  source$deadline <- deadline
  source$values <- vector("list", length(X))
  source$done <- logical(length(X))
  source$next_task <- 1L
  source$finished <- 0L
  source$seconds <- NA_real_
  source$size <- 0
  source$weight <- as.numeric(utils::object.size(X[[1L]]))
  source
}

# Return the next tasks as a message, or NULL when all are handed out.
next_chunk <- function(source, workers) {
  while (source$next_task <= source$total && source$done[source$next_task]) skip(source, 1L)
  first <- source$next_task
  if (first > source$total) return(NULL)
  count <- min(chunk_size(source, workers), source$total - first + 1L)
  done <- match(TRUE, source$done[seq.int(first, length.out = count)])
  if (!is.na(done)) count <- done - 1L
  message <- list(node = NULL, call = source$call, first = first, count = count, kills = 0L, deadline = source$deadline, stream = source$stream)
  skip(source, count)
  message
}

skip <- function(source, count) {
  source$next_task <- source$next_task + count
  if (!is.null(source$stream)) source$stream <- skip_streams(source$stream, count)
}

# As many tasks as make a message long enough, but no more than leaves each worker some to come (guided self-scheduling,
# Polychronopoulos and Kuck 1987, doi:10.1109/TC.1987.5009495).
chunk_size <- function(source, workers) {
  if (!is.null(source$chunk)) return(as.integer(source$chunk))
  if (is.na(source$seconds)) return(1L)
  left <- source$total - source$next_task + 1L
  as.integer(max(1, min(CHUNK_SECONDS / max(source$seconds, 1e-6), left / (3 * workers), AHEAD_BYTES / max(source$weight, source$size, 1))))
}

# Say whether workers should get a second message ahead.
ahead <- function(pool) {
  source <- pool$source
  if (is.null(source) || is.na(source$seconds)) return(FALSE)
  count <- if (is.null(source$chunk)) 1 else source$chunk
  source$seconds * count < AHEAD_SECONDS && max(source$weight, source$size) * count < AHEAD_BYTES
}

send_chunk <- function(pool, worker, message) {
  source <- pool$source
  id <- as.character(source$call)
  if (worker$context != id) {
    send(worker$con, list("context", id, source$fun, source$dots, source$globals, source$packages))
    worker$context <- id
  }
  elements <- source$elements[seq.int(message$first, length.out = message$count)]
  send(worker$con, list("chunk", id, elements, message$stream))
}

# Take in the values of a chunk. Those of a call that was given up are nobody's.
take_values <- function(pool, message, values, seconds) {
  source <- pool$source
  if (is.null(source) || source$call != message$call) return()
  these <- seq.int(message$first, length.out = message$count)
  source$values[these] <- values
  source$done[these] <- TRUE
  source$finished <- source$finished + message$count
  each <- seconds / message$count
  source$seconds <- if (is.na(source$seconds)) each else 0.8 * source$seconds + 0.2 * each
  if (source$finished <= 16L || source$finished %% 64L == 0L) source$size <- as.numeric(utils::object.size(values)) / message$count
  for (k in seq_along(values)) {
    if (is_task_error(values[[k]])) event("failed", call = message$call, task = these[k], message = conditionMessage(values[[k]]))
  }
  keep_values(source, these, values)
}

# A chunk as single tasks, each with its own stream.
split_chunk <- function(message) {
  lapply(seq_len(message$count) - 1L, function(k) {
    one <- message
    one$first <- message$first + k
    one$count <- 1L
    if (!is.null(message$stream)) one$stream <- skip_streams(message$stream, k)
    one
  })
}
