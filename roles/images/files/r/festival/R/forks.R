# mclapply() and its kin fork R, which no other machine can take part in. Where the job says so (FESTIVAL_FORKS, from job_forks) the pool's
# workers do the work instead; else the script's R says once that it stays on one machine.

hook_forks <- function() {
  to_pool <- setting("FESTIVAL_FORKS", "tell") == "pool"
  replace_in("parallel", mclapply = if (to_pool) pool_mclapply else fork_told("mclapply"), pvec = if (to_pool) pool_pvec else fork_told("pvec"))
}

fork_told <- function(name) telling("parallel", name, function() tell_of_forks(name))

tell_of_forks <- function(name) {
  if (isTRUE(the$forks_told) || isTRUE(the$worker)) return(invisible())
  the$forks_told <- TRUE
  cat(name, "() forks this R, so that all of it stays on one machine. For the pool's workers write parLapply(makeCluster(), ...) or ",
    "festival_lapply(), or run the job with job_forks: pool.\n", sep = "", file = stderr())
}

# Like mclapply(), in the order of X; an error becomes the value of its element. Random numbers are festival_lapply()'s.
pool_mclapply <- function(X, FUN, ..., mc.preschedule = TRUE, mc.set.seed = TRUE, mc.silent = FALSE, mc.cores = getOption("mc.cores", 2L),
                          mc.cleanup = TRUE, mc.allow.recursive = TRUE, affinity.list = NULL) {
  values <- festival_lapply(X, FUN, ..., .seed = !isFALSE(mc.set.seed), .on_error = "return")
  failed <- vapply(values, is_task_error, NA)
  values[failed] <- lapply(values[failed], function(e) {
    structure(paste0("Error : ", conditionMessage(e), "\n"), class = "try-error", condition = simpleError(conditionMessage(e)))
  })
  if (any(failed)) warning(sum(failed), " of ", length(values), " tasks ended with an error", call. = FALSE)
  values
}

pool_pvec <- function(v, FUN, ..., mc.set.seed = TRUE, mc.silent = FALSE, mc.cores = getOption("mc.cores", 2L), mc.cleanup = TRUE) {
  parts <- parallel::splitIndices(length(v), min(length(v), pool_cores()))
  do.call(c, festival_lapply(lapply(parts, function(part) v[part]), FUN, ..., .seed = !isFALSE(mc.set.seed)))
}
