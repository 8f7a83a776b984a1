# What tasks write to their working directory comes to the script's, as on a laptop, where both have one: it is there before the value
# of the task is. A worker looks round after each message and sends what is new before its reply; the master puts it in its place.

#: Of a worker whose tasks write and print nothing, the share of the time that looking round may take, the shortest time between two looks,
#: and the number of messages after which it counts as one.
LOOK_SHARE <- 0.01
LOOK_PAUSE <- 0.02
QUIET <- 20L

#: A file that grows is sent again when so many times the seconds have gone by that sending it took, and in the end.
RESEND <- 10

#: Whose a file is that a worker wrote which was lost before its task was done: another does that again.
NOBODY <- ""

# --- the worker's side -----------------------------------------------------------------------------------------------------

# Begin to look: what is in the working directory now was written by no task. `output` is the folder in it that scripts know as
# FESTIVAL_OUTPUT.
watch_desk <- function(output) {
  if (nzchar(output)) {
    dir.create(output, showWarnings = FALSE, recursive = TRUE)
    Sys.setenv(FESTIVAL_OUTPUT = output)
  }
  the$desk <- getwd()
  the$had <- look_round()
  the$quiet <- 0L
  the$next_look <- 0
  NULL
}

# Files with their size and time of change. Links to folders are not followed: they may lead in a circle.
look_round <- function() {
  folders <- ""
  paths <- character()
  size <- changed <- numeric()
  while (length(folders)) {
    names <- list.files(file.path(the$desk, folders[1L]), all.files = TRUE, no.. = TRUE)
    here <- if (nzchar(folders[1L])) file.path(folders[1L], names) else names
    folders <- folders[-1L]
    if (!length(here)) next
    facts <- file.info(file.path(the$desk, here), extra_cols = FALSE)
    is_folder <- facts$isdir %in% TRUE
    if (any(is_folder)) folders <- c(folders, here[is_folder & !nzchar(Sys.readlink(file.path(the$desk, here)))])
    paths <- c(paths, here[!is_folder])
    size <- c(size, facts$size[!is_folder])
    changed <- c(changed, as.double(facts$mtime)[!is_folder])
  }
  list(paths = paths, size = size, changed = changed, due = numeric(length(paths)))
}

# Send the master what tasks have printed and written since the last look; with `all` also what it need not have yet. Returns whether it
# was looked for.
send_written <- function(con, all = FALSE) {
  begin <- now()
  if (!all && the$quiet >= QUIET && begin < the$next_look) return(FALSE)
  spoke <- send_words(con)
  found <- look_round()
  known <- match(found$paths, the$had$paths)
  found$due[!is.na(known)] <- the$had$due[known[!is.na(known)]]
  new <- is.na(known) | found$size != the$had$size[known] | found$changed != the$had$changed[known]
  # What is gone already, and what is not due, is looked at another time.
  new <- which(new & !is.na(found$size))
  late <- if (all) logical(length(new)) else found$due[new] > begin
  for (k in new[!late]) {
    started <- now()
    send_file(con, found$paths[k])
    found$due[k] <- now() + RESEND * (now() - started)
  }
  found$size[new[late]] <- -1
  the$had <- found
  the$quiet <- if (length(new) || spoke) 0L else the$quiet + 1L
  the$next_look <- now() + max(LOOK_PAUSE, (now() - begin) / LOOK_SHARE)
  TRUE
}

# At the master's word. The `last` time a device that a task has left open is closed, so that its file is whole.
send_all <- function(con, last) {
  if (last) grDevices::graphics.off()
  send_written(con, all = TRUE)
  list(all = TRUE)
}

# A file as it is now, in pieces: list(file, data, first, last).
send_file <- function(con, path) {
  from <- file.path(the$desk, path)
  left <- file.size(from)
  # What holds nothing is not opened: it may be a FIFO, which would keep the worker for ever.
  source <- if (left > 0) tryCatch(suppressWarnings(file(from, "rb", raw = TRUE)), error = function(e) NULL)
  if (!is.null(source)) on.exit(close(source))
  first <- TRUE
  repeat {
    data <- if (is.null(source)) raw() else readBin(source, "raw", min(left, PIECE))
    left <- left - length(data)
    last <- left <= 0 || !length(data)
    send(con, list(file = path, data = data, first = first, last = last))
    if (last) return()
    first <- FALSE
  }
}

# --- the master's side ---------------------------------------------------------------------------------------------------

# Where files wait until all of one is there: in the job's folder, as the script's working directory.
open_desk <- function() {
  if (is.null(the$home)) the$home <- getwd()
  job <- setting("FESTIVAL_EVENTS")
  the$incoming <- if (nzchar(job)) file.path(dirname(job), "incoming") else tempfile("incoming-")
  dir.create(the$incoming, showWarnings = FALSE)
  the$writers <- new.env(parent = emptyenv())
}

# Take what a worker sends besides its answers: what it has printed, a piece of a file, or its word that all is sent.
take_piece <- function(worker, piece) {
  if (!is.null(piece$said)) return(take_words(worker, piece$said))
  if (isTRUE(piece$all)) {
    worker$gathered <- TRUE
    return(invisible())
  }
  part <- file.path(the$incoming, worker$number)
  target <- file(part, if (piece$first) "wb" else "ab")
  tryCatch(writeBin(piece$data, target), finally = close(target))
  worker$taken <- length(piece$data) + if (piece$first) 0 else worker$taken
  # R does not tell where a disk has taken less.
  if (file.size(part) != worker$taken) no_room(piece$file)
  if (piece$last) put_in_place(worker, piece$file, part)
}

no_room <- function(path) stop("There is no room for ", path, " of a task in ", the$home, ".", call. = FALSE)

# Two workers' files of one name are both kept, unless they are the same; so is the script's own.
put_in_place <- function(worker, path, part) {
  if (grepl("(^|/)\\.\\.(/|$)|^/", path)) return(unlink(part))
  target <- file.path(the$home, path)
  writer <- the$writers[[path]]
  if (file.exists(target) && !identical(writer, worker$name) && !identical(writer, NOBODY)) {
    if (same_content(part, target)) return(unlink(part))
    target <- file.path(the$home, own_name(path, worker))
    cat("A file of the name ", path, " is there already, with another content: what ", worker$name, " on ", worker$host,
      " wrote is kept as ", own_name(path, worker), ".\n", sep = "", file = stderr())
  } else {
    the$writers[[path]] <- worker$name
    worker$loose <- c(worker$loose, path)
  }
  dir.create(dirname(target), showWarnings = FALSE, recursive = TRUE)
  if (!suppressWarnings(file.rename(part, target))) no_room(path)
}

same_content <- function(one, other) {
  identical(file.size(one), file.size(other)) && identical(tools::md5sum(one)[[1L]], tools::md5sum(other)[[1L]])
}

# A worker is lost: what it wrote since its last answer is written again by who takes its task.
let_go <- function(worker) for (path in worker$loose) the$writers[[path]] <- NOBODY

# plot.png of worker 3f2a11c0d9e8/1 on host mana is plot.mana-3f2a11c0d9e8-1.png.
own_name <- function(path, worker) sub("((\\.[^./]*)?)$", paste0(".", file_name(worker), "\\1"), path)

# What a worker is called in the names of its files.
file_name <- function(worker) paste0(worker$host, "-", chartr("/", "-", worker$name))

# Have all that tasks have written: whoever of these workers is idle sends what it has kept back. Who works on is not waited for.
gather <- function(pool, workers = pool$workers, last = TRUE) {
  asked <- Filter(function(worker) !length(worker$flight), workers)
  for (worker in asked) worker$gathered <- !tryCatch({ send(worker$con, list("files", last)); TRUE }, error = function(e) FALSE)
  end <- now() + STALL
  missing <- function() any(vapply(asked, function(worker) !worker$gathered && worker$kind == "worker", NA))
  guarded(pool, function(pool) while ((missing() || (last && unheard(pool))) && now() < end) turn(pool, min(TICK, end - now())))
}

# The script goes on when all that it asked for is answered: before that it is to have what workers have not looked for yet. It is about to
# take one of the answers; where there are more it comes back for those first.
catch_up_on_files <- function(pool) {
  if (!pool$unseen || length(pool$waiting) || length(pool$answered) > 1L) return()
  for (worker in pool$workers) if (length(worker$flight)) return()
  pool$unseen <- FALSE
  gather(pool, Filter(function(worker) worker$unseen, pool$workers), last = FALSE)
}
