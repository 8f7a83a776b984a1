# What a function needs of the script to run elsewhere: the globals that it names, theirs in turn, and the attached
# packages.

find_globals <- function(fun, found = list()) {
  if (!is.function(fun) || is.primitive(fun) || !requireNamespace("codetools", quietly = TRUE)) return(found)
  if (isNamespace(topenv(environment(fun)))) return(found)
  for (name in codetools::findGlobals(fun)) {
    if (name %in% names(found) || !exists(name, globalenv(), inherits = FALSE)) next
    value <- get(name, globalenv())
    found[name] <- list(value)
    found <- find_globals(value, found)
  }
  found
}

attached_packages <- function() {
  packages <- sub("^package:", "", grep("^package:", search(), value = TRUE))
  rev(setdiff(packages, c("base", "methods", "datasets", "utils", "grDevices", "graphics", "stats", "festival")))
}
