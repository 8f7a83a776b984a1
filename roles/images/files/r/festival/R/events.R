# The job's events, one JSON object a line, for the progress on the controller and for the report: docs/events.md.

# Return the connection to which events go, or NULL where nobody asked for them.
event_log <- function() {
  if (is.null(the$log) && nzchar(setting("FESTIVAL_EVENTS"))) the$log <- file(setting("FESTIVAL_EVENTS"), "ab")
  the$log
}

json_text <- function(x) {
  x <- gsub("\\", "\\\\", iconv(enc2utf8(x), "UTF-8", "UTF-8", sub = "byte"), fixed = TRUE)
  x <- gsub("\"", "\\\"", x, fixed = TRUE)
  x <- gsub("\n", "\\n", x, fixed = TRUE)
  paste0("\"", gsub("[[:cntrl:]]", " ", x), "\"")
}

# JSON for one value, or with `many` for a vector of any length.
json <- function(x, many = FALSE) {
  text <- if (is.null(x) || (!many && is.na(x))) "null"
          else if (is.character(x)) json_text(x)
          else if (is.logical(x)) ifelse(x, "true", "false")
          else if (is.integer(x)) as.character(x)
          else ifelse(is.finite(x), formatC(x, digits = 3L, format = "f"), "null")
  if (many) paste0("[", paste(text, collapse = ","), "]") else text
}

#: Fields of events that hold one value for each of several messages.
COLUMNS <- c("first", "count", "worker", "start", "end", "attempt")

event <- function(event, ..., many = FALSE) {
  log <- event_log()
  if (is.null(log)) return(invisible())
  fields <- c(list(event = event, time = now()), list(...))
  values <- mapply(function(name, value) json(value, many && name %in% COLUMNS), names(fields), fields)
  writeLines(paste0("{", paste0(json_text(names(fields)), ":", values, collapse = ","), "}"), log, useBytes = TRUE)
  flush(log)
}

# Notes messages that came back (call, first task, tasks, worker, time, seconds of work, attempt); what was noted is
# written at the next tick, a line for each call. Filled in place, not grown.
new_recorder <- function(size = 8192L) {
  noted <- matrix(0, 7L, size)
  n <- 0L
  function(values) {
    if (missing(values)) {
      taken <- noted[, seq_len(n), drop = FALSE]
      n <<- 0L
      return(taken)
    }
    n <<- n + 1L
    noted[, n] <<- values
    if (n == size) flush_events()
  }
}

flush_events <- function() {
  noted <- the$record()
  if (!ncol(noted) || is.null(event_log())) return(invisible())
  for (call in unique(noted[1L, ])) {
    of <- noted[, noted[1L, ] == call, drop = FALSE]
    event("tasks", call = as.integer(call), first = as.integer(of[2L, ]), count = as.integer(of[3L, ]), worker = the$names[of[4L, ]],
      start = of[5L, ] - of[6L, ], end = of[5L, ], attempt = as.integer(of[7L, ]), many = TRUE)
  }
}

# Workers by number: the same name is the same number.
number_worker <- function(name) {
  if (!(name %in% the$names)) the$names <- c(the$names, name)
  match(name, the$names)
}

begin_call <- function(fun, tasks) {
  finish_call()
  flush_events()
  the$deadline <- getOption("festival.deadline")
  the$calls <- the$calls + 1L
  event("call", call = the$calls, "function" = fun, tasks = if (!is.null(tasks)) as.integer(tasks))
  the$calls
}

end_call <- function(call) {
  flush_events()
  event("done", call = call)
}
