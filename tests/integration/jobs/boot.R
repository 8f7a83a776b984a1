# A bootstrap as one writes it on a laptop: each task reads the data and sources the helper by their names.
library(parallel)
hosts <- strsplit(Sys.getenv("FESTIVAL_HOSTS"), " ")[[1]]
cluster <- if (length(hosts)) makePSOCKcluster(hosts) else makeCluster(3)
values <- parSapply(cluster, 1:30, function(i) {
  source("R/helper.R")
  set.seed(i)
  trees <- read.csv("data/trees.csv")
  slope(trees[sample(nrow(trees), replace = TRUE), ])
})
places <- clusterCall(cluster, function() c(getwd(), dir()))
stopCluster(cluster)
cat(sprintf("%a", values), sep = "\n")
cat("files:", sort(unique(unlist(lapply(places, `[`, -1L)))), "\n")
