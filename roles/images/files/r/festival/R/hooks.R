# How scripts find the cluster without ceremony: each package's own way of naming its workers, set when the script
# loads the package. Called by the site profile of the master's R. In a job there is never a silent fall back to one
# process: no pool is an error.

attach_hooks <- function() {
  # Only the R that runs the script has the pool; an R that the script starts does not.
  if (nzchar(Sys.getenv("FESTIVAL_SCRIPT"))) return(invisible())
  Sys.setenv(FESTIVAL_SCRIPT = Sys.getpid())
  begin_script()
  if (has_workers()) {
    parallel::registerClusterType("festival", function(spec, ...) makeFestivalCluster(spec, ...), make.default = TRUE)
    replace_in("parallel", detectCores = pool_cores, makePSOCKcluster = festival_sockets)
    hook_forks()
    when_loaded("snow", hook_snow)
    when_loaded("foreach", hook_foreach)
    when_loaded("future", hook_future)
    when_loaded("parallelly", hook_parallelly)
    when_loaded("BiocParallel", hook_biocparallel)
  }
  when_loaded("progressr", hook_progressr)
  when_loaded("utils", hook_installs)
  invisible()
}

when_loaded <- function(package, hook) {
  if (isNamespaceLoaded(package)) hook()
  else setHook(packageEvent(package, "onLoad"), function(...) hook(), "append")
}

# Put other functions in the place of a package's own. Its bindings are locked, and base R has no gentler way to do
# it.
replace_in <- function(package, ...) {
  unlock <- get("unlockBinding", baseenv())
  replacements <- list(...)
  for (name in names(replacements)) {
    attached <- paste0("package:", package)
    places <- list(asNamespace(package), if (attached %in% search()) as.environment(attached))
    for (place in Filter(Negate(is.null), places)) {
      if (!exists(name, place, inherits = FALSE)) next
      unlock(name, place)
      assign(name, replacements[[name]], place)
      lockBinding(name, place)
    }
  }
}

# makeCluster(detectCores()) should use the pool, not the one host that the master is on.
pool_cores <- function(all.tests = FALSE, logical = TRUE) {
  max(1L, expected_workers())
}

# For makePSOCKcluster(), parallelly::makeClusterPSOCK() and snow::makeSOCKcluster(), with a number of workers or with
# their names.
festival_sockets <- function(names = pool_cores(), ...) makeFestivalCluster(names, ...)

hook_snow <- function() {
  register_methods("snow")
  replace_in("snow", makeSOCKcluster = festival_sockets)
}

hook_parallelly <- function() {
  replace_in("parallelly", makeClusterPSOCK = function(workers = pool_cores(), ...) makeFestivalCluster(workers, ...),
    availableCores = function(...) pool_cores())
}

# The cluster that packages share which ask for none.
shared_cluster <- function() {
  if (is.null(the$shared)) the$shared <- makeFestivalCluster()
  the$shared
}

# doParallel does the work; the first %dopar% makes the cluster.
hook_foreach <- function() {
  info <- function(data, item) switch(item, workers = pool_cores(), name = "festival", version = utils::packageVersion("festival"))
  getExportedValue("foreach", "setDoPar")(function(obj, expr, envir, data) {
    getExportedValue("doParallel", "registerDoParallel")(shared_cluster())
    registered <- get("getDoPar", asNamespace("foreach"))()
    registered$fun(obj, expr, envir, registered$data)
  }, NULL, info)
  when_loaded("doParallel", hook_doparallel)
  when_loaded("doSNOW", hook_dosnow)
}

# registerDoParallel() without a cluster, or with a number, would fork in the master.
hook_doparallel <- function() {
  register <- getExportedValue("doParallel", "registerDoParallel")
  replace_in("doParallel", registerDoParallel = function(cl = NULL, cores = NULL, ...) {
    if (is.null(cl)) cl <- if (is.null(cores)) shared_cluster() else makeFestivalCluster(cores)
    register(if (is.numeric(cl)) makeFestivalCluster(cl) else cl, ...)
  })
}

hook_dosnow <- function() {
  register <- getExportedValue("doSNOW", "registerDoSNOW")
  replace_in("doSNOW", registerDoSNOW = function(cl) register(if (missing(cl) || is.numeric(cl)) shared_cluster() else cl))
}

# Its own socket workers would run in the master. DoparParam hands the tasks to foreach, and so to the pool.
hook_biocparallel <- function() {
  dopar <- getExportedValue("BiocParallel", "DoparParam")
  register <- getExportedValue("BiocParallel", "register")
  on_attach <- function(...) {
    loadNamespace("foreach")
    register(dopar(), default = TRUE)
  }
  on_attach()
}

# Progress of progressr goes to the job's events.
hook_progressr <- function() {
  make <- getExportedValue("progressr", "make_progression_handler")
  handler <- function(intrusiveness = 0, ...) {
    reporter <- list(update = function(config, state, progression, ...) {
      festival_progress(state$step, config$max_steps, paste(state$message, collapse = " "))
    })
    make("festival", reporter, intrusiveness = intrusiveness, enable = TRUE, ...)
  }
  options(progressr.enable = TRUE)
  getExportedValue("progressr", "handlers")(handler())
}

# A function of a package's that first says something, which may look at its arguments in parent.frame().
telling <- function(package, name, tell) {
  plain <- get(name, asNamespace(package))
  fun <- plain
  environment(fun) <- list2env(list(.tell = tell), parent = environment(plain))
  body(fun) <- call("{", quote(.tell()), body(plain))
  fun
}
