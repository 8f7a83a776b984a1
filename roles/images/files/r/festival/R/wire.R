# How things travel between master, watch, supervisors and workers: R objects and text lines over TCP.

#: Seconds after which a transfer that has stalled half-way is given up.
STALL <- 15

# Send one R object: R gathers it into pieces of its own size and gives an error where one can't be written. Native
# byte order: R swaps when it reads, where it must.
send <- function(con, object) serialize(object, con, xdr = FALSE)

send_line <- function(con, ...) writeBin(charToRaw(paste0(paste(...), "\n")), con)

# Send a line to somebody who may be gone, and say whether it could be sent: R has an error of its own for a SIGPIPE.
is_told <- function(con, ...) tryCatch({ send_line(con, ...); TRUE }, error = function(e) FALSE, warning = function(w) FALSE)

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

# Read the lines that have arrived whole; the beginning of another waits in peer$text. NULL: the other side has hung
# up.
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

# Wait for a line and return it; "" where the other side has hung up.
read_line <- function(con) {
  bytes <- raw()
  while (length(byte <- readBin(con, "raw", 1L)) && byte != as.raw(10L)) bytes <- c(bytes, byte)
  rawToChar(bytes)
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

# How many workers the job's pool is to have; none where it has no pool.
expected_workers <- function() as.integer(setting("FESTIVAL_WORKERS", "0"))
