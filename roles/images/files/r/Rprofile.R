
# alparque.festival: in a job, packages find the pool when the script loads them, and the script's last value is kept.
if (nzchar(Sys.getenv("FESTIVAL_ENGINE"))) {
  festival:::attach_hooks()
  .Last <- function() festival:::end_script()
}
