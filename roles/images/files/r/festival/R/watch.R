# The watch: a process of its own beside the script's R, which may be busy for hours. It finds the pool's worker
# containers by name, calls their supervisors and holds the calls open, so that a container that falls silent is known
# after SILENCE seconds, and one that comes joins. It tells the script's R who is silent, and supervisors whom to
# kill.

#: Seconds without a heartbeat after which a container is taken for lost.
SILENCE <- 5

#: Seconds between two looks at the pool's names, and before a silent address is called again.
LOOK <- 0.5
AGAIN <- 3

#: Seconds for which an address is called that the pool's names have no more.
MEMORY <- 60

# Run for ever. Settings by environment: FESTIVAL_POOL_ADDRESS, FESTIVAL_WORKER_PORT, MASTER, FESTIVAL_MASTER_PORT,
# FESTIVAL_JOB, and where the job has files for its workers, FESTIVAL_FILES.
watch <- function() {
  self <- new.env(parent = emptyenv())
  self$token <- read_token()
  self$names <- strsplit(setting("FESTIVAL_POOL_ADDRESS"), " ")[[1L]]
  self$port <- as.integer(setting("FESTIVAL_WORKER_PORT", WORKER_PORT))
  self$master_port <- as.integer(setting("FESTIVAL_MASTER_PORT", MASTER_PORT))
  self$address <- setting("MASTER", Sys.info()[["nodename"]])
  self$files <- if (nzchar(setting("FESTIVAL_FILES"))) files_port()
  self$silence <- as.numeric(setting("FESTIVAL_SILENCE", SILENCE))
  self$news <- character()
  self$calls <- list()
  self$retry <- list()
  self$seen <- numeric()
  self$looked <- self$tried <- 0
  repeat watch_turn(self)
}

watch_turn <- function(self) {
  time <- now()
  if (is.null(self$master) && time - self$tried >= RETRY) meet_master(self, time)
  if (time - self$looked >= LOOK) {
    self$looked <- time
    for (address in setdiff(known_addresses(self, time), names(self$calls))) {
      call_supervisor(self, address)
      # One that does not answer must not keep the others from being heard.
      if (now() - time > HEARTBEAT) break
    }
  }
  peers <- c(self$master, self$calls)
  timeout <- if (is.null(self$master)) RETRY else LOOK
  if (!length(peers)) return(Sys.sleep(timeout))
  socketSelect(lapply(peers, `[[`, "con"), FALSE, timeout)
  for (address in names(self$calls)) keep_call(self, address)
  if (!is.null(self$master)) obey(self)
}

# The addresses that the pool's names have, and then those that they had a short while ago: the name service of a swarm
# forgets a host that was cut off for some seconds, and takes half a minute to list it again.
known_addresses <- function(self, time) {
  listed <- pool_addresses(self$names)
  self$seen[listed] <- time
  self$seen <- self$seen[time - self$seen < MEMORY]
  union(listed, names(self$seen))
}

pool_addresses <- function(names) {
  lines <- suppressWarnings(system2("getent", c("ahostsv4", shQuote(names)), stdout = TRUE, stderr = FALSE))
  unique(sub(" .*", "", lines))
}

# The script's R listens only once it asks for the cluster, and then it may be busy for hours before it answers.
meet_master <- function(self, time) {
  self$tried <- time
  con <- dial(self$address, self$master_port, STALL)
  if (!is.null(con)) self$master <- list(new_dialler(con, self$token, "watch"))
}

call_supervisor <- function(self, address) {
  again <- self$retry[[address]]
  if (!is.null(again) && now() < again) return()
  self$retry[[address]] <- now() + AGAIN
  con <- dial(address, self$port, 1L)
  if (is.null(con)) return()
  known <- tryCatch(introduce(con, self$token, "master", self$address, self$master_port, setting("FESTIVAL_JOB"), self$files),
    error = function(e) FALSE, warning = function(w) FALSE)
  if (!known) return(hang_up(con))
  peer <- list2env(list(con = con, text = raw(), heard = now(), beaten = now(), container = ""), parent = emptyenv())
  self$calls[[address]] <- peer
  self$retry[[address]] <- NULL
}

# Hear and give heartbeats. The first line from a supervisor is its container's name; others are empty, or the last words of a worker:
# "last <worker> <host> <hex>".
keep_call <- function(self, address) {
  peer <- self$calls[[address]]
  lines <- tryCatch(arrived_lines(peer), error = function(e) NULL)
  if (length(lines)) {
    peer$heard <- now()
    if (!nzchar(peer$container)) {
      peer$container <- lines[1L]
      tell_master(self, "here", peer$container)
    }
  }
  for (line in grep("^last ", lines, value = TRUE)) tell_master(self, line)
  if (is.null(lines) || now() - peer$heard > self$silence) return(drop_call(self, address, is.null(lines)))
  if (now() - peer$beaten < HEARTBEAT) return()
  peer$beaten <- now()
  if (!is_told(peer$con)) drop_call(self, address, TRUE)
}

drop_call <- function(self, address, hung_up) {
  peer <- self$calls[[address]]
  hang_up(peer$con)
  self$calls[[address]] <- NULL
  if (!hung_up) self$retry[[address]] <- now() + AGAIN
  if (nzchar(peer$container)) tell_master(self, if (hung_up) "closed" else "silent", peer$container)
}

# What the master has not heard, because it has not answered yet, waits.
tell_master <- function(self, ...) {
  self$news <- c(self$news, paste(...))
  if (!is.null(self$master) && self$master[[1L]]$met) pass_news(self, self$master[[1L]])
}

# Another script's R may have been told of the containers before.
greet_master <- function(self, master) {
  self$news <- self$news[!startsWith(self$news, "here ")]
  for (peer in self$calls) if (nzchar(peer$container)) self$news <- c(self$news, paste("here", peer$container))
  pass_news(self, master)
}

pass_news <- function(self, master) {
  news <- self$news
  self$news <- character()
  for (line in news) if (!is_told(master$con, line)) return(leave_master(self))
}

leave_master <- function(self) {
  hang_up(self$master[[1L]]$con)
  self$master <- NULL
}

# The script's R asks for a worker to be killed that is past its deadline: "kill <container> <pid>".
obey <- function(self) {
  master <- self$master[[1L]]
  if (!master$met) {
    going <- tryCatch(introduce_further(master), error = function(e) FALSE, warning = function(w) FALSE)
    if (!going) leave_master(self)
    else if (master$met) greet_master(self, master)
    return()
  }
  lines <- tryCatch(arrived_lines(master), error = function(e) NULL)
  if (is.null(lines)) return(leave_master(self))
  for (words in strsplit(lines[startsWith(lines, "kill ")], " ", fixed = TRUE)) {
    for (peer in self$calls) {
      if (peer$container == words[2L]) is_told(peer$con, "kill", words[3L])
    }
  }
}
