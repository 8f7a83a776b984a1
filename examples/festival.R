# How far does a random walker get? festival_lapply(), whose answer is the same on one machine and for any number of workers, with
# progress as the job's log and report show it, and a result that comes home as value.rds.
library(festival)

set.seed(1905)
lengths <- c(100, 400, 1600)

walks <- lapply(seq_along(lengths), function(k) {
  festival_progress(k - 1, length(lengths), paste("walks of", lengths[k], "steps"))
  unlist(festival_lapply(1:24, function(block, steps) {
    replicate(400, {
      angle <- runif(steps, 0, 2 * pi)
      sqrt(sum(cos(angle))^2 + sum(sin(angle))^2)
    })
  }, steps = lengths[k]))
})
festival_progress(length(lengths), length(lengths), "done")

summary <- data.frame(steps = lengths, distance = sapply(walks, mean), expected = sqrt(pi * lengths) / 2)
print(format(summary, digits = 6), row.names = FALSE)
cat(sprintf("distance grows as steps^%.3f\n", coef(lm(log(distance) ~ log(steps), summary))[[2]]))

festival_result(summary)
