# Seconds that 13 tasks of one second take on five workers; three is the least.
source("measuring.R")

cluster <- start_workers()
stopifnot(length(cluster) == 5L)
invisible(clusterCall(cluster, identity, NULL))
measure("sleep_13x1", function() clusterApplyLB(cluster, 1:13, function(i) Sys.sleep(1)))
stopCluster(cluster)
