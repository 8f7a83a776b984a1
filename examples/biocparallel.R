# Where are the islands? GC content along 24 made-up chromosomes, in windows, with BiocParallel.
library(BiocParallel)

set.seed(53)
chromosomes <- lapply(1:24, function(number) {
  richness <- rep(runif(20, 0.35, 0.65), each = 5000)
  gc <- runif(length(richness)) < richness
  paste(ifelse(gc, sample(c("G", "C"), length(gc), TRUE), sample(c("A", "T"), length(gc), TRUE)), collapse = "")
})

gc_windows <- function(sequence, width = 2000, step = 100) {
  gc <- strsplit(sequence, "")[[1]] %in% c("G", "C")
  starts <- seq(1, length(gc) - width + 1, by = step)
  vapply(starts, function(start) mean(gc[start:(start + width - 1)]), 0)
}

windows <- bplapply(chromosomes, gc_windows)

cat("windows        ", length(unlist(windows)), "\n")
cat("mean GC        ", sprintf("%.6f", mean(unlist(windows))), "\n")
cat("islands (> 0.6)", sum(sapply(windows, function(gc) sum(diff(c(FALSE, gc > 0.6)) == 1))), "\n")
richest <- which.max(sapply(windows, max))
cat("richest        ", sprintf("chromosome %d, %.4f", richest, max(windows[[richest]])), "\n")
