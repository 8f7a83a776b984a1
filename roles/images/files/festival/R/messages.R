# Messages on their way: a list each, with
#   node      virtual node whose message it is, with data as parallel's sendCall() makes it; or NULL for a chunk of festival_lapply()
#   call      number of the call that it belongs to, first and count: which of its tasks
#   kills     workers lost over it, deadline: seconds that each of its tasks may take

# Give an idle worker, or one that takes a second message ahead, what is next.
feed <- function(pool, worker) {
  while (identical(worker$kind, "worker")) {
    held <- length(worker$flight)
    if (held >= 2L || (held == 1L && !ahead(pool))) return()
    message <- next_message(pool, worker, held)
    if (is.null(message) || !give(pool, worker, message)) return()
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

# Send a message; what the worker has to know first goes before it. FALSE: the worker was lost over it.
give <- function(pool, worker, message) {
  if (!length(worker$flight)) worker$since <- now()
  worker$flight <- c(worker$flight, list(message))
  sent <- tryCatch({
    if (length(pool$state) > worker$upto) catch_up(pool, worker, message$node)
    if (is.null(message$node)) send_chunk(pool, worker, message)
    else send(worker$con, list("call", message$data, seed_of(pool, message$node), message$state))
    TRUE
  }, error = function(e) FALSE)
  if (!sent) lose(pool, worker, "closed")
  sent
}

take_reply <- function(pool, worker) {
  if (!identical(worker$kind, "worker")) return()
  reply <- tryCatch(receive(worker$con), error = function(e) NULL)
  if (is.null(reply) || !length(worker$flight)) return(lose(pool, worker, if (is.null(reply)) "closed" else "broken"))
  message <- worker$flight[[1L]]
  worker$flight <- worker$flight[-1L]
  time <- now()
  record(message, worker, time)
  worker$since <- time
  if (is.null(message$node)) take_values(pool, message, reply[[1L]], reply[[2L]])
  else answer_node(pool, message, reply[[1L]], reply[[2L]])
  if (length(pool$waiting) || !is.null(pool$source)) feed(pool, worker)
}

answer_node <- function(pool, message, value, seed) {
  node <- message$node
  if (!is.null(seed)) pool$seeds[[node]] <- seed
  pool$inbox[[node]] <- c(pool$inbox[[node]], list(value))
  pool$answered <- c(pool$answered, node)
}

seed_of <- function(pool, node) if (length(pool$seeds) >= node) pool$seeds[[node]]
