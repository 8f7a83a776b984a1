# A real pool on this machine: a supervisor and a watch as processes of their own, and each script in an R of its own, as in a job.

#: What stands at the top of each script: ways to disturb it.
PROFILE <- c(
  "if (nzchar(Sys.getenv('FESTIVAL_ENGINE'))) { festival:::attach_hooks(); .Last <- function() festival:::end_script() }",
  "signal_later <- function(seconds, pid, signal = 'KILL') {",
  "  system(sprintf('(sleep %s; kill -%s %d) >/dev/null 2>&1 &', seconds, signal, as.integer(pid)))",
  "}"
)

RSCRIPT <- file.path(R.home("bin"), "Rscript")

free_port <- function() {
  for (port in sample(20000:29999, 50L)) {
    server <- tryCatch(suppressWarnings(serverSocket(port)), error = function(e) NULL)
    if (is.null(server)) next
    close(server)
    return(port)
  }
  stop("no port is free")
}

# A pool with nobody in it yet. `settings` are further environment variables of all its processes.
new_pool <- function(slots = 2L, settings = character(), env = parent.frame()) {
  pool <- new.env()
  pool$folder <- tempfile("pool-")
  for (name in c("tmp", "work")) dir.create(file.path(pool$folder, name), recursive = TRUE)
  pool$file <- function(name) file.path(pool$folder, name)
  writeLines(paste(sample(c(0:9, letters[1:6]), 64L, TRUE), collapse = ""), pool$file("token"))
  writeLines(PROFILE, pool$file("profile.R"))
  pool$port <- free_port()
  pool$worker_port <- free_port()
  pool$settings <- c(
    FESTIVAL_TOKEN_FILE = pool$file("token"), FESTIVAL_ENGINE = "any", FESTIVAL_CLUSTER = "pool",
    FESTIVAL_POOL = "mariachi", FESTIVAL_POOL_ADDRESS = "127.0.0.1",
    FESTIVAL_WORKERS = slots, FESTIVAL_OWN_SLOTS = slots, FESTIVAL_WORKER_PORT = pool$worker_port, FESTIVAL_MASTER_PORT = pool$port, FESTIVAL_HOST = "here",
    MASTER = "127.0.0.1", FESTIVAL_JOB = "test", FESTIVAL_EVENTS = pool$file("events.jsonl"), FESTIVAL_CHECKPOINT = pool$file("checkpoint"),
    FESTIVAL_VALUE = pool$file("value.rds"), FESTIVAL_SESSION = pool$file("session.json"), TMPDIR = pool$file("tmp"), settings
  )
  pool$pids <- integer()
  at_end(function() end_pool(pool), env)
  pool
}

# Do something when the calling function, a test mostly, ends.
at_end <- function(fun, env) do.call(on.exit, list(as.call(list(fun)), add = TRUE, after = FALSE), envir = env)

# Start R beside the tests and return its pid, by which it is ended.
launch <- function(pool, name, ...) {
  pidfile <- tempfile("pid-", pool$folder)
  command <- paste("echo $$ >", pidfile, "&& exec", paste(shQuote(c(RSCRIPT, "--max-connections=1024", ...)), collapse = " "))
  system2("sh", c("-c", shQuote(command)), env = assignments(pool$settings), stdout = pool$file(name), stderr = pool$file(name), wait = FALSE)
  wait_for(file.exists(pidfile) && length(readLines(pidfile)) == 1L)
  pid <- as.integer(readLines(pidfile))
  pool$pids <- c(pool$pids, pid)
  pid
}

assignments <- function(settings) paste0(names(settings), "=", shQuote(settings))

wait_for <- function(condition, seconds = 20) {
  condition <- substitute(condition)
  end <- Sys.time() + seconds
  while (!isTRUE(eval(condition, parent.frame()))) {
    if (Sys.time() > end) stop("not so after ", seconds, " s: ", deparse(condition, nlines = 1L))
    Sys.sleep(0.05)
  }
}

start_supervisor <- function(pool) pool$supervisor <- launch(pool, "supervisor.txt", "--no-site-file", "-e", "festival:::supervise()")

start_watch <- function(pool) pool$watch <- launch(pool, "watch.txt", "--no-site-file", "-e", "festival:::watch()")

# A pool at work, ended with the test that asked for it.
local_pool <- function(slots = 2L, settings = character(), env = parent.frame()) {
  pool <- new_pool(slots, settings, env)
  start_supervisor(pool)
  start_watch(pool)
  pool
}

# The watch first: its supervisor then ends the workers.
end_pool <- function(pool) {
  tools::pskill(c(pool$pids, pool$supervisor), tools::SIGCONT)
  tools::pskill(setdiff(pool$pids, pool$supervisor), tools::SIGKILL)
  if (!is.null(pool$supervisor)) {
    wait_for(!length(children(pool$supervisor)), 15)
    tools::pskill(pool$supervisor, tools::SIGKILL)
  }
  unlink(pool$folder, recursive = TRUE)
}

# The processes that a process has started and that run.
children <- function(pid) {
  listed <- tryCatch(suppressWarnings(readLines(sprintf("/proc/%d/task/%d/children", pid, pid))), error = function(e) "")
  found <- as.integer(strsplit(paste(listed, collapse = " "), " ")[[1L]])
  found[festival:::running(found)]
}

script_file <- function(pool, code) {
  path <- tempfile("script-", pool$folder, ".R")
  lines <- if (identical(code[[1L]], quote(`{`))) as.list(code)[-1L] else list(code)
  writeLines(vapply(lines, function(line) paste(deparse(line), collapse = "\n"), ""), path)
  path
}

# Run code as a job's script, and return what it leaves: value of its last expression, output, exit code, seconds, new events.
run_script <- function(pool, code, ...) run_quoted(pool, substitute(code), ...)

run_quoted <- function(pool, code, settings = character(), seconds = 60) {
  path <- script_file(pool, code)
  unlink(pool$settings[["FESTIVAL_VALUE"]])
  before <- length(read_events(pool))
  back <- setwd(pool$file("work"))
  on.exit(setwd(back))
  begin <- Sys.time()
  told <- assignments(c(pool$settings, settings, R_PROFILE = pool$file("profile.R")))
  output <- suppressWarnings(system2(RSCRIPT, c("--max-connections=1024", path), env = told, stdout = TRUE, stderr = TRUE, timeout = seconds))
  status <- attr(output, "status")
  list(
    value = if (file.exists(pool$settings[["FESTIVAL_VALUE"]])) readRDS(pool$settings[["FESTIVAL_VALUE"]]),
    output = paste(output, collapse = "\n"), code = if (is.null(status)) 0L else status,
    seconds = as.numeric(Sys.time() - begin, units = "secs"), events = tail(read_events(pool), if (before) -before else Inf)
  )
}

# Begin a script beside the test and return its pid.
begin_quoted <- function(pool, code) {
  path <- script_file(pool, code)
  pool$settings[["R_PROFILE"]] <- pool$file("profile.R")
  launch(pool, "script.txt", path)
}

# Run code as anybody's script, with no pool in sight.
run_plainly <- function(code) {
  folder <- tempfile("plain-")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  plain <- list(folder = folder)
  path <- script_file(plain, call("{", call("saveRDS", code, file.path(folder, "value.rds"))))
  # R CMD check --as-cran allows no more than two processes to parallel's own cluster.
  output <- system2(RSCRIPT, path, env = c("FESTIVAL_ENGINE=", "FESTIVAL_CLUSTER=", "_R_CHECK_LIMIT_CORES_=false"), stdout = TRUE, stderr = TRUE)
  if (!file.exists(file.path(folder, "value.rds"))) stop(paste(output, collapse = "\n"))
  readRDS(file.path(folder, "value.rds"))
}

# The script has ended well; what it said is told otherwise.
expect_well <- function(done) {
  testthat::expect_equal(done$code, 0L, info = done$output)
  done
}

read_events <- function(pool) {
  path <- pool$settings[["FESTIVAL_EVENTS"]]
  if (file.exists(path)) readLines(path) else character()
}

# The events of a kind, and one field of them; what is in it by itself needs no parser.
of_kind <- function(events, kind) grep(sprintf("^\\{\"event\":\"%s\"", kind), events, value = TRUE)

field <- function(events, name) {
  found <- regmatches(events, regexpr(sprintf("\"%s\":(\\[[^]]*\\]|\"[^\"]*\"|[^,}]*)", name), events))
  gsub("\"", "", sub("^\"[^\"]*\":", "", found))
}
