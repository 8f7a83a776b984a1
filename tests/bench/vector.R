# Seconds that 100 MB take to a worker and back: the mean of all workers, of which some share the master's host and some do not.
source("measuring.R")

cluster <- start_workers()
# Random, for R sends a sequence as its ends alone.
vector <- runif(12500000L)
send_to_each <- function() lapply(seq_along(cluster), function(k) clusterApply(cluster[k], list(vector), identity)[[1L]])
stopifnot(vapply(send_to_each(), identical, NA, vector))
measure("vector_100MB", send_to_each, times = 3L, of = length(cluster))
stopCluster(cluster)
