# Results of festival_lapply() are kept as they come, so that a job whose master died goes on where it was. The folder
# belongs to one job id: script, files and arguments are the same. A call takes up what an earlier one of the same
# place in the script, with the same elements, function and random streams, has left. Each start of a master writes a
# file of its own: the last record of an earlier one may be half-written.

open_checkpoint <- function(source) {
  folder <- setting("FESTIVAL_CHECKPOINT")
  the$lapplies <- the$lapplies + 1L
  if (!nzchar(folder)) return()
  dir.create(folder, FALSE, TRUE)
  prefix <- sprintf("%04d-%s-", the$lapplies, checkpoint_key(source))
  earlier <- sort(list.files(folder, paste0("^", prefix), full.names = TRUE))
  for (path in earlier) take_up(source, path)
  source$resumed <- source$finished > 0L
  if (source$resumed) event("resumed", call = source$call, tasks = source$finished)
  source$kept <- file(file.path(folder, sprintf("%s%04d", prefix, length(earlier) + 1L)), "wb")
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
    new <- !source$is_done(record[[1L]])
    source$put(record[[1L]][new], record[[2L]][new])
  }
}

# Note values, to be written soon. Errors are not among them: those tasks are tried again.
keep_values <- function(source, these, values) {
  source$keeping <- list(these, values, source$keeping)
  if (now() - source$keeping_since >= TICK) write_kept(source)
}

write_kept <- function(source) {
  source$keeping_since <- now()
  numbers <- values <- list()
  # What waits to be written is a chain, newest first.
  chain <- source$keeping
  source$keeping <- NULL
  while (!is.null(chain)) {
    numbers[[length(numbers) + 1L]] <- chain[[1L]]
    values[[length(values) + 1L]] <- chain[[2L]]
    chain <- chain[[3L]]
  }
  if (!length(numbers)) return()
  serialize(list(unlist(numbers), unlist(values, recursive = FALSE)), source$kept, xdr = FALSE)
  flush(source$kept)
}

close_checkpoint <- function(source) {
  if (is.null(source$kept)) return()
  write_kept(source)
  close(source$kept)
  source$kept <- NULL
}
