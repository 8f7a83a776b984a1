# Which call of parallel's functions a message belongs to, and which of its tasks it is: seen from the frames it is
# sent from.

# Return the call's number and the task's. Dynamic scheduling tags its tasks 1, 2, ...: one that goes on counting is
# of the same call.
number_task <- function(tag) {
  if (!is.null(tag) && is.numeric(tag) && tag > 1 && tag == the$task + 1L && !is.null(the$frame)) {
    the$task <- as.integer(tag)
    return(c(the$call, the$task))
  }
  frame <- apply_frame(sys.nframe() - 1L)
  if (is.null(frame)) return(number_loose())
  if (!identical(frame, the$frame)) {
    the$call <- begin_call(apply_name(), frame$n)
    the$frame <- frame
    the$task <- 0L
  }
  the$task <- if (is.null(tag)) the$task + 1L else as.integer(tag)
  c(the$call, the$task)
}

finish_call <- function() {
  if (!is.null(the$frame)) end_call(the$call)
  the$frame <- NULL
}

# Messages that a package sends by itself: futures, mostly.
number_loose <- function() {
  if (is.null(the$loose)) {
    the$loose <- begin_call(if (isNamespaceLoaded("future")) "future" else "sendCall", NULL)
    the$loose_task <- 0L
  }
  the$loose_task <- the$loose_task + 1L
  c(the$loose, the$loose_task)
}

# parallel and snow each hand tasks out in staticClusterApply() and dynamicClusterApply(), where n is how many there
# are.
apply_frame <- function(k) {
  for (j in seq(k, max(1L, k - 6L))) {
    called <- sys.call(j)[[1L]]
    if (identical(called, quote(dynamicClusterApply)) || identical(called, quote(staticClusterApply))) return(sys.frame(j))
  }
  NULL
}

#: Functions of parallel, snow and their friends by which a script may have called for work.
CALLS <- c("clusterApply", "clusterApplyLB", "parLapply", "parLapplyLB", "parSapply", "parSapplyLB", "parApply", "parRapply", "parCapply",
  "clusterMap", "%dopar%", "bplapply", "bpmapply")

# The name of the one that the script called, which is the outermost.
apply_name <- function() {
  for (call in sys.calls()) {
    name <- sub("^.*::+", "", deparse(call[[1L]], nlines = 1L))
    if (name %in% CALLS) return(name)
  }
  "clusterApply"
}
