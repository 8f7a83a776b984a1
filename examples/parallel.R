# How sure is a median? The standard error of the median waiting time of Old Faithful (datasets::faithful), by bootstrap and by jackknife.
library(parallel)

waiting <- faithful$waiting

# Bootstrap: what comes out depends on how many nodes share the random streams, so their number is part of the method.
cluster <- makeCluster(6)
clusterExport(cluster, "waiting")
clusterSetRNGStream(cluster, 2026)
medians <- parSapply(cluster, 1:24, function(block) {
  replicate(800, median(sample(waiting, replace = TRUE)))
})
stopCluster(cluster)

# Jackknife: no randomness, so as many workers as there are.
cluster <- makeCluster(detectCores())
clusterExport(cluster, "waiting")
left_out <- parSapplyLB(cluster, seq_along(waiting), function(i) {
  # The smoothed median, for the plain one hardly moves when one value is left out.
  mean(quantile(waiting[-i], seq(0.45, 0.55, by = 0.001)))
})
stopCluster(cluster)

n <- length(waiting)
cat(sprintf("median of %d waits           %.1f min\n", n, median(waiting)))
cat(sprintf("bootstrap standard error      %.6f min (%d resamples)\n", sd(medians), length(medians)))
cat(sprintf("bootstrap 95 %% interval       %s min\n", paste(quantile(medians, c(0.025, 0.975)), collapse = " to ")))
cat(sprintf("jackknife, smoothed median    %.6f min\n", sqrt((n - 1) / n * sum((left_out - mean(left_out))^2))))
