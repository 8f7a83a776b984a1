# Tasks a second, one a message, with results of 5 and of 20 kB, over the network of containers on several hosts.
source("measuring.R")

TASKS <- 300L
cluster <- start_workers()
stopifnot(length(cluster) == 2L)
numbers <- function(i, kilobytes) numeric(kilobytes * 125L)

invisible(clusterApplyLB(cluster, 1:20, numbers, 1L))
for (kilobytes in c(5L, 20L)) {
  measure(paste0("tasks_", kilobytes, "kB_overlay"), function() clusterApplyLB(cluster, seq_len(TASKS), numbers, kilobytes), TASKS)
}
stopCluster(cluster)
