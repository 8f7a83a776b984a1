# Do the two drugs of datasets::sleep differ? A permutation test with future.apply, whose seeds do not depend on how many workers there are.
library(future.apply)
plan(multisession)

difference <- function(group) mean(sleep$extra[group == 2]) - mean(sleep$extra[group == 1])
observed <- difference(sleep$group)

set.seed(42)
permuted <- future_sapply(1:40, function(block) {
  replicate(1500, difference(sample(sleep$group)))
}, future.seed = TRUE)

cat(sprintf("observed difference   %.4f h\n", observed))
cat(sprintf("permutations          %d\n", length(permuted)))
cat(sprintf("as large by chance    %d\n", sum(abs(permuted) >= abs(observed) - 1e-9)))
cat(sprintf("p-value               %.6f\n", mean(abs(permuted) >= abs(observed) - 1e-9)))
