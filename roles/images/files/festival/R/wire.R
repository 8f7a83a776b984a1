# How things travel between master, watch, supervisors and workers: R objects and text lines over TCP.

#: Vectors from this length on are serialized straight into the socket, for a copy of them would cost more than it gains.
LARGE <- 1e5

#: Bytes that a socket surely takes at once.
BUFFER <- 16384L

#: Seconds after which a transfer that has stalled half-way is given up.
STALL <- 15

# Send a list, whose element `bulk` may be or hold something large. Native byte order: R swaps when it reads, where it must.
send <- function(con, object, bulk = 2L) {
  if (any(lengths(object[[bulk]]) >= LARGE) || length(object[[bulk]]) >= LARGE) return(serialize(object, con, xdr = FALSE))
  bytes <- serialize(object, NULL, xdr = FALSE)
  # What fits the kernel's buffer is written at once or, to a side that is gone, in vain. Of more it may be a part: a mere warning.
  if (length(bytes) > BUFFER) withCallingHandlers(writeBin(bytes, con), warning = function(w) stop(w))
  else writeBin(bytes, con)
}

send_line <- function(con, ...) writeBin(charToRaw(paste0(paste(...), "\n")), con)

# Say whether something can be read from a connection at once.
readable <- function(con, timeout = 0) socketSelect(list(con), FALSE, timeout)

# Read up to n bytes of what has arrived already, without ever waiting. NULL: the other side has hung up.
arrived <- function(con, n) {
  bytes <- raw()
  while (length(bytes) < n && readable(con)) {
    byte <- readBin(con, "raw", 1L)
    if (!length(byte)) return(NULL)
    bytes <- c(bytes, byte)
  }
  bytes
}

# Read the lines that have arrived whole; the beginning of another waits in peer$text. NULL: the other side has hung up.
arrived_lines <- function(peer) {
  bytes <- arrived(peer$con, 4096L)
  if (is.null(bytes)) return(NULL)
  peer$text <- c(peer$text, bytes)
  ends <- which(peer$text == as.raw(10L))
  if (!length(ends)) return(character())
  end <- ends[length(ends)]
  lines <- strsplit(rawToChar(peer$text[seq_len(end)]), "\n", fixed = TRUE)[[1L]]
  peer$text <- peer$text[-seq_len(end)]
  lines
}

# Connect to an address, or return NULL where nobody answers.
dial <- function(address, port, timeout) {
  tryCatch(
    suppressWarnings(socketConnection(address, port, blocking = TRUE, open = "a+b", timeout = timeout, options = "no-delay")),
    error = function(e) NULL
  )
}

hang_up <- function(con) tryCatch(close(con), error = function(e) NULL)

# Seconds since the epoch. Asked for several times a task: proc.time() is the cheapest clock that R has.
now <- function() the$epoch + proc.time()[[3L]]

setting <- function(name, default = "") {
  value <- Sys.getenv(name)
  if (nzchar(value)) value else default
}
