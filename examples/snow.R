# Pi by throwing darts: 40 throws of 200,000 darts, each with a seed of its own, on a snow cluster.
library(snow)

throw <- function(seed, darts) {
  set.seed(seed)
  sum(runif(darts)^2 + runif(darts)^2 <= 1)
}

cluster <- makeCluster(4, type = "SOCK")
hits <- clusterApplyLB(cluster, 1:40, throw, darts = 200000)
stopCluster(cluster)

hits <- unlist(hits)
darts <- 200000 * length(hits)
cat(sprintf("%d of %d darts hit\n", sum(hits), darts))
cat(sprintf("pi is about %.6f, with a standard error of %.6f\n", 4 * sum(hits) / darts, 4 * sd(hits / 200000) / sqrt(length(hits))))
