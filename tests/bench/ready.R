# Seconds until all workers of the pool are ready: the first thing that the script does.
source("measuring.R")

n <- as.integer(Sys.getenv("FESTIVAL_WORKERS"))
measure(paste0("workers_ready_", n), function() {
  cluster <<- if (ours) festival::makeFestivalCluster() else snow::makeSOCKcluster(hosts)
})
# All of them are there, and no worker is two.
processes <- clusterCall(cluster, function() paste(Sys.info()[["nodename"]], Sys.getpid()))
stopifnot(length(unique(unlist(processes))) == n)
stopCluster(cluster)
