#' A Cluster for 'parallel' That Survives the Loss of Workers
#'
#' Workers in containers on many hosts dial in to the master, the R process that runs the script, and take tasks from it. Inside of
#' a job of the Ansible collection alparque.festival a script finds them by what it says anyway: [`makeCluster(n)`][parallel::makeCluster],
#' `snow::makeSOCKcluster()`, `foreach %dopar%`, `future::plan(multisession)` with \pkg{future.apply} and \pkg{furrr}, and the default of
#' \pkg{BiocParallel}. [makeFestivalCluster()] and [festival_lapply()] ask for them by name. Where there is no pool inside of a job, that
#' is an error; the script is never run in one process by surprise.
#'
#' @section What happens when a worker is lost:
#' Its tasks are handed to others, and whoever takes its place is first brought to the state that the script had set.
#'
#' * **At least once.** A task is evaluated again when its worker is lost before the answer is in: what it does besides returning a
#'   value (writing a file, sending a mail) may happen twice. Each result is taken once.
#' * **State.** Calls that set the state of the workers, which are those of `clusterCall()`, `clusterEvalQ()`, `clusterExport()` and
#'   `clusterSetRNGStream()`, are kept and repeated on each worker that comes later, in their order. Their side effects are repeated
#'   with them. An export replaces the earlier one of the same name. What tasks themselves leave on a worker, for instance by `<<-`,
#'   is not kept.
#' * **A task that kills its workers.** After three lost workers the task is given up (those whose whole container ended, as in a
#'   pool that shrinks, count only from ten on): it gives an error that says so, and the other tasks go on.
#' * **No worker left.** When a pool has been empty for `orphan` seconds while there is work, the call ends with an error that says
#'   how much was done.
#'
#' @section How soon a loss is noticed:
#' \tabular{ll}{
#'   what happened \tab noticed after \cr
#'   the process or its container has ended (the socket is closed) \tab at once \cr
#'   a container or host is silent: cut off, stopped, frozen \tab 5 s without a heartbeat (\env{FESTIVAL_SILENCE}) \cr
#'   a worker alone is stopped (`SIGSTOP`) \tab 5 s, by its supervisor \cr
#'   a task hangs or computes without an end \tab only by a deadline \cr
#'   a transfer has stalled half-way \tab 15 s \cr
#'   no worker is left \tab 60 s (`festival.orphan`)
#' }
#' While the script's own R computes, nobody listens to workers: the time counts from when it waits for them again.
#'
#' @section Reproducible random numbers:
#' [festival_lapply()] gives task *i* the *i*-th stream of the generator of L'Ecuyer et al. (2002), whoever evaluates it: the values are
#' the same for any number of workers and whatever is lost.
#'
#' With the functions of \pkg{parallel}, the random state belongs to the node, not to the process behind it: after
#' `clusterSetRNGStream()` it travels to the worker with each message and back with the answer. So the values are those that
#' `makeCluster(n)` with the same `n` gives anywhere, whatever is lost and however many workers there are, with the functions that
#' assign tasks to nodes beforehand: `clusterApply()`, `parLapply()`, `parSapply()`, `parApply()` and `clusterMap()`. With those that
#' hand out tasks by load (`clusterApplyLB()`, `parLapplyLB()`, `parSapplyLB()`) which node gets which task depends on timing, as it
#' does in \pkg{parallel} itself.
#'
#' @section Options:
#' \describe{
#'   \item{`festival.deadline`}{Seconds that one task of \pkg{parallel}'s functions may take before its worker is taken for lost; none
#'     by default. `festival_lapply()` has its own argument.}
#'   \item{`festival.orphan`}{Seconds that the pool may be empty while there is work; 60 by default, or \env{FESTIVAL_ORPHAN}. Read when
#'     the pool is first used.}
#' }
#'
#' @section More than 128 workers:
#' Each worker takes one of R's connections, of which there are 128 unless R is started with `--max-connections=1024`. Masters are; a
#' script that is at the limit gets an error that says so.
#'
#' @references
#' L'Ecuyer, P., Simard, R., Chen, E. J. and Kelton, W. D. (2002). An object-oriented random-number package with many long streams and
#' substreams. *Operations Research* **50**, 1073--1075. \doi{10.1287/opre.50.6.1073.358}.
#'
#' Polychronopoulos, C. D. and Kuck, D. J. (1987). Guided self-scheduling: a practical scheduling scheme for parallel supercomputers.
#' *IEEE Transactions on Computers* **C-36**, 1425--1439. \doi{10.1109/TC.1987.5009495}.
#'
#' Krawczyk, H., Bellare, M. and Canetti, R. (1997). HMAC: keyed-hashing for message authentication. RFC 2104, by which master and
#' workers prove to each other that they hold the pool's token.
#'
#' @seealso [makeFestivalCluster()], [festival_lapply()], [festival_progress()], [festival_result()]
#' @importFrom parallel nextRNGStream stopCluster
#' @importFrom utils object.size
"_PACKAGE"
