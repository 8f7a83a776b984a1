# A pool of more workers than R has connections for by default: all of them answer, twice.
started <- proc.time()[[3L]]
cluster <- festival::makeFestivalCluster()
gathered <- proc.time()[[3L]] - started
who <- parallel::clusterCall(cluster, function() paste(Sys.info()[["nodename"]], Sys.getpid()))
squares <- parallel::parSapply(cluster, 1:1000, function(i) i^2)
cat("nodes:", length(cluster), "workers:", length(unique(who)), "right:", identical(squares, (1:1000)^2), "\n")
cat(sprintf("seconds: %.2f to gather, %.2f in all\n", gathered, proc.time()[[3L]] - started))
