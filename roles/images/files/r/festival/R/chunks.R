# The tasks of one festival_lapply(), handed out in chunks.

#: Seconds of work that a message should hold: enough that its own cost (0.1 ms) does not matter, little enough to
#: stay even.
CHUNK_SECONDS <- 0.05

#: Further messages are sent ahead only while messages are as short and small as this (seconds, bytes): a larger one
#: could block both sides writing, a longer one could have been done by another worker.
AHEAD_SECONDS <- 0.1
AHEAD_BYTES <- 32768

#: One is sent ahead, or as many as hold so many seconds of work, up to a number: the way to a worker and back takes
#: longer than a short task, and who finds the next one waiting need not be woken.
AHEAD_WORK <- 0.005
AHEAD_MOST <- 7L

new_source <- function(X, FUN, dots, first, chunk, deadline) {
  source <- new.env(parent = emptyenv())
  source$elements <- X
  source$total <- length(X)
  source$fun <- FUN
  source$dots <- dots
  source$first <- source$stream <- first
  source$chunk <- chunk
  source$deadline <- deadline
  values <- vector("list", length(X))
  done <- logical(length(X))
  # Filled in place: a vector that is a field of an environment would be copied at each change.
  source$put <- function(these, new) {
    values[these] <<- new
    done[these] <<- TRUE
    source$finished <- source$finished + length(these)
  }
  source$values <- function() values
  source$is_done <- function(k) done[k]
  source$resumed <- FALSE
  source$next_task <- 1L
  source$finished <- 0L
  source$seconds <- NA_real_
  source$measured <- 0L
  source$ahead <- 0L
  source$size <- 0
  source$weight <- as.numeric(object.size(X[[1L]]))
  source
}

# Return the next tasks as a message, or NULL when all are handed out.
next_chunk <- function(source, workers) {
  while (source$resumed && source$next_task <= source$total && source$is_done(source$next_task)) skip(source, 1L)
  first <- source$next_task
  if (first > source$total) return(NULL)
  count <- min(chunk_size(source, workers), source$total - first + 1L)
  if (source$resumed) {
    done <- match(TRUE, source$is_done(seq.int(first, length.out = count)))
    if (!is.na(done)) count <- done - 1L
  }
  deadline <- if (source$deadline < Inf) source$deadline
  message <- list(node = NULL, call = source$call, first = first, count = count, kills = 0L, deadline = deadline,
    stream = source$stream)
  skip(source, count)
  message
}

skip <- function(source, count) {
  source$next_task <- source$next_task + count
  if (!is.null(source$stream)) source$stream <- skip_streams(source$stream, count)
}

# As many tasks as make a message long enough, but no more than leaves each worker some to come (guided
# self-scheduling, Polychronopoulos and Kuck 1987, doi:10.1109/TC.1987.5009495).
chunk_size <- function(source, workers) {
  if (!is.null(source$chunk)) return(as.integer(source$chunk))
  if (is.na(source$seconds)) return(1L)
  left <- source$total - source$next_task + 1L
  by_time <- CHUNK_SECONDS / max(source$seconds, 1e-6)
  by_size <- AHEAD_BYTES / max(source$weight, source$size, 1)
  as.integer(max(1, min(by_time, by_size, left / (3 * workers))))
}

# How many messages a worker should get ahead of the one that it works on: fewer at the end, where tasks that turn out
# to be long would wait behind each other.
ahead <- function(source, workers) {
  if (is.null(source)) return(0L)
  min(source$ahead, (source$total - source$next_task + 1L) %/% (2L * workers))
}

send_chunk <- function(source, worker, message) {
  if (worker$context != source$call) {
    send(worker$con, list("context", source$call, source$fun, source$dots, source$globals, source$packages))
    worker$context <- source$call
  }
  these <- if (message$count == 1L) message$first else seq.int(message$first, length.out = message$count)
  send(worker$con, list("chunk", source$elements[these], message$stream))
}

# Take in the values of a chunk. Those of a call that was given up are nobody's.
take_values <- function(source, message, values, seconds) {
  if (is.null(source) || source$call != message$call) return()
  these <- if (message$count == 1L) message$first else seq.int(message$first, length.out = message$count)
  source$put(these, values)
  measure(source, values, seconds / message$count)
  good <- TRUE
  for (value in values) if (is_task_error(value)) good <- FALSE
  if (!good) good <- report_failures(message, values)
  if (!is.null(source$kept)) keep_values(source, these[good], values[good])
}

# Sizes are measured for the first results, and then for one in a while, or where a task took long all of a sudden.
measure <- function(source, values, each) {
  source$seconds <- if (is.na(source$seconds)) each else 0.8 * source$seconds + 0.2 * each
  source$measured <- source$measured + 1L
  if (source$measured <= 8L || source$measured %% 64L == 0L || (source$ahead > 1L && each > AHEAD_WORK)) {
    source$size <- as.numeric(object.size(values)) / length(values)
    count <- if (is.null(source$chunk)) 1 else source$chunk
    source$ahead <- number_ahead(source$seconds * count, max(source$weight, source$size) * count)
  }
}

# How many messages of so many seconds and bytes are sent ahead.
number_ahead <- function(seconds, bytes) {
  if (seconds >= AHEAD_SECONDS || bytes >= AHEAD_BYTES) return(0L)
  as.integer(max(1, min(AHEAD_MOST, AHEAD_WORK / max(seconds, 1e-6), AHEAD_BYTES / max(bytes, 1))))
}

# Returns which tasks have not failed.
report_failures <- function(message, values) {
  failed <- vapply(values, is_task_error, NA)
  for (k in which(failed)) {
    event("failed", call = message$call, task = message$first + k - 1L, message = conditionMessage(values[[k]]))
  }
  !failed
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
