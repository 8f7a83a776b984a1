# The master's side of the pool: who is there, who holds which message, and one turn of the loop that attends to them
# all. A process has one pool; clusters of virtual nodes (cluster.R) and calls of festival_lapply() (lapply.R) share
# its workers.

#: Seconds between two looks at deadlines, strangers and an empty pool.
TICK <- 0.5

#: Seconds after which a worker is lost whose container the watch does not hold.
UNWATCHED <- 10

#: A message that has lost this many workers, whose containers live on, is given up; or so many in all.
KILLS <- 3L
LOSSES <- 10L

#: Seconds until the watch has surely said whether a lost worker's container went with it.
JUDGEMENT <- 1.5

# Whose workers do what the script asks of a cluster: the start file of the job's engine says so. "pool": those of the pool dial in to
# this R; "alone": there are none, and the script does all itself, as outside of a job. Nothing: workers are the engine's matter.
workers_of <- function() setting("FESTIVAL_CLUSTER", if (nzchar(setting("FESTIVAL_ENGINE"))) "" else "alone")

has_workers <- function() workers_of() == "pool"

# Return the process's pool, opened when it is first needed.
the_pool <- function() {
  if (is.null(the$pool)) the$pool <- open_pool()
  the$pool
}

open_pool <- function() {
  pool <- new.env(parent = emptyenv())
  pool$name <- setting("FESTIVAL_POOL")
  if (!nzchar(pool$name) || !has_workers()) {
    stop("There is no pool here: FESTIVAL_POOL is not set, or the job's engine gives R no workers. Run the script as a job ",
      "(playbooks/job.yml) with festival_engine: socket.", call. = FALSE)
  }
  # Not of the pool: a script may save its cluster, and results are no place for a secret.
  the$token <- read_token()
  pool$expected <- max(1L, expected_workers())
  pool$orphan <- getOption("festival.orphan", as.numeric(setting("FESTIVAL_ORPHAN", "60")))
  port <- as.integer(setting("FESTIVAL_MASTER_PORT", MASTER_PORT))
  pool$server <- tryCatch(suppressWarnings(serverSocket(port)), error = function(e) {
    stop("Port ", port, " is taken: another R process of this job has the pool already. Use one cluster for all.", call. = FALSE)
  })
  pool$workers <- pool$strangers <- pool$watches <- list()
  pool$waiting <- pool$outbox <- pool$suspects <- list()
  pool$ended <- character()
  pool$source <- NULL
  pool$nodes <- 0L
  pool$open <- integer()
  pool$inbox <- list()
  pool$seeds <- new.env(parent = emptyenv())
  pool$seeded <- FALSE
  pool$answered <- integer()
  pool$held <- list()
  pool$state <- list()
  pool$lost <- 0L
  pool$unheard <- numeric()
  pool$unseen <- FALSE
  open_desk()
  pool$time <- pool$ticked <- pool$empty_since <- now()
  seat(pool)
  pool
}

# Set out again whom the loop listens to, after somebody came or went.
seat <- function(pool) {
  pool$peers <- c(list(list(con = pool$server, kind = "server")), pool$watches, pool$strangers, pool$workers)
  pool$sockets <- lapply(pool$peers, `[[`, "con")
}

# One turn of the loop: wait for somebody to speak, at most `timeout` seconds, and attend to all who do.
turn <- function(pool, timeout = TICK) {
  if (length(pool$outbox)) post(pool)
  ready <- socketSelect(pool$sockets, FALSE, timeout)
  pool$time <- now()
  peers <- pool$peers
  for (k in which(ready)) {
    peer <- peers[[k]]
    # If one is lost over this, the others are heard in the next turn.
    switch(peer$kind,
      worker = take_reply(pool, peer),
      gone = NULL,
      server = let_in(pool),
      stranger = judge(pool, peer),
      watch = heed(pool, peer)
    )
  }
  if (pool$time - pool$ticked >= TICK) tick(pool, pool$time)
}

tick <- function(pool, time) {
  # After a long computation of the script itself nobody has been listened to: that is no silence of theirs.
  slept <- time - pool$ticked > 2 * TICK + STALL
  pool$ticked <- time
  for (peer in pool$strangers) judge(pool, peer)
  if (!slept) for (worker in pool$workers) check_deadline(pool, worker, time)
  if (!slept) for (worker in pool$workers) check_watched(pool, worker, time)
  if (length(pool$suspects)) judge_suspects(pool, time)
  flush_events()
  if (length(pool$workers) || slept) pool$empty_since <- time
  else if (time - pool$empty_since > pool$orphan && busy(pool)) give_up(pool)
}

busy <- function(pool) length(pool$waiting) > 0L || length(pool$suspects) > 0L || !is.null(pool$source)

give_up <- function(pool) {
  done <- if (!is.null(pool$source)) paste0(pool$source$finished, " of ", pool$source$total, " tasks were done")
          else paste(length(pool$waiting), "tasks were waiting")
  pool$waiting <- list()
  pool$source <- NULL
  event("orphaned")
  stop("No worker of pool ", pool$name, " has been there for ", pool$orphan, " s; ", done, ". ",
    "Is the pool up (playbooks/status.yml)? playbooks/workers.yml starts it.", call. = FALSE)
}

#: When no other worker has come for so many seconds, those that are missing may be gone for good. They may join later.
SETTLED <- 10

# Wait until n workers are there, at most `seconds`, or until some are there and no other has come for `settled` seconds.
await <- function(pool, n, seconds, settled = Inf) {
  end <- now() + seconds
  guarded(pool, function(pool) {
    there <- 0L
    while (length(pool$workers) < n && (left <- end - now()) > 0) {
      if (length(pool$workers) > there) {
        there <- length(pool$workers)
        end <- min(end, now() + settled)
        left <- end - now()
      }
      turn(pool, min(left, TICK))
    }
    length(pool$workers)
  })
}
