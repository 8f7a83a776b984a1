# lapply() on the pool: results in the order of the input, stream i of the random numbers for task i, so that the
# answer does not depend on how many workers there were, nor on which of them were lost.

#' Apply a Function to Each Element, on All Workers
#'
#' `lapply()`, `sapply()` and `Map()` on the pool of a job. The result is the same, bit for bit, for any number of workers, for any loss of
#' them, and where there is no pool at all.
#'
#' Task *i* has the *i*-th stream of the L'Ecuyer-CMRG generator ([parallel::nextRNGStream()]), and the process's own random state is as
#' before afterwards.
#'
#' A job whose master died, and was started again, evaluates the script from its beginning. A call takes up the results that the call at
#' the same place has stored, if elements, function, further arguments and streams are the same; errors are not stored. Up to half a second
#' of results may be lost. A script whose elements differ from run to run, by the time of day for instance, finds nothing to take up.
#'
#' Outside of a job, and when called from within a task, the tasks are evaluated one after the other in the calling process. In a job of
#' an engine that gives R no workers, which are all but `socket`, it is an error.
#'
#' @param X A vector or list, or what `as.list()` makes one of. Each element is a task.
#' @param FUN,f The function, or its name.
#' @param ... For `festival_lapply()` further arguments to `FUN`, the same for all tasks, sent to each worker once; for `festival_sapply()`
#'   also the arguments of `festival_lapply()`; for `festival_map()` the vectors over which to go in parallel, recycled to the longest.
#' @param .seed `TRUE`: the streams of random numbers follow from the random state of the script, which moves on by one draw, so that
#'   `set.seed()` in the script decides. A number: they follow from that number alone. `FALSE`: tasks get no stream, and their random
#'   numbers differ from run to run.
#' @param .chunk Tasks in one message. `NULL`: as many as take about 0.05 s, by the time that tasks have taken so far, and no more than
#'   leave all workers something to do.
#' @param .deadline Seconds that one task may take. A worker that needs longer is ended, and the task is handed on like any other that lost
#'   its worker: it is given up after three.
#' @param .globals `TRUE`: the global variables that `FUN` names, and functions among them in turn, go to the workers with it. A function:
#'   those of that function instead. `FALSE`: none.
#' @param .packages `TRUE`: the packages that the script has attached are attached on the workers. A character vector: those. `FALSE`: none.
#' @param .checkpoint Whether results are stored as they come, for the job to go on from when its master has died.
#' @param .on_error `"stop"`: when all tasks are done, an error names how many failed, and the first three. `"return"`: the condition stands
#'   in the place of the value.
#' @param simplify,USE.NAMES As in [sapply()].
#' @param MoreArgs A list of further arguments to `f`, the same for all tasks.
#' @return `festival_lapply()` and `festival_map()` return a list, in the order of the input and with its names; `festival_sapply()`
#'   simplifies it as `sapply()` does. With `.on_error = "return"` failed tasks are conditions of class `festival_error`, with the task's
#'   own message.
#' @section Errors:
#' Tasks that failed or were given up (see `.on_error`); a pool without workers for `festival.orphan` seconds; an argument that makes no
#' sense, before anything is begun.
#' @seealso [festival-package] for what is guaranteed when workers are lost; [festival_progress()], [festival_result()]
#' @references
#' L'Ecuyer, P., Simard, R., Chen, E. J. and Kelton, W. D. (2002). An object-oriented random-number package with many long streams and
#' substreams. *Operations Research* **50**, 1073--1075. \doi{10.1287/opre.50.6.1073.358}.
#' @examples
#' set.seed(1)
#' means <- festival_sapply(1:6, function(i, n) mean(rnorm(n)), n = 1000)
#' set.seed(1)
#' stopifnot(identical(means, festival_sapply(1:6, function(i, n) mean(rnorm(n)), n = 1000)))
#'
#' festival_map(function(x, y) x + y, c(a = 1, b = 2), 3:4)
#'
#' half <- festival_lapply(1:2, function(i) if (i > 1) stop("odd") else i, .on_error = "return")
#' conditionMessage(half[[2]])
#' @export
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

#' @rdname festival_lapply
#' @export
festival_sapply <- function(X, FUN, ..., simplify = TRUE, USE.NAMES = TRUE) {
  values <- festival_lapply(X, FUN, ...)
  if (USE.NAMES && is.character(X) && is.null(names(values))) names(values) <- X
  if (isFALSE(simplify)) values else simplify2array(values, higher = identical(simplify, "array"))
}

#' @rdname festival_lapply
#' @export
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
  catch_up_on_files(pool)
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
