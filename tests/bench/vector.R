# Seconds that 100 MB take to a worker and back.
source("measuring.R")

cluster <- start_workers()
# Random, for R sends a sequence as its ends alone.
vector <- runif(12500000L)
back <- clusterCall(cluster[1L], identity, vector)
stopifnot(identical(back[[1L]], vector))
measure("vector_100MB", function() clusterCall(cluster[1L], identity, vector), times = 3L)
stopCluster(cluster)
