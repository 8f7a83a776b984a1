# Which polynomial describes how cars stop (datasets::cars)? Repeated ten-fold cross-validation, with foreach and doParallel.
library(doParallel)

registerDoParallel(cores = 4)

# The folds are drawn here, so that no random number is left to the workers.
set.seed(1970)
folds <- replicate(30, sample(rep(1:10, length.out = nrow(cars))), simplify = FALSE)

squared_error <- function(degree, fold) {
  errors <- lapply(1:10, function(k) {
    model <- lm(dist ~ poly(speed, degree), data = cars[fold != k, ])
    cars$dist[fold == k] - predict(model, cars[fold == k, ])
  })
  mean(unlist(errors)^2)
}

scores <- foreach(fold = folds, .combine = rbind) %dopar% {
  sapply(1:5, squared_error, fold = fold)
}

best <- which.min(colMeans(scores))
for (degree in 1:5) {
  cat(sprintf("degree %d: root mean squared error %.4f ft%s\n", degree, sqrt(mean(scores[, degree])), if (degree == best) "  <- best" else ""))
}
