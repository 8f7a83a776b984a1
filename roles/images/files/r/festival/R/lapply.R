# lapply() on the pool: results in the order of the input, stream i of the random numbers for task i, so that the
# answer does not depend on how many workers there were, nor on which of them were lost.

festival_lapply <- function(X, FUN, ..., .seed = TRUE, .chunk = NULL, .deadline = Inf, .globals = TRUE, .packages = TRUE,
                            .checkpoint = TRUE, .on_error = c("stop", "return")) {
  FUN <- match.fun(FUN)
  if (!is.vector(X) || is.object(X)) X <- as.list(X)
  on_error <- match.arg(.on_error)
  if (!is.null(.chunk) && (!is.numeric(.chunk) || length(.chunk) != 1L || is.na(.chunk) || .chunk < 1)) {
    stop(".chunk is the number of tasks for one message, at least 1.", call. = FALSE)
  }
  if (!is.numeric(.deadline) || length(.deadline) != 1L || is.na(.deadline) || .deadline <= 0) {
    stop(".deadline is the number of seconds that one task may take.", call. = FALSE)
  }
  first <- first_stream(.seed)
  dots <- list(...)
  values <- if (!length(X)) list()
            else if (on_pool()) run_on_pool(X, FUN, dots, first, .chunk, .deadline, .globals, .packages, .checkpoint)
            else run_here(X, FUN, dots, first)
  report_errors(values, on_error)
  names(values) <- names(X)
  values
}

festival_sapply <- function(X, FUN, ..., simplify = TRUE, USE.NAMES = TRUE) {
  values <- festival_lapply(X, FUN, ...)
  if (USE.NAMES && is.character(X) && is.null(names(values))) names(values) <- X
  if (isFALSE(simplify)) values else simplify2array(values, higher = identical(simplify, "array"))
}

festival_map <- function(f, ..., MoreArgs = NULL, .seed = TRUE, .chunk = NULL, .deadline = Inf, .checkpoint = TRUE) {
  f <- match.fun(f)
  tuples <- .mapply(function(...) list(...), list(...), NULL)
  values <- festival_lapply(tuples, apply_tuple(f, MoreArgs), .seed = .seed, .chunk = .chunk, .deadline = .deadline,
    .checkpoint = .checkpoint, .globals = f)
  first <- list(...)[[1L]]
  names(values) <- if (is.null(names(first)) && is.character(first)) first else names(first)
  values
}

apply_tuple <- function(f, more) {
  force(more)
  function(tuple) do.call(f, c(tuple, more), quote = TRUE)
}

# Say whether there is a pool to work on. Outside of a job, and inside of a task, the calling process does the work,
# with the same random streams and so with the same answer; in a job whose engine has workers of another kind it is an
# error, never a surprise.
on_pool <- function() {
  if (isTRUE(the$worker) || workers_of() == "alone") return(FALSE)
  if (has_workers()) return(TRUE)
  stop("festival_lapply() works with festival_engine: socket, and this job's is ", setting("FESTIVAL_ENGINE"), ".", call. = FALSE)
}

run_here <- function(X, FUN, dots, first) {
  run <- bind_dots(FUN, dots)
  with_streams(first, length(X), function(i) one_task(list(run = run), X[[i]]))
}

run_on_pool <- function(X, FUN, dots, first, chunk, deadline, globals, packages, checkpoint) {
  pool <- the_pool()
  if (!is.null(pool$source)) stop("festival_lapply() was called while another call of it has not ended.", call. = FALSE)
  source <- new_source(X, FUN, dots, first, chunk, deadline)
  source$globals <- if (isFALSE(globals)) list() else find_globals(if (is.function(globals)) globals else FUN)
  source$packages <- if (is.character(packages)) packages else if (isTRUE(packages)) attached_packages()
  source$call <- begin_call("festival_lapply", source$total)
  if (checkpoint) open_checkpoint(source)
  pool$source <- source
  on.exit({
    pool$source <- NULL
    of_node <- function(message) !is.null(message$node)
    pool$waiting <- Filter(of_node, pool$waiting)
    pool$suspects <- Filter(of_node, pool$suspects)
    close_checkpoint(source)
  })
  guarded(pool, function(pool) {
    for (worker in pool$workers) feed(pool, worker)
    while (source$finished < source$total) turn(pool)
  })
  end_call(source$call)
  source$values()
}

report_errors <- function(values, on_error) {
  failed <- which(vapply(values, is_task_error, NA))
  if (!length(failed) || on_error == "return") return()
  shown <- failed[seq_len(min(3L, length(failed)))]
  stop(length(failed), " of ", length(values), " tasks failed. ",
    paste0("Task ", shown, ": ", vapply(values[shown], conditionMessage, ""), collapse = "\n"), call. = FALSE)
}
