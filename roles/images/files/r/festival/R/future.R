# A backend for future (and so future.apply and furrr). Its own cluster backend listens to each node's socket by
# itself, which virtual nodes do not have. Here a future is a message to a node like any other: when its worker is
# lost, another evaluates it.

hook_future <- function() {
  namespace <- asNamespace("future")
  methods <- list(run = run_future, resolved = future_resolved, result = future_result)
  for (generic in names(methods)) registerS3method(generic, "FestivalFuture", methods[[generic]], envir = namespace)
  registerS3method("nbrOfWorkers", "festival", function(evaluator) pool_cores(), envir = namespace)
  registerS3method("nbrOfFreeWorkers", "festival", function(evaluator, ...) sum(free_nodes()), envir = namespace)
  strategy <- make_strategy()
  replace_in("future", multisession = strategy, cluster = strategy)
  setHook(packageEvent("future", "attach"), function(...) getExportedValue("future", "plan")(strategy))
  if (is.null(getOption("future.plan"))) options(future.plan = strategy)
}

# The function that plan() takes: it makes one future.
make_strategy <- function() {
  structure(function(expr, substitute = TRUE, envir = parent.frame(), lazy = FALSE, workers = NULL, ...) {
    if (substitute) expr <- substitute(expr)
    future <- getExportedValue("future", "MultiprocessFuture")(expr = expr, substitute = FALSE, envir = envir, lazy = lazy, ...)
    class(future) <- c("FestivalFuture", class(future))
    if (!lazy) future <- getExportedValue("future", "run")(future)
    invisible(future)
  }, class = c("festival", "cluster", "multiprocess", "future", "function"))
}

future_cluster <- function() {
  cl <- shared_cluster()
  if (is.null(the$futures)) the$futures <- vector("list", length(cl))
  cl
}

free_nodes <- function() {
  cl <- future_cluster()
  collect_futures(cl)
  vapply(the$futures, is.null, NA)
}

# Take in what has come back, so that the nodes of those futures are free again.
collect_futures <- function(cl) {
  pool <- cl[[1L]]$pool
  for (k in which(!vapply(the$futures, is.null, NA))) {
    id <- cl[[k]]$id
    if (!(id %in% pool$answered)) next
    future <- the$futures[[k]]
    answer <- take_answer(pool, match(id, pool$answered))
    future$answer <- answer$value
    future$state <- "finished"
    the$futures[k] <- list(NULL)
  }
}

run_future <- function(future, ...) {
  if (future$state != "created") stop("A future can only be launched once.", call. = FALSE)
  cl <- future_cluster()
  expression <- getExportedValue("future", "getExpression")(future)
  while (!any(free <- free_nodes())) guarded(cl[[1L]]$pool, turn)
  node <- which(free)[1L]
  the$futures[[node]] <- future
  future$node <- node
  future$state <- "running"
  globals <- as.list(future$globals)
  data <- list(fun = evaluate_future, args = list(expression, globals[nzchar(names(globals))]), return = TRUE, tag = future$uuid)
  send_data(cl[[node]], list(type = "EXEC", data = data))
  # It begins now, not when its value is asked for.
  guarded(cl[[1L]]$pool, post)
  invisible(future)
}

# On the worker. Base environment: the function travels without the package, and the globals are the future's own.
evaluate_future <- function(expression, globals) {
  list2env(globals, globalenv())
  eval(expression, globalenv())
}
environment(evaluate_future) <- baseenv()

future_resolved <- function(x, run = TRUE, ...) {
  if (x$state == "created") {
    if (run && any(free_nodes())) getExportedValue("future", "run")(x)
    return(FALSE)
  }
  if (x$state == "finished") return(TRUE)
  cl <- future_cluster()
  collect_futures(cl)
  if (x$state != "finished") {
    guarded(cl[[1L]]$pool, turn, 0.01)
    collect_futures(cl)
  }
  x$state == "finished"
}

future_result <- function(future, ...) {
  if (is.null(future$result)) {
    if (future$state == "created") getExportedValue("future", "run")(future)
    cl <- future_cluster()
    while (future$state != "finished") {
      collect_futures(cl)
      if (future$state != "finished") guarded(cl[[1L]]$pool, turn)
    }
    future$result <- check_answer(future)
    future$answer <- NULL
  }
  if (inherits(future$result, "FutureError")) stop(future$result)
  future$result
}

# An answer that is no FutureResult is the message of a task that was given up.
check_answer <- function(future) {
  if (inherits(future$answer, "FutureResult")) return(future$answer)
  getExportedValue("future", "FutureError")(paste(as.character(future$answer), collapse = "\n"), future = future)
}
