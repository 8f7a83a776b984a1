# Which span and degree smooth the Nile's flow best (datasets::Nile)? Leave-one-out over a grid of loess models, with furrr.
library(furrr)
plan(multisession)

grid <- expand.grid(span = seq(0.2, 0.9, by = 0.1), degree = 1:2)
flow <- data.frame(year = as.numeric(time(Nile)), volume = as.numeric(Nile))

leave_one_out <- function(span, degree) {
  inner <- 2:(nrow(flow) - 1)
  errors <- sapply(inner, function(i) {
    model <- loess(volume ~ year, data = flow[-i, ], span = span, degree = degree)
    flow$volume[i] - predict(model, flow[i, ])
  })
  sqrt(mean(errors^2))
}

grid$error <- future_map2_dbl(grid$span, grid$degree, leave_one_out)

best <- grid[which.min(grid$error), ]
print(format(grid[order(grid$error), ][1:5, ], digits = 6), row.names = FALSE)
cat(sprintf("best: span %.1f, degree %d, error %.4f\n", best$span, best$degree, best$error))
