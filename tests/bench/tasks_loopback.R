# Tasks a second, one a message, empty and with results of 5 and of 20 kB, on workers in the master's own container: the loopback,
# where Nagle's algorithm and delayed acknowledgements meet every time that a result is large. Both sides are in one R, of a job whose
# engine leaves packages as shipped.
source("measuring.R")

TASKS <- 300L
EMPTY <- 10000L
token <- tempfile()
writeLines(paste(sample(letters, 64L, TRUE), collapse = ""), token)
Sys.setenv(FESTIVAL_CLUSTER = "pool", FESTIVAL_TOKEN_FILE = token, FESTIVAL_POOL_ADDRESS = "127.0.0.1", MASTER = "127.0.0.1",
  FESTIVAL_WORKERS = "2", FESTIVAL_OWN_SLOTS = "2")
# These workers are where the job's files lie.
Sys.unsetenv("FESTIVAL_FILES")
for (part in c("festival:::supervise()", "festival:::watch()")) {
  system2("Rscript", c("--no-site-file", "-e", shQuote(part)), stdout = FALSE, stderr = FALSE, wait = FALSE)
}
clusters <- list(ours = festival::makeFestivalCluster(2L), peer = makePSOCKcluster(2L))
numbers <- function(i, kilobytes) numeric(kilobytes * 125L)

for (cluster in clusters) invisible(clusterApplyLB(cluster, 1:20, numbers, 1L))
for (kilobytes in c(5L, 20L)) {
  for (side in names(clusters)) {
    run <- function() clusterApplyLB(clusters[[side]], seq_len(TASKS), numbers, kilobytes)
    measure(paste0("tasks_", kilobytes, "kB"), run, TASKS, side = side)
  }
}

nothing <- function(i) NULL
by_lapply <- list(
  ours = function(n) festival::festival_lapply(seq_len(n), nothing, .chunk = 1L),
  peer = function(n) clusterApplyLB(clusters$peer, seq_len(n), nothing)
)
for (turn in 1:3) {
  for (side in names(clusters)) {
    measure("tasks_empty_clusterApplyLB", function() clusterApplyLB(clusters[[side]], seq_len(EMPTY), nothing), EMPTY, side = side)
    measure("tasks_empty_festival_lapply", function() by_lapply[[side]](EMPTY), EMPTY, side = side)
  }
}
for (cluster in clusters) stopCluster(cluster)
