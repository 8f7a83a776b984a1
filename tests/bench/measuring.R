# What the measurements share. A job of engine socket measures ours, one of engine ssh the peer: stock packages, and workers that they
# start over ssh in the same containers.
library(parallel)

ours <- Sys.getenv("FESTIVAL_ENGINE") == "socket"
hosts <- strsplit(Sys.getenv("FESTIVAL_HOSTS"), " ")[[1L]]

start_workers <- function() if (ours) festival::makeFestivalCluster() else makePSOCKcluster(hosts)

# Time run() so often; what is written down is its seconds by `of`, or with `tasks` how many of them it did in a second.
measure <- function(name, run, tasks = NULL, times = 1L, of = 1L, side = if (ours) "ours" else "peer") {
  for (turn in seq_len(times)) {
    seconds <- system.time(run())[["elapsed"]]
    cat(side, name, if (is.null(tasks)) seconds / of else tasks / seconds, "\n",
      file = file.path(Sys.getenv("FESTIVAL_OUTPUT"), "runs.txt"), append = TRUE)
  }
}
