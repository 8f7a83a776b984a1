# Random numbers that do not depend on how many workers there are: stream i of L'Ecuyer's combined multiple-recursive
# generator (L'Ecuyer et al. 2002, doi:10.1287/opre.50.6.1073.358; parallel::nextRNGStream) belongs to task i.

random_state <- function() get0(".Random.seed", globalenv(), inherits = FALSE)

set_random_state <- function(state) {
  if (!is.null(state)) assign(".Random.seed", state, envir = globalenv())
  else if (!is.null(random_state())) rm(".Random.seed", envir = globalenv())
}

# The stream from which those of a call are counted. TRUE: it follows from the script's own random state, which moves
# on by one draw, so that set.seed() in the script decides everything. A number: from that seed alone. FALSE: none.
first_stream <- function(seed) {
  if (isFALSE(seed)) return(NULL)
  if (isTRUE(seed)) seed <- sample.int(.Machine$integer.max, 1L)
  if (!is.numeric(seed) || length(seed) != 1L || is.na(seed)) stop("seed is neither TRUE, FALSE nor a number.", call. = FALSE)
  before <- random_state()
  kinds <- RNGkind()
  on.exit({
    RNGkind(kinds[1L], kinds[2L], kinds[3L])
    set_random_state(before)
  })
  RNGkind("L'Ecuyer-CMRG", "Inversion", "Rejection")
  set.seed(seed)
  random_state()
}

# The first n streams, as a list.
streams <- function(first, n) {
  all <- vector("list", n)
  for (i in seq_len(n)) {
    all[[i]] <- first
    first <- nextRNGStream(first)
  }
  all
}

# Call fun(1) ... fun(n), call i with stream i counted from `first`; the random state of the process is as before
# afterwards.
with_streams <- function(first, n, fun) {
  before <- random_state()
  on.exit(set_random_state(before))
  run_streams(first, n, fun)
}

# The same, but the random state stays that of the last stream.
run_streams <- function(first, n, fun) {
  if (is.null(first)) return(lapply(seq_len(n), fun))
  values <- vector("list", n)
  for (i in seq_len(n)) {
    if (i > 1L) first <- nextRNGStream(first)
    assign(".Random.seed", first, envir = globalenv())
    values[i] <- list(fun(i))
  }
  values
}

skip_streams <- function(stream, n) {
  for (i in seq_len(n)) stream <- nextRNGStream(stream)
  stream
}
