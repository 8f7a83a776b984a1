# Messages on their way: a list each, with
#   node      virtual node whose message it is, with data as parallel's sendCall() makes it; or NULL for a chunk of festival_lapply()
#   call      number of the call that it belongs to (0 is none), first and count: which of its tasks
#   kills     workers lost over it
#   deadline  seconds that each of its tasks may take, where there is one
#   entry     for a call that sets a node's state: its number in the log of those (state.R)
# A scheduler that hands out 10,000 tasks a second has 100 microseconds for each: nothing here is done twice.

# Run something that talks to workers. A worker that cannot be talked to any more is lost, and it goes on.
guarded <- function(pool, run, ...) {
  gone <- NULL
  repeat {
    failure <- tryCatch(
      {
        if (!is.null(gone)) lose(pool, gone, "closed")
        return(run(pool, ...))
      },
      error = identity
    )
    gone <- pool$talking
    pool$talking <- NULL
    if (is.null(gone)) stop(failure)
  }
}

# Give an idle worker, or one that takes more messages ahead, what is next.
feed <- function(pool, worker) {
  repeat {
    held <- length(worker$flight)
    if (held > ahead(pool$source, length(pool$workers)) || worker$kind != "worker") return()
    message <- next_message(pool, worker, held)
    if (is.null(message)) return()
    give(pool, worker, message)
  }
}

next_message <- function(pool, worker, held) {
  for (k in seq_along(pool$waiting)) {
    message <- pool$waiting[[k]]
    # A node's messages are for its own worker as long as it has one. No node's message waits behind another.
    if (is.null(message$node) || (!held && is_for(pool, message$node, worker))) {
      pool$waiting <- pool$waiting[-k]
      return(message)
    }
  }
  if (!is.null(pool$source)) next_chunk(pool$source, length(pool$workers))
}

# Send a message; what the worker has to know first goes before it.
give <- function(pool, worker, message) {
  worker$flight <- c(worker$flight, list(message))
  transmit(pool, worker, message)
}

transmit <- function(pool, worker, message) {
  if (!is.null(message$deadline) && length(worker$flight) == 1L) worker$since <- now()
  pool$talking <- worker
  if (length(pool$state) != worker$upto || !identical(message$node, worker$upto_as)) catch_up(pool, worker, message)
  if (is.null(message$node)) send_chunk(pool$source, worker, message)
  else send_call(pool, worker, message)
  pool$talking <- NULL
}

# A function that the worker got with its last message is not sent again; but only one that has no environment of its
# own, which a task might have changed.
send_call <- function(pool, worker, message) {
  data <- message$data
  seed <- if (pool$seeded) pool$seeds[[as.character(message$node)]]
  if (identical(data$fun, worker$fun)) return(send(worker$con, list("again", data$args, seed, !is.null(message$entry))))
  send(worker$con, list("call", data$args, seed, !is.null(message$entry), data$fun))
  worker$fun <- if (stateless(data$fun)) data$fun
}

stateless <- function(fun) is.primitive(fun) || identical(environment(fun), globalenv()) || isNamespace(environment(fun))

take_reply <- function(pool, worker) {
  if (worker$kind != "worker") return()
  pool$talking <- worker
  reply <- unserialize(worker$con)
  pool$talking <- NULL
  # Only what comes home besides has names.
  if (!is.null(names(reply))) return(take_piece(worker, reply))
  if (!length(worker$flight)) return(lose(pool, worker, "broken"))
  message <- worker$flight[[1L]]
  worker$flight <- worker$flight[-1L]
  worker$loose <- NULL
  worker$unseen <- reply[[2L]] < 0
  if (worker$unseen) {
    pool$unseen <- TRUE
    reply[[2L]] <- -1 - reply[[2L]]
  }
  if (message$call) {
    the$record(c(message$call, message$first, message$count, worker$number, pool$time, reply[[2L]], message$kills + 1L))
  }
  worker$since <- pool$time
  if (is.null(message$node)) take_values(pool$source, message, reply[[1L]], reply[[2L]])
  else answer_node(pool, message, reply)
  if (length(pool$waiting) || !is.null(pool$source)) feed(pool, worker)
}

# The reply as parallel expects it. Its parts: value, seconds, success, random state of the node.
answer_node <- function(pool, message, reply) {
  node <- message$node
  pool$inbox[[node]] <- list(type = "VALUE", value = reply[[1L]], success = reply[[3L]], time = c(NA, NA, reply[[2L]]),
    tag = message$data$tag)
  pool$answered <- c(pool$answered, node)
  if (length(reply) == 4L) {
    pool$seeded <- TRUE
    pool$seeds[[as.character(node)]] <- reply[[4L]]
  }
}
