# The job's files on the workers: what a script finds beside it, its tasks find, too. The master hands out the archive that the
# job came with; a worker container takes it once, and each of its workers has a working directory of its own with all of it.

# The port above that for workers; a master's container has no other of ours near it.
files_port <- function() as.integer(setting("FESTIVAL_MASTER_PORT", MASTER_PORT)) + 1L

#: Bytes of a file up to which each worker has a copy of its own. A larger one is there once, for all of the container to read.
OWN_COPY <- 2^20

#: Bytes that are passed on at once.
PIECE <- 2^20

#: Seconds between two looks at what another worker fetches, and without progress after which that one is taken for dead.
FETCH_LOOK <- 0.1
FETCH_STALL <- 15

#: Attempts of one worker, after which it tells what is wrong.
TRIES <- 3L

# --- the master's side ---------------------------------------------------------------------------------------------------

# Run for ever. Settings by environment: FESTIVAL_FILES (the archive), FESTIVAL_MASTER_PORT.
serve_files <- function() {
  token <- read_token()
  archive <- setting("FESTIVAL_FILES")
  server <- serverSocket(files_port())
  repeat {
    con <- tryCatch(
      suppressWarnings(socketAccept(server, blocking = TRUE, open = "a+b", timeout = STALL, options = "no-delay")),
      error = function(e) NULL
    )
    if (is.null(con)) next
    # A process for each: one that is slow keeps nobody waiting.
    parallel::mcparallel({
      close(server)
      tryCatch(hand_out(con, archive, token), error = function(e) NULL)
      hang_up(con)
    }, mc.set.seed = FALSE, detached = TRUE)
    hang_up(con)
  }
}

# Send the archive to one who holds the pool's token; its size goes before it.
hand_out <- function(con, archive, token) {
  peer <- greet(con)
  while (is.na(verdict <- judge_stranger(peer, token))) readable(con, TICK)
  if (!verdict) return()
  send_line(con, file.size(archive))
  source <- file(archive, "rb", raw = TRUE)
  on.exit(close(source))
  while (length(piece <- readBin(source, "raw", PIECE))) writeBin(piece, con)
}

# --- the worker's side -----------------------------------------------------------------------------------------------------

# Where the files of jobs lie in this container.
files_folder <- function() setting("FESTIVAL_FILES_FOLDER", "/var/lib/festival-files")

# Make the present folder a working directory of the job's, with its files in it. `source` is what a call says of them: address and port
# of who hands them out, and the job.
take_files <- function(source, token) {
  shared <- fetch_files(source, token)
  paths <- list.files(shared, recursive = TRUE, all.files = TRUE, no.. = TRUE)
  for (folder in unique(dirname(paths))) dir.create(folder, showWarnings = FALSE, recursive = TRUE)
  from <- file.path(shared, paths)
  large <- file.size(from) > OWN_COPY
  # To change one would be to change it for others.
  Sys.chmod(from[large], "0444")
  made <- c(
    if (any(large)) file.symlink(from[large], paths[large]),
    file.copy(from[!large], paths[!large], copy.date = TRUE)
  )
  if (!all(made)) stop("there is no room for them in ", getwd())
  invisible()
}

# Return the container's folder with the files of a job, fetched by the first of its workers that comes.
fetch_files <- function(source, token) {
  shared <- file.path(files_folder(), source$job)
  fetching <- paste0(shared, ".part")
  tries <- 0L
  repeat {
    if (dir.exists(shared)) return(shared)
    if (dir.create(fetching, showWarnings = FALSE)) {
      flaw <- tryCatch(fetch_into(fetching, source, token), error = conditionMessage)
      if (is.null(flaw) && file.rename(fetching, shared)) return(shared)
      unlink(fetching, recursive = TRUE)
      if ((tries <- tries + 1L) == TRIES) stop(flaw)
    } else if (!dir.exists(fetching)) {
      if (file.access(files_folder(), 2L) != 0L) stop(files_folder(), " cannot be written to")
    } else if (stalled(fetching)) {
      # Who fetched is dead. Only one of those who see it can move it away.
      dead <- tempfile("dead-", files_folder())
      if (suppressWarnings(file.rename(fetching, dead))) unlink(dead, recursive = TRUE)
    }
    Sys.sleep(FETCH_LOOK)
  }
}

stalled <- function(folder) {
  touched <- file.mtime(folder)
  !is.na(touched) && as.double(Sys.time()) - as.double(touched) > FETCH_STALL
}

# Unpack what the master hands out. Returns NULL, or what is wrong.
fetch_into <- function(folder, source, token) {
  con <- dial(source$address, source$port, STALL)
  if (is.null(con)) return("the master does not hand them out")
  on.exit(hang_up(con))
  if (!introduce(con, token, "files")) return("the master does not know this pool")
  left <- as.numeric(read_line(con))
  said <- tempfile("tar-")
  unpack <- pipe(paste("tar -x -C", shQuote(folder), "2>", shQuote(said)), "wb")
  while (left > 0 && length(piece <- readBin(con, "raw", min(left, PIECE)))) {
    # Where tar has ended, its last words are worth more than that it did.
    try(writeBin(piece, unpack), silent = TRUE)
    left <- left - length(piece)
    Sys.setFileTime(folder, Sys.time())
  }
  code <- close(unpack)
  if (left > 0) return("the master hung up before all of them were there")
  if (is.null(code) || code == 0L) NULL else paste(c(readLines(said, 3L), "tar failed")[1L], collapse = " ")
}

# A pool has one job at a time: files of another one are nobody's any more.
forget_files <- function(but = character()) {
  found <- list.files(files_folder(), all.files = TRUE, no.. = TRUE)
  unlink(file.path(files_folder(), setdiff(found, c(but, paste0(but, ".part")))), recursive = TRUE)
}

# A session of ssh, which is a worker of the engine ssh: FESTIVAL_FILES_FROM is what its master says of the files.
take_files_from <- function(said = setting("FESTIVAL_FILES_FROM")) {
  words <- strsplit(said, " ", fixed = TRUE)[[1L]]
  source <- list(address = words[1L], port = as.integer(words[2L]), job = words[3L])
  forget_files(source$job)
  take_files(source, read_token())
}
