# Results of festival_lapply() are kept as they come, so that a job whose master died goes on where it was. The folder belongs to one
# job id: script, files and arguments are the same. A call takes up what an earlier one of the same place in the script, with the
# same elements, function and random streams, has left. Each start of a master writes a file of its own: the last record of an earlier
# one may be half-written.

open_checkpoint <- function(source) {
  folder <- setting("FESTIVAL_CHECKPOINT")
  the$lapplies <- the$lapplies + 1L
  if (!nzchar(folder)) return()
  dir.create(folder, FALSE, TRUE)
  prefix <- sprintf("%04d-%s-", the$lapplies, checkpoint_key(source))
  earlier <- sort(list.files(folder, paste0("^", prefix), full.names = TRUE))
  for (path in earlier) take_up(source, path)
  if (source$finished) event("resumed", call = source$call, tasks = source$finished)
  source$kept <- file(file.path(folder, sprintf("%s%04d", prefix, length(earlier) + 1L)), "wb")
  source$keeping <- list()
  source$keeping_since <- now()
}

checkpoint_key <- function(source) {
  what <- list(source$elements, deparse(source$fun), source$dots, source$first)
  substr(tools::sha256sum(bytes = serialize(what, NULL)), 1L, 16L)
}

take_up <- function(source, path) {
  con <- file(path, "rb")
  on.exit(close(con))
  repeat {
    record <- tryCatch(unserialize(con), error = function(e) NULL)
    if (is.null(record)) return()
    source$values[record[[1L]]] <- record[[2L]]
    source$done[record[[1L]]] <- TRUE
    source$finished <- sum(source$done)
  }
}

# Errors are not kept: they are tried again.
keep_values <- function(source, these, values) {
  if (is.null(source$kept)) return()
  good <- !vapply(values, is_task_error, NA)
  source$keeping[[length(source$keeping) + 1L]] <- list(these[good], values[good])
  if (now() - source$keeping_since >= TICK) write_kept(source)
}

write_kept <- function(source) {
  source$keeping_since <- now()
  if (!length(source$keeping)) return()
  record <- list(unlist(lapply(source$keeping, `[[`, 1L)), unlist(lapply(source$keeping, `[[`, 2L), recursive = FALSE))
  serialize(record, source$kept, xdr = FALSE)
  flush(source$kept)
  source$keeping <- list()
}

close_checkpoint <- function(source) {
  if (is.null(source$kept)) return()
  write_kept(source)
  close(source$kept)
  source$kept <- NULL
}
