# What tasks print, R's own output and that of C code and of programs alike: a worker's streams go to a file, of which it sends the
# master what is new with each answer. The master has it in the job's log, with the worker and the task, and in a file for each worker.

#: Bytes of one worker that are kept in its file and in the log, and of a line in the log.
KEEP_WORDS <- 10 * 2^20
LOG_WORDS <- 2^18
LINE_WORDS <- 2000L

#: Bytes to which the file of a worker may grow while a task runs. Then it is emptied: a task that floods fills no disk.
FLOOD <- 16 * 2^20

#: Bytes that are told of what a worker said before it died.
LAST_WORDS <- 2000L

#: Seconds for which a script that ends waits for them: on a busy host its supervisor needs a moment to see that a worker has died.
UNHEARD <- 5

words_file <- function(folder, slot) file.path(folder, paste0("said-", slot))

# --- the worker's side -----------------------------------------------------------------------------------------------------

# From now on all that this process prints goes to a file. R has no other way to have C code do so: a connection that is opened takes the
# lowest descriptor that is free.
write_down <- function(path) {
  close_descriptor <- get("closeFD", asNamespace("parallel"))
  flush(stdout())
  # Where there is no room for it a worker works all the same.
  to <- if (suppressWarnings(file.create(path))) path else "/dev/null"
  the$streams <- lapply(1:2, function(descriptor) {
    close_descriptor(descriptor)
    file(to, "ab", raw = TRUE)
  })
  the$said <- path
  the$said_bytes <- 0
}

# Send what was printed since the last time, which is all that the file has; say whether there was any.
send_words <- function(con) {
  flush(stdout())
  left <- file.size(the$said)
  if (is.na(left) || left == 0) return(FALSE)
  source <- file(the$said, "rb", raw = TRUE)
  on.exit({
    close(source)
    # What is written goes on at its new end.
    close(file(the$said, "wb"))
  })
  while (left > 0 && the$said_bytes < KEEP_WORDS && length(piece <- readBin(source, "raw", min(left, PIECE)))) {
    send(con, list(said = piece))
    left <- left - length(piece)
    the$said_bytes <- the$said_bytes + length(piece)
  }
  TRUE
}

# --- the supervisor's side -------------------------------------------------------------------------------------------------

# A worker that floods loses what it has not sent yet, and goes on.
stem_floods <- function(container) {
  for (slot in seq_along(container$children)) {
    path <- words_file(container$scratch, slot)
    if (isTRUE(file.size(path) > FLOOD)) {
      writeLines(paste0("... what was said here, more than ", FLOOD / 2^20, " MB in one task, is lost"), path)
    }
  }
}

# Say what a worker that has died had printed last, on one line without blanks: "-" for nothing; empty where there was no worker.
last_words <- function(container, slot) {
  path <- words_file(container$scratch, slot)
  size <- file.size(path)
  if (is.na(size)) return("")
  source <- file(path, "rb", raw = TRUE)
  on.exit({
    close(source)
    unlink(path)
  })
  seek(source, max(0, size - LAST_WORDS))
  if (size > 0) paste(readBin(source, "raw", LAST_WORDS), collapse = "") else "-"
}

# --- the master's side -----------------------------------------------------------------------------------------------------

# Note what a worker has printed, while it worked on its first message if it has one.
take_words <- function(worker, said) {
  message <- if (length(worker$flight)) worker$flight[[1L]]
  text <- iconv(list(said[said != 0L]), "UTF-8", "UTF-8", sub = "byte")
  # What iconv lets pass and R does not: surrogates, and what lies above U+10FFFF.
  if (!validUTF8(text)) text <- gsub("[\x80-\xff]", "?", text, useBytes = TRUE)
  text <- gsub("\r\n?", "\n", sub("\n$", "", text))
  lines <- strsplit(text, "\n", fixed = TRUE)[[1L]]
  note_words(worker, if (length(lines)) lines else "", message)
}

# A script that has named a file for what its workers say (`outfile` of makeCluster()) finds it there, and not in the log.
note_words <- function(worker, lines, message = NULL) {
  before <- if (is.null(worker$said)) 0 else worker$said
  worker$said <- before + sum(nchar(lines, "bytes") + 1L)
  if (before < KEEP_WORDS) {
    cat(lines, cut_at(worker, before, KEEP_WORDS, "a worker's file takes no more"), file = words_of(worker), sep = "\n", append = TRUE)
  }
  if (!is.null(the$outfile)) return(cat(lines, file = the$outfile, sep = "\n", append = TRUE))
  if (before >= LOG_WORDS) return()
  lines <- fitting(lines, LOG_WORDS - before)
  task <- if (is.null(message) || !message$call) "" else paste0(", task ", span(message))
  who <- paste0("[", worker$host, " ", worker$name, task, "] ")
  rest <- cut_at(worker, before, LOG_WORDS, paste0("the rest is in workers/", basename(words_of(worker))))
  cat(paste0(who, c(lines, rest), "\n"), sep = "", file = stderr())
}

# The first of some lines, as many as there is room for; very long ones are cut.
fitting <- function(lines, room) {
  long <- nchar(lines, "bytes") > LINE_WORDS
  lines[long] <- paste(strtrim(lines[long], LINE_WORDS), "...")
  lines[cumsum(nchar(lines, "bytes") + 1L) <= room]
}

cut_at <- function(worker, before, limit, where) if (before < limit && worker$said >= limit) paste0("... ", where)

span <- function(message) if (message$count == 1L) message$first else paste0(message$first, " to ", message$first + message$count - 1L)

in_home <- function(path) if (startsWith(path, "/")) path else file.path(the$home, path)

words_of <- function(worker) {
  folder <- file.path(dirname(the$incoming), "workers")
  dir.create(folder, showWarnings = FALSE)
  file.path(folder, paste0(file_name(worker), ".txt"))
}

# Whether a supervisor may still have the last words of a worker to tell, of a container that is there.
unheard <- function(pool) {
  silent <- pool$unheard[!(sub("/.*", "", names(pool$unheard)) %in% pool$ended)]
  any(now() - silent < UNHEARD)
}

# What a worker had said before it died: the supervisor's word, in hex.
take_last_words <- function(name, host, hex) {
  if (hex == "-") return()
  bytes <- as.raw(strtoi(substring(hex, seq(1L, nchar(hex), 2L), seq(2L, nchar(hex), 2L)), 16L))
  if (length(bytes)) take_words(list2env(list(name = name, host = host, flight = list(), said = NULL), parent = emptyenv()), bytes)
}
