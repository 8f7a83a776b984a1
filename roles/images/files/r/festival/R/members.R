# Who comes to the pool and who goes.

let_in <- function(pool) {
  con <- tryCatch(
    suppressWarnings(socketAccept(pool$server, blocking = TRUE, open = "a+b", timeout = STALL, options = "no-delay")),
    error = not_greeted
  )
  if (is.null(con)) return()
  peer <- tryCatch(greet(con), error = not_greeted)
  if (is.null(peer)) return(hang_up(con))
  pool$strangers <- c(pool$strangers, peer)
  seat(pool)
}

# Whoever hangs up before it is greeted has not been there. But greeting takes a connection more, to the source of
# nonces.
not_greeted <- function(e) {
  if (!grepl("connections are in use", conditionMessage(e), fixed = TRUE)) return(NULL)
  stop("R has no connection left for another worker. Start R with --max-connections=1024 (festival-master does), and have ",
    "at most 1000 workers in a pool.", call. = FALSE)
}

judge <- function(pool, peer) {
  verdict <- tryCatch(judge_stranger(peer, the$token), error = function(e) FALSE)
  if (is.na(verdict)) return()
  pool$strangers <- without(pool$strangers, peer)
  if (!verdict) hang_up(peer$con)
  else if (peer$hello[1L] == "watch") admit_watch(pool, peer)
  else admit_worker(pool, peer)
  seat(pool)
  if (identical(peer$kind, "worker")) feed(pool, peer)
}

without <- function(peers, gone) Filter(function(peer) !identical(peer, gone), peers)

admit_watch <- function(pool, peer) {
  peer$kind <- "watch"
  peer$joined <- now()
  peer$holds <- character()
  pool$watches <- c(pool$watches, peer)
}

admit_worker <- function(pool, peer) {
  peer$kind <- "worker"
  peer$name <- peer$hello[2L]
  peer$number <- number_worker(peer$name)
  peer$host <- peer$hello[3L]
  peer$pid <- as.integer(peer$hello[4L])
  peer$container <- sub("/.*", "", peer$name)
  peer$flight <- list()
  peer$joined <- now()
  peer$node <- 0L
  peer$since <- now()
  # How much of which node's state it has.
  peer$upto <- 0L
  peer$upto_as <- NULL
  peer$done <- integer()
  peer$context <- 0L
  peer$fun <- NULL
  peer$unseen <- FALSE
  pool$workers <- c(pool$workers, peer)
  # One that is gone again is missed at the next turn.
  tryCatch(send(peer$con, list("desk", setting("FESTIVAL_OUTPUT"))), error = function(e) NULL)
  event("join", worker = peer$name, host = peer$host, container = peer$container, pid = peer$pid)
}

# The watch's word about a container: "here", "silent", or "closed" where its supervisor has hung up; and the "last" words of a worker.
heed <- function(pool, peer) {
  lines <- tryCatch(arrived_lines(peer), error = function(e) NULL)
  if (is.null(lines)) {
    hang_up(peer$con)
    pool$watches <- without(pool$watches, peer)
    return(seat(pool))
  }
  for (words in strsplit(lines, " ", fixed = TRUE)) {
    if (words[1L] == "last") {
      take_last_words(words[2L], words[3L], words[4L])
      pool$unheard <- pool$unheard[setdiff(names(pool$unheard), words[2L])]
    } else if (words[1L] == "here") {
      peer$holds <- c(peer$holds, words[2L])
    } else {
      peer$holds <- setdiff(peer$holds, words[2L])
      pool$ended <- union(pool$ended, words[2L])
      for (worker in pool$workers) if (worker$container == words[2L]) lose(pool, worker, words[1L])
    }
  }
}

# A container that falls silent while a watch ends is known to no other: the next watch cannot reach it, and so has no
# word about it.
check_watched <- function(pool, worker, time) {
  for (watch in pool$watches) {
    if (time - max(watch$joined, worker$joined) > UNWATCHED && !(worker$container %in% watch$holds)) return(lose(pool, worker, "silent"))
  }
}

check_deadline <- function(pool, worker, time) {
  if (!length(worker$flight)) return()
  message <- worker$flight[[1L]]
  if (is.null(message$deadline) || time - worker$since <= message$deadline * message$count) return()
  # It may be hung for good: only its supervisor can end it.
  for (watch in pool$watches) is_told(watch$con, "kill", worker$container, worker$pid)
  lose(pool, worker, "deadline")
}

# A worker is gone: what it held goes to others. Only the message that it worked on can be what killed it.
lose <- function(pool, worker, cause) {
  if (identical(worker$kind, "gone")) return()
  worker$kind <- "gone"
  hang_up(worker$con)
  pool$workers <- without(pool$workers, worker)
  pool$lost <- pool$lost + 1L
  if (cause == "closed") pool$unheard[worker$name] <- now()
  seat(pool)
  let_go(worker)
  held <- worker$flight
  worker$flight <- list()
  tasks <- as.integer(sum(vapply(held, `[[`, 1L, "count")))
  event("lost", worker = worker$name, host = worker$host, cause = cause, tasks = tasks)
  # Without a watch all containers let go of their workers: no task's fault.
  if (length(held) && length(pool$watches)) {
    held[[1L]]$kills <- held[[1L]]$kills + 1L
    held[[1L]]$by <- c(held[[1L]]$by, worker$container)
    held[[1L]]$worker <- worker$name
    if (held[[1L]]$kills < KILLS) tell_retry(held[[1L]])
  }
  pool$waiting <- c(unlist(lapply(held, hand_back, pool = pool, cause = cause), recursive = FALSE), pool$waiting)
  for (other in pool$workers) feed(pool, other)
}

tell_retry <- function(message) {
  if (message$call) {
    event("retry", call = message$call, first = message$first, count = message$count, worker = message$worker,
      attempt = message$kills + 1L)
  }
}

# Return a lost message as those that have to be done again. Of several tasks in one message any may be the killer:
# they go singly. One that has lost many workers is a suspect.
hand_back <- function(message, pool, cause) {
  if (message$count > 1L && message$kills > 0L) return(split_chunk(message))
  if (message$kills < KILLS) return(list(message))
  message$cause <- cause
  message$judged <- now() + JUDGEMENT
  pool$suspects <- c(pool$suspects, list(message))
  list()
}

# A container that ends takes its workers with it, whatever they work on: a pool that shrinks has killed them, not the task.
judge_suspects <- function(pool, time) {
  due <- vapply(pool$suspects, function(message) message$judged <= time, NA)
  suspects <- pool$suspects[due]
  pool$suspects <- pool$suspects[!due]
  for (message in suspects) {
    killed <- sum(!(message$by %in% pool$ended))
    if (killed >= KILLS || message$kills >= LOSSES) {
      condemn(pool, message)
      next
    }
    tell_retry(message)
    pool$waiting <- c(list(message), pool$waiting)
  }
  for (worker in pool$workers) feed(pool, worker)
}

condemn <- function(pool, message) {
  why <- paste0("Task ", message$first, " was given up: ", message$kills, " workers were lost while they worked on it ",
    "(the last: ", message$cause, "). Does it need more memory (workers_limit_memory), or end R itself?")
  if (is.null(message$node)) take_values(pool$source, message, list(task_error(why)), 0)
  else answer_node(pool, message, list(call_error(why), 0, FALSE))
}
