# How sure is a correlation? Eruptions and waiting times of Old Faithful (datasets::faithful), bootstrapped with Rmpi.
# Every rank runs this whole script, and finds its own share by its number.
library(Rmpi)

rank <- mpi.comm.rank(0)
size <- mpi.comm.size(0)
blocks <- 40
replicates <- 250

# A stream of random numbers for each block, not for each rank: so it does not matter who computes which block.
RNGkind("L'Ecuyer-CMRG")
set.seed(2026)
streams <- list(.Random.seed)
for (block in seq_len(blocks)[-1]) streams[[block]] <- parallel::nextRNGStream(streams[[block - 1]])

resample <- function(block) {
  assign(".Random.seed", streams[[block]], envir = globalenv())
  replicate(replicates, {
    row <- sample(nrow(faithful), replace = TRUE)
    cor(faithful$eruptions[row], faithful$waiting[row])
  })
}

# Like cards: rank 0 takes the blocks 1, 1 + size, 1 + 2 size, ...
mine <- Filter(function(block) (block - 1) %% size == rank, seq_len(blocks))
part <- list(block = mine, values = lapply(mine, resample))

# Any R object can be gathered; simplify = FALSE keeps the ranks' objects as they are.
parts <- mpi.gather.Robj(part, root = 0, comm = 0, simplify = FALSE)

if (rank == 0) {
  owner <- unlist(lapply(parts, `[[`, "block"))
  values <- unlist(do.call(c, lapply(parts, `[[`, "values"))[order(owner)])
  cat(sprintf("correlation of %d eruptions    %.6f\n", nrow(faithful), cor(faithful$eruptions, faithful$waiting)))
  cat(sprintf("bootstrap standard error       %.6f (%d resamples)\n", sd(values), length(values)))
  cat(sprintf("bootstrap 95 %% interval        %.6f to %.6f\n", quantile(values, 0.025), quantile(values, 0.975)))
}

# Every rank takes leave of the others. A rank that ended without this would be taken for lost.
mpi.quit()
