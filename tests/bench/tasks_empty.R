# Empty tasks a second, one a message, over the network of containers on several hosts.
source("measuring.R")

TASKS <- 10000L
cluster <- start_workers()
stopifnot(length(cluster) == 2L)
nothing <- function(i) NULL
by_cluster <- function(n = TASKS) clusterApplyLB(cluster, seq_len(n), nothing)
by_lapply <- function(n = TASKS) if (ours) festival::festival_lapply(seq_len(n), nothing, .chunk = 1L) else by_cluster(n)

invisible(by_cluster(1000L))
invisible(by_lapply(1000L))
measure("tasks_empty_clusterApplyLB_overlay", by_cluster, TASKS, times = 3L)
measure("tasks_empty_festival_lapply_overlay", by_lapply, TASKS, times = 3L)
stopCluster(cluster)
