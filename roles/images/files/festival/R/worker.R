# A worker: dials in to the master, proves itself, and does what the messages say until the master hangs up.

#: Seconds between two attempts to reach a master that does not listen yet.
RETRY <- 0.1

# As long as parallel's own workers wait for their next message: 30 days.
WORKER_TIMEOUT <- 2592000L

work <- function(address, port, token, name, host) {
  the$worker <- TRUE
  setwd(tempdir(check = TRUE))
  on.exit(unlink(tempdir(), recursive = TRUE))
  repeat {
    con <- dial(address, port, WORKER_TIMEOUT)
    if (!is.null(con)) {
      known <- tryCatch(introduce(con, token, "worker", name, host, Sys.getpid()), error = function(e) FALSE, warning = function(w) FALSE)
      if (known) return(serve(con))
      hang_up(con)
    }
    Sys.sleep(RETRY)
  }
}

# Messages are lists; the first element says what it is.
serve <- function(con) {
  contexts <- new.env(parent = emptyenv())
  repeat {
    message <- tryCatch(receive(con), error = function(e) NULL)
    if (is.null(message)) return(hang_up(con))
    reply <- switch(message[[1L]],
      call = answer_call(message),
      state = take_state(message),
      context = take_context(contexts, message),
      chunk = answer_chunk(contexts, message)
    )
    message <- NULL
    if (!is.null(reply)) send(con, reply)
    reply <- NULL
  }
}

# What parallel::clusterCall() and its kin send: list("call", data, seed, report), data as sendCall() makes it. The random
# state of a virtual node that has one comes with the message and goes back with the answer: parallel:::workCommand() with that added.
answer_call <- function(message) {
  data <- message[[2L]]
  if (!is.null(message[[3L]])) assign(".Random.seed", message[[3L]], envir = globalenv())
  success <- TRUE
  begin <- proc.time()
  value <- tryCatch(do.call(data$fun, data$args, quote = TRUE), error = function(e) {
    success <<- FALSE
    structure(conditionMessage(e), class = c("snow-try-error", "try-error"))
  })
  spent <- proc.time() - begin
  seed <- if (message[[4L]] || !is.null(message[[3L]])) random_state()
  list(list(type = "VALUE", value = if (isFALSE(data$return)) NULL else value, success = success, time = spent, tag = data$tag), seed)
}

# Calls that other workers have answered before this one came: done again here, for their effect.
take_state <- function(message) {
  for (data in message[[2L]]) try(do.call(data$fun, data$args, quote = TRUE), silent = TRUE)
  NULL
}

# What all chunks of one festival_lapply() share: list("context", id, fun, dots, globals, packages).
take_context <- function(contexts, message) {
  rm(list = ls(contexts), envir = contexts)
  list2env(message[[5L]], globalenv())
  failed <- Filter(function(package) !suppressPackageStartupMessages(require(package, character.only = TRUE, quietly = TRUE)), message[[6L]])
  missing <- if (length(failed)) paste0("The worker has no R package ", toString(failed), ". Add it to images_r_packages and run again.")
  contexts[[message[[2L]]]] <- list(run = bind_dots(message[[3L]], message[[4L]]), flaw = missing)
  NULL
}

# Some elements of one festival_lapply(): list("chunk", id, elements, seed of the first or NULL).
answer_chunk <- function(contexts, message) {
  context <- contexts[[message[[2L]]]]
  begin <- proc.time()[[3L]]
  values <- with_streams(message[[4L]], length(message[[3L]]), function(i) one_task(context, message[[3L]][[i]]))
  list(values, proc.time()[[3L]] - begin)
}

one_task <- function(context, element) {
  if (!is.null(context$flaw)) return(task_error(context$flaw))
  tryCatch(context$run(element), error = function(e) task_error(conditionMessage(e), deparse(conditionCall(e), nlines = 1L)))
}

# A function of one element; the other arguments are bound by name, not written into the call.
bind_dots <- function(fun, dots) {
  bind <- function(fun, ...) function(element) fun(element, ...)
  do.call(bind, c(list(fun), dots), quote = TRUE)
}

task_error <- function(message, call = NULL) {
  structure(class = c("festival_error", "error", "condition"), list(message = message, call = call))
}

is_task_error <- function(value) inherits(value, "festival_error")
