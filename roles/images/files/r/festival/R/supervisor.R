# The supervisor of a worker container. It waits for a master's watch to call, then keeps FESTIVAL_OWN_SLOTS R workers
# dialling in to that master. Each worker is a fork of this R, which has seen no job, so that nothing of one job is
# left for the next. The call is held open as a lease: a heartbeat goes each way every second, and when it ends the
# workers are killed.

WORKER_PORT <- 8650L
MASTER_PORT <- 8651L

#: Seconds between heartbeats, and after how many without one a master is taken for dead.
HEARTBEAT <- 1
LEASE <- 10

# Run for ever. Settings by environment: FESTIVAL_OWN_SLOTS, FESTIVAL_WORKER_PORT, FESTIVAL_HOST.
supervise <- function() {
  container <- new.env(parent = emptyenv())
  container$token <- read_token()
  container$name <- Sys.info()[["nodename"]]
  container$host <- setting("FESTIVAL_HOST", container$name)
  container$slots <- as.integer(setting("FESTIVAL_OWN_SLOTS", "1"))
  container$children <- integer()
  container$stopped <- numeric()
  container$strangers <- list()
  container$server <- serverSocket(as.integer(setting("FESTIVAL_WORKER_PORT", WORKER_PORT)))
  # Each worker makes a temporary folder of its own, in one that is emptied when a lease ends.
  container$scratch <- tempfile("festival-", dirname(tempdir()))
  dir.create(container$scratch)
  unlink(tempdir(), recursive = TRUE)
  Sys.setenv(TMPDIR = container$scratch)
  repeat supervise_turn(container)
}

supervise_turn <- function(container) {
  peers <- c(container$strangers, container$lease)
  ready <- socketSelect(c(list(container$server), lapply(peers, `[[`, "con")), FALSE, 0.2)
  if (ready[1L]) welcome(container)
  for (peer in container$strangers) judge_caller(container, peer)
  if (!is.null(container$lease)) keep_lease(container)
}

welcome <- function(container) {
  con <- tryCatch(
    suppressWarnings(socketAccept(container$server, blocking = TRUE, open = "a+b", timeout = STALL, options = "no-delay")),
    error = function(e) NULL
  )
  if (is.null(con)) return()
  peer <- tryCatch(greet(con), error = function(e) NULL)
  if (is.null(peer)) hang_up(con) else container$strangers <- c(container$strangers, peer)
}

judge_caller <- function(container, peer) {
  verdict <- tryCatch(judge_stranger(peer, container$token), error = function(e) FALSE)
  if (is.na(verdict)) return()
  container$strangers <- Filter(function(other) !identical(other, peer), container$strangers)
  if (!verdict) return(hang_up(peer$con))
  # Masters of one pool follow each other: the newest call is the one that counts.
  end_lease(container)
  peer$address <- peer$hello[2L]
  peer$port <- as.integer(peer$hello[3L])
  # What an earlier job has left goes before any of this one's workers is here.
  forget_files(peer$hello[4L])
  # A master that hands out files names the port.
  if (length(peer$hello) > 4L) peer$files <- list(address = peer$address, port = as.integer(peer$hello[5L]), job = peer$hello[4L])
  peer$heard <- peer$beaten <- now()
  container$lease <- list(peer)
  # A job may be over as soon as it has begun.
  if (!is_told(peer$con, container$name)) return(end_lease(container))
  start_workers(container)
}

keep_lease <- function(container) {
  peer <- container$lease[[1L]]
  lines <- tryCatch(arrived_lines(peer), error = function(e) NULL)
  if (length(lines)) peer$heard <- now()
  if (is.null(lines) || now() - peer$heard > LEASE) return(end_lease(container))
  for (line in lines[startsWith(lines, "kill ")]) kill(as.integer(substring(line, 6L)), container)
  if (now() - peer$beaten >= HEARTBEAT) {
    peer$beaten <- now()
    if (!is_told(peer$con)) return(end_lease(container))
  }
  end_stopped(container)
  stem_floods(container)
  # A master that has been silent may have let go of this container: its next call brings new workers.
  if (now() - peer$heard < 3 * HEARTBEAT) for (slot in which(!running(container$children))) start_worker(container, slot)
}

end_lease <- function(container) {
  if (is.null(container$lease)) return()
  hang_up(container$lease[[1L]]$con)
  container$lease <- NULL
  tools::pskill(with_descendants(container$children), tools::SIGKILL)
  container$children <- integer()
  unlink(list.files(container$scratch, full.names = TRUE), recursive = TRUE)
  forget_files()
}

# Processes, those that they have started, and so on: what a task has left running does not outlive the job.
with_descendants <- function(pids) {
  all <- list.files("/proc", "^[0-9]+$")
  status <- vapply(all, process_status, "")
  parents <- suppressWarnings(as.integer(sub("^.*\\) [A-Z] ([0-9]+) .*", "\\1", status)))
  repeat {
    more <- setdiff(as.integer(all)[parents %in% pids], pids)
    if (!length(more)) return(pids)
    pids <- c(pids, more)
  }
}

kill <- function(pid, container) if (pid %in% container$children) tools::pskill(pid, tools::SIGKILL)

# A worker that was stopped (SIGSTOP) keeps its connection and answers nothing. After SILENCE seconds it is as good as
# dead.
end_stopped <- function(container) {
  stopped <- container$children[has_state(container$children, "[Tt]")]
  container$stopped <- container$stopped[names(container$stopped) %in% stopped]
  for (pid in stopped) {
    since <- container$stopped[as.character(pid)]
    if (is.na(since)) container$stopped[as.character(pid)] <- now()
    else if (now() - since > SILENCE) tools::pskill(pid, tools::SIGKILL)
  }
}

# Say which processes run. One that has ended but was not waited for yet is a zombie (Z) and does not.
running <- function(pids) has_state(pids, "[^ZX]")

has_state <- function(pids, states) vapply(pids, function(pid) grepl(paste0("\\) ", states, " "), process_status(pid)), NA)

# The line of proc(5) about a process; empty when there is none.
process_status <- function(pid) {
  status <- tryCatch(suppressWarnings(readLines(file.path("/proc", pid, "stat"), 1L)), error = function(e) "")
  if (length(status)) status else ""
}

start_workers <- function(container) for (slot in seq_len(container$slots)) start_worker(container, slot)

start_worker <- function(container, slot) {
  lease <- container$lease[[1L]]
  words <- last_words(container, slot)
  if (nzchar(words)) is_told(lease$con, "last", paste0(container$name, "/", slot), container$host, words)
  self <- Sys.getpid()
  inherited <- lapply(c(container$strangers, container$lease), `[[`, "con")
  worker <- parallel::mcparallel({
    for (con in c(inherited, list(container$server))) hang_up(con)
    work(lease, container$token, paste0(container$name, "/", slot), container$host, self, words_file(container$scratch, slot))
  }, mc.set.seed = FALSE, detached = TRUE)
  container$children[slot] <- worker$pid
}
