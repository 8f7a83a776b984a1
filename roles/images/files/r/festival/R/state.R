# What parallel's clusterCall() sends (and clusterExport(), clusterEvalQ(), clusterSetRNGStream() with it) is the
# nodes' state. It is kept, so that a worker that takes a node's place, or comes later, is brought to the same state
# before its first message.

# Say whether a message is sent from a call that sets the nodes' state: looks for that call some frames up.
from_state_call <- function(frame) {
  setters <- state_setters()
  for (k in seq(frame, max(1L, frame - 8L))) {
    fun <- sys.function(k)
    for (setter in setters) if (identical(fun, setter)) return(TRUE)
  }
  FALSE
}

state_setters <- function() {
  if (is.null(the$setters) || (length(the$setters) == 2L && isNamespaceLoaded("snow"))) {
    the$setters <- list(parallel::clusterCall, parallel::clusterSetRNGStream)
    if (isNamespaceLoaded("snow")) the$setters <- c(the$setters, getExportedValue("snow", "clusterCall"))
  }
  the$setters
}

# Keep a call for a node; the same call to the next node is the same entry. Returns the entry's number.
remember <- function(pool, node, data) {
  last <- length(pool$state)
  if (last && !(node %in% pool$state[[last]]$nodes) && identical(pool$state[[last]]$data, data)) {
    pool$state[[last]]$nodes <- c(pool$state[[last]]$nodes, node)
    return(last)
  }
  forget_export(pool, data)
  pool$state[[last + 1L]] <- list(nodes = node, data = data)
  last + 1L
}

# An export replaces the earlier one of the same name, or a loop of clusterExport() would keep every version.
forget_export <- function(pool, data) {
  export <- environment(parallel::clusterExport)$gets
  if (!identical(data$fun, export)) return()
  for (k in seq_along(pool$state)) {
    kept <- pool$state[[k]]$data
    if (identical(kept$fun, export) && identical(kept$args[[1L]], data$args[[1L]])) pool$state[[k]]$data <- NULL
  }
}

# Bring a worker to the state that a node has, or, without a node, to what all nodes have in common.
catch_up <- function(pool, worker, message) {
  node <- message$node
  entries <- setdiff(seq_along(pool$state), worker$done)
  # The newest entry may be this very message.
  own <- message$entry
  if (!is.null(own)) entries <- entries[entries < own]
  applies <- vapply(pool$state[entries], function(entry) {
    !is.null(entry$data) && (if (is.null(node)) length(entry$nodes) > 1L || length(pool$open) == 1L else node %in% entry$nodes)
  }, NA)
  missing <- lapply(pool$state[entries[applies]], `[[`, "data")
  if (length(missing)) send(worker$con, list("state", missing))
  worker$done <- c(worker$done, entries[applies], own)
  worker$upto <- length(pool$state)
  worker$upto_as <- node
}
