# Work for a pool that loses workers meanwhile: festival_lapply() and parallel's own functions, with random numbers.
# Rscript faults.R SECONDS: how long each of the tasks takes. The values are the same for any pool, and for none.
library(parallel)
seconds <- as.numeric(commandArgs(TRUE)[1L])

set.seed(1995)
own <- festival::festival_lapply(1:60, function(i) {
  Sys.sleep(seconds)
  i + rnorm(1)
})

offset <- 1000
cluster <- makeCluster(6)
clusterExport(cluster, c("offset", "seconds"))
clusterSetRNGStream(cluster, 1995)
even <- parLapply(cluster, 1:60, function(i) {
  Sys.sleep(seconds)
  offset + i + runif(1)
}, chunk.size = 2)
balanced <- clusterApplyLB(cluster, 1:60, function(i) {
  Sys.sleep(seconds)
  offset + sqrt(i)
})
stopCluster(cluster)

values <- unlist(c(own, even, balanced))
output <- Sys.getenv("FESTIVAL_OUTPUT", ".")
writeLines(sprintf("%a", values), file.path(output, "values.txt"))
