# A worker: dials in to the master, proves itself, and does what the messages say until the master hangs up.

#: Seconds between two attempts to reach a master that does not listen yet.
RETRY <- 0.1

# As long as parallel's own workers wait for their next message: 30 days.
WORKER_TIMEOUT <- 2592000L

work <- function(lease, token, name, host, supervisor, said) {
  the$worker <- TRUE
  write_down(said)
  keep_to_share()
  folder <- file.path(tempdir(check = TRUE), "work")
  dir.create(folder)
  setwd(folder)
  # Of one who ends by itself there are no last words.
  on.exit(unlink(c(tempdir(), said), recursive = TRUE))
  while (running(supervisor)) {
    con <- dial(lease$address, lease$port, WORKER_TIMEOUT)
    if (!is.null(con)) {
      known <- tryCatch(introduce(con, token, "worker", name, host, Sys.getpid()),
        error = function(e) FALSE, warning = function(w) FALSE)
      if (known) {
        # Only now: however long they take, the master knows that there is a worker.
        if (!is.null(lease$files)) the$flaw <- settle(lease$files, token, host)
        return(serve(con))
      }
      hang_up(con)
    }
    Sys.sleep(RETRY)
  }
}

# A task that asks how many cores there are is told those of its slot: what it starts then is not too much for the host.
keep_to_share <- function(cores = suppressWarnings(as.integer(setting("FESTIVAL_CORES")))) {
  if (is.na(cores)) return()
  replace_in("parallel", detectCores = function(all.tests = FALSE, logical = TRUE) cores)
  when_loaded("parallelly", function() replace_in("parallelly", availableCores = function(...) cores))
}

# Have the job's files here. Returns NULL, or what each task is to be told.
settle <- function(files, token, host) {
  tryCatch({ take_files(files, token); NULL }, error = function(e) {
    paste0("The job's files did not reach the workers on ", host, ": ", conditionMessage(e), ". Mend that and run again.")
  })
}

# Messages are lists; the first element says what it is. An error here is the master's end.
serve <- function(con) {
  fun <- NULL
  tryCatch(repeat {
    message <- unserialize(con)
    if (message[[1L]] == "call") fun <- message[[5L]]
    own_random_state(message[[1L]] != "chunk" || is.null(message[[3L]]))
    reply <- switch(message[[1L]],
      again = answer_call(fun, message),
      call = answer_call(fun, message),
      chunk = answer_chunk(message),
      state = take_state(message),
      context = take_context(message),
      desk = watch_desk(message[[2L]]),
      files = send_all(con, message[[2L]])
    )
    message <- NULL
    if (!is.null(reply)) {
      # Where nobody has looked the seconds say so: they are negative.
      if (is.null(names(reply)) && !send_written(con)) reply[[2L]] <- -1 - reply[[2L]]
      send(con, reply)
    }
    reply <- NULL
  }, error = function(e) hang_up(con))
}

# What parallel::clusterCall() and its kin send: list("call", args, seed, report, fun), or "again" for the same
# function once more. The random state of a virtual node that has one comes with the message and goes back with the
# answer: parallel:::workCommand() with that added.
answer_call <- function(fun, message) {
  seed <- message[[3L]]
  if (!is.null(seed)) assign(".Random.seed", seed, envir = globalenv())
  success <- TRUE
  begin <- proc.time()[[3L]]
  value <- tryCatch(if (is.null(the$flaw)) do.call(fun, message[[2L]], quote = TRUE) else stop(the$flaw), error = function(e) {
    success <<- FALSE
    call_error(conditionMessage(e))
  })
  spent <- proc.time()[[3L]] - begin
  if (!message[[4L]] && is.null(seed)) return(list(value, spent, success))
  seed <- random_state()
  if (is.null(seed)) list(value, spent, success) else list(value, spent, success, seed)
}

call_error <- function(message) structure(message, class = c("snow-try-error", "try-error"))

# Calls that other workers have answered before this one came: done again here, for their effect.
take_state <- function(message) {
  for (data in message[[2L]]) try(do.call(data$fun, data$args, quote = TRUE), silent = TRUE)
  NULL
}

# What all chunks of one festival_lapply() share: list("context", call, fun, dots, globals, packages).
take_context <- function(message) {
  list2env(message[[5L]], globalenv())
  attached <- function(package) {
    suppressPackageStartupMessages(require(package, character.only = TRUE, quietly = TRUE))
  }
  failed <- Filter(Negate(attached), message[[6L]])
  flaw <- if (length(failed)) paste0("The worker has no R package ", toString(failed), ". Add it to images_r_packages and run again.")
  the$context <- list(run = bind_dots(message[[3L]], message[[4L]]), flaw = flaw)
  NULL
}

# Streams of tasks are not the worker's own random state, to which it returns for other messages. Not after each
# chunk: to remove a variable takes R longer than a short task.
own_random_state <- function(wanted) {
  if (wanted && the$on_streams) set_random_state(the$own_state)
  if (!wanted && !the$on_streams) the$own_state <- random_state()
  the$on_streams <- !wanted
}

# Some elements of one festival_lapply(): list("chunk", elements, random stream of the first or NULL).
answer_chunk <- function(message) {
  context <- the$context
  elements <- message[[2L]]
  begin <- proc.time()[[3L]]
  values <- run_streams(message[[3L]], length(elements), function(i) one_task(context, elements[[i]]))
  list(values, proc.time()[[3L]] - begin)
}

one_task <- function(context, element) {
  flaw <- c(the$flaw, context$flaw)
  if (!is.null(flaw)) return(task_error(flaw[1L]))
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
