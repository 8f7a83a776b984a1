# The cluster object for the unmodified API of parallel (and snow, whose functions have the same form): n virtual
# nodes. A message to a node goes to the node's worker, or, when that is gone, to any idle one; the answer comes back
# to the node.

#' A Cluster on the Pool of a Job
#'
#' Returns a `cluster` object for the unmodified functions of \pkg{parallel}. Its nodes are virtual: each has a worker of the pool behind
#' it, and another when that is lost. In a job [`makeCluster(n)`][parallel::makeCluster] does the same.
#'
#' The number of nodes and that of workers are independent. With more nodes than workers, messages wait for a worker that is free;
#' workers beyond the number of nodes stand by, and so do those that come later, until one is lost.
#'
#' After `wait` seconds it goes on with the workers that there are; after a loss also when no other has come for ten. Containers that
#' have just started may be unknown to the other hosts for half a minute, which is what the default allows for.
#'
#' Several clusters may be open at once; they share the pool's workers. When the last one is stopped
#' ([`stopCluster()`][parallel::stopCluster]) the workers end, and the next cluster finds fresh ones, without anything that was exported.
#'
#' Printing the object says how many workers there are, on which hosts, and how many were lost.
#'
#' @param n Number of nodes: a whole number of at least 1. `NULL`: one for each worker that the pool is to have. A character vector, as
#'   `makePSOCKcluster()` takes: one for each of its elements, whatever they name.
#' @param ... `outfile` names a file in which to collect what workers print, instead of the job's log, as for `makePSOCKcluster()`. Other
#'   options of such clusters are ignored.
#' @param wait Seconds to wait at most for as many workers as there are nodes, or as the pool is to have where that is fewer.
#' @return An object of class `c("festival_cluster", "cluster")`: a list of `n` nodes.
#' @section Errors:
#' No pool (outside of a job), a pool of which no worker comes within `wait` or `festival.orphan` seconds, whichever is longer, and an
#' `n` that is no number of at least 1. A task's own R error becomes the error of the call, as in \pkg{parallel}, and so does a task over
#' which three workers were lost.
#' @seealso [festival-package] for what is guaranteed when workers are lost, and for random numbers.
#' @examples
#' \dontrun{
#' library(parallel)
#' cl <- makeFestivalCluster()      # in a job: makeCluster(4) does as well
#' print(cl)
#' clusterSetRNGStream(cl, 42)
#' parSapply(cl, 1:12, function(i) mean(rnorm(1e6)))
#' stopCluster(cl)
#' }
#' @export
makeFestivalCluster <- function(n = NULL, ..., wait = 40) {
  pool <- the_pool()
  if (is.null(n)) n <- pool$expected
  if (is.character(n)) n <- length(n)
  if (!is.numeric(n) || length(n) != 1L || is.na(n) || n < 1) {
    stop("A cluster has at least one worker, not ", deparse(n, nlines = 1L), ".", call. = FALSE)
  }
  n <- as.integer(n)
  outfile <- list(...)$outfile
  if (is.character(outfile)) the$outfile <- if (nzchar(outfile)) in_home(outfile)
  # Of a pool that has lost nobody, those that are missing are late: containers that have just started may be unknown to the
  # other hosts for half a minute.
  settled <- if (pool$lost) SETTLED else Inf
  if (await(pool, min(n, pool$expected), wait, settled) == 0L && await(pool, 1L, max(0, pool$orphan - wait)) == 0L) {
    stop("No worker of pool ", pool$name, " has come within ", max(wait, pool$orphan), " s. Is the pool up (playbooks/status.yml)? ",
      "playbooks/workers.yml starts it.", call. = FALSE)
  }
  ids <- pool$nodes + seq_len(n)
  pool$nodes <- pool$nodes + n
  pool$open <- c(pool$open, ids)
  nodes <- lapply(ids, function(id) {
    structure(list(id = id, rank = id - ids[1L] + 1L, pool = pool, host = pool$name), class = "festival_node")
  })
  for (k in seq_len(min(n, length(pool$workers)))) bind(pool, ids[k])
  structure(nodes, class = c("festival_cluster", "cluster"))
}

#' @export
print.festival_cluster <- function(x, ...) {
  pool <- x[[1L]]$pool
  hosts <- table(vapply(pool$workers, `[[`, "", "host"))
  many <- function(n, what) paste0(n, " ", what, if (n != 1L) "s")
  cat("festival cluster of ", many(length(x), "node"), " on ", many(length(pool$workers), "worker"), " of pool ", pool$name,
    if (length(hosts)) c(" (", paste0(names(hosts), ": ", hosts, collapse = ", "), ")"),
    if (pool$lost) c(", ", pool$lost, " lost so far"), "\n", sep = "")
  invisible(x)
}

#' @export
print.festival_node <- function(x, ...) {
  worker <- owner_of(x$pool, x$id)
  cat("node ", x$rank, " of a festival cluster", if (!is.null(worker)) c(", worker ", worker$name, " on ", worker$host), "\n", sep = "")
  invisible(x)
}

#' @method stopCluster festival_cluster
#' @export
stopCluster.festival_cluster <- function(cl = NULL) {
  pool <- cl[[1L]]$pool
  ids <- vapply(cl, `[[`, 1L, "id")
  if (!any(ids %in% pool$open)) return(invisible())
  pool$open <- setdiff(pool$open, ids)
  pool$inbox[ids[ids <= length(pool$inbox)]] <- list(NULL)
  pool$held[ids] <- list(NULL)
  finish_call()
  if (!length(pool$open)) recycle(pool)
  invisible()
}

# The last cluster was stopped: the next one finds fresh workers, as after parallel's own stopCluster().
recycle <- function(pool) {
  gather(pool)
  for (worker in pool$workers) {
    worker$kind <- "gone"
    hang_up(worker$con)
  }
  pool$workers <- list()
  pool$waiting <- pool$suspects <- pool$state <- list()
  pool$answered <- integer()
  seat(pool)
}

# Give a node a worker of its own, if there is one that no node has yet.
bind <- function(pool, node) {
  for (worker in pool$workers) {
    if (worker$node == 0L) {
      worker$node <- node
      pool$held[[node]] <- worker
      return(worker)
    }
  }
  NULL
}

owner_of <- function(pool, node) {
  worker <- if (length(pool$held) >= node) pool$held[[node]]
  if (is.null(worker) || worker$kind == "gone") NULL else worker
}

# Say whether a worker may take a node's message.
is_for <- function(pool, node, worker) {
  owner <- owner_of(pool, node)
  if (is.null(owner) && worker$node == 0L) owner <- bind(pool, node)
  is.null(owner) || identical(owner, worker)
}

# Methods for the generics that parallel and snow each have; registered when the package is loaded.

send_data <- function(node, data) {
  if (data$type != "EXEC") return(invisible())
  pool <- .subset2(node, "pool")
  id <- .subset2(node, "id")
  data <- data$data
  if (is.null(data$tag) && from_state_call(sys.nframe())) {
    message <- list(node = id, data = data, call = 0L, first = 1L, count = 1L, kills = 0L,
      entry = remember(pool, id, data))
  } else {
    number <- number_task(data$tag)
    message <- list(node = id, data = data, call = number[1L], first = number[2L], count = 1L, kills = 0L,
      deadline = the$deadline)
  }
  worker <- owner_of(pool, id)
  if (is.null(worker)) worker <- bind(pool, id)
  if (is.null(worker)) worker <- idle_worker(pool)
  if (is.null(worker) || length(worker$flight)) {
    pool$waiting <- c(pool$waiting, list(message))
  } else {
    # parallel asks for an answer next: the message goes out with that, under one guard.
    worker$flight <- list(message)
    pool$outbox <- c(pool$outbox, worker)
  }
  invisible()
}

# Send what has been laid out for workers that were idle.
post <- function(pool) {
  while (length(pool$outbox)) {
    worker <- pool$outbox[[1L]]
    pool$outbox <- pool$outbox[-1L]
    if (worker$kind == "worker") transmit(pool, worker, worker$flight[[1L]])
  }
}

idle_worker <- function(pool) {
  for (worker in pool$workers) if (!length(worker$flight)) return(worker)
  NULL
}

recv_data <- function(node) {
  pool <- node$pool
  guarded(pool, turn_until_answered, node$id)
  if (pool$unseen) catch_up_on_files(pool)
  take_answer(pool, match(node$id, pool$answered))
}

recv_one_data <- function(cl) {
  pool <- .subset2(.subset2(cl, 1L), "pool")
  # Two may have answered at once: the first gets its next task before the second is looked at.
  if (length(pool$answered) && length(pool$outbox)) guarded(pool, post)
  repeat {
    for (k in seq_along(pool$answered)) {
      rank <- rank_in(cl, pool$answered[k])
      if (is.na(rank)) next
      if (pool$unseen) catch_up_on_files(pool)
      return(list(node = rank, value = take_answer(pool, k)))
    }
    # There may be answers, but to the nodes of another cluster.
    guarded(pool, turn_until_more, length(pool$answered))
  }
}

turn_until_answered <- function(pool, id) while (!(id %in% pool$answered)) turn(pool)

turn_until_more <- function(pool, n) while (length(pool$answered) <= n) turn(pool)

# Where a node is in a cluster, which may be a part of the one it was made with. .subset2() does not look for methods
# first.
rank_in <- function(cl, id) {
  rank <- id - .subset2(.subset2(cl, 1L), "id") + 1L
  if (rank >= 1L && rank <= length(cl) && .subset2(.subset2(cl, rank), "id") == id) rank
  else match(id, vapply(cl, `[[`, 1L, "id"))
}

# Take the k-th of the answers that have come, which is one to node id.
take_answer <- function(pool, k) {
  id <- pool$answered[k]
  pool$answered <- pool$answered[-k]
  pool$inbox[[id]]
}
