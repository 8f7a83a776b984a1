# What a script may tell the controller, and what its end leaves: value.rds and session.json beside the job's log.

#' Tell Whoever Watches the Job How Far It Is
#'
#' Writes a progress event, which is shown beside the count of tasks while the job runs. Needed only where the number of tasks does not
#' say it: for a step of the script, say. Updates of \pkg{progressr} come out the same way. Outside of a job it does nothing.
#'
#' For the script itself: tasks run on workers, which have no way to tell.
#'
#' @param done Number of steps done, or `NULL` where that is unknown.
#' @param total Number of steps in all, or `NULL`.
#' @param message One line of text.
#' @return `NULL`, invisibly.
#' @seealso [festival_result()]
#' @examples
#' for (step in 1:3) festival_progress(step, 3, "fitting")
#' @export
festival_progress <- function(done = NULL, total = NULL, message = "") {
  event("progress", done = steps(done), total = steps(total), message = paste(message, collapse = " "))
  invisible()
}

# A number of steps; nothing where it is unknown or no such number.
steps <- function(x) if (length(x)) suppressWarnings(as.integer(x[[1L]]))

#' Say What the Result of a Job Is
#'
#' The value comes home as \file{value.rds} with the results of the job when the script ends without an error. Without this call it is
#' the value of the script's last expression. Outside of a job it does nothing.
#'
#' @param value Any R object that [saveRDS()] can store. The last call counts.
#' @return `value`, invisibly.
#' @seealso [readRDS()] to read it, [festival_progress()]
#' @examples
#' festival_result(summary(c(1, 2, 4)))
#' @export
festival_result <- function(value) {
  the$result <- list(value)
  invisible(value)
}

# The script starts: called from the site profile of the master's R, once for the R that runs the script and for none
# that it starts.
begin_script <- function() {
  the$home <- getwd()
  path <- setting("FESTIVAL_EVENTS")
  resumed <- nzchar(path) && file.exists(path) && file.size(path) > 0
  expected <- expected_workers()
  event("start", job = setting("FESTIVAL_JOB"), r = as.character(getRversion()), expected = expected, resumed = resumed)
  write_session()
}

# The script has come to its end without an error: called as .Last(), when R still knows the value of the last
# expression.
end_script <- function(value = get0(".Last.value", baseenv())) {
  finish_call()
  if (!is.null(the$pool)) gather(the$pool)
  flush_events()
  if (!is.null(the$result)) value <- the$result[[1L]]
  path <- setting("FESTIVAL_VALUE")
  if (nzchar(path)) {
    tryCatch(saveRDS(value, path), error = function(e) message("The script's value can't be saved: ", conditionMessage(e)))
  }
  write_session()
  event("end")
}

write_session <- function() {
  path <- setting("FESTIVAL_SESSION")
  if (!nzchar(path)) return()
  packages <- loadedNamespaces()
  versions <- vapply(packages, function(package) as.character(getNamespaceVersion(package)), "")
  writeLines(paste0("{\"r\": ", json_text(as.character(getRversion())),
    ", \"platform\": ", json_text(R.version$platform), ", \"packages\": {",
    paste0(json_text(packages), ": ", json_text(versions), collapse = ", "), "}}"), path)
}
