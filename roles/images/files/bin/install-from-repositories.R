# install-from-repositories.R "URL..." PACKAGE...
# R packages from CRAN, its mirrors, or repositories like it. What went wrong is told by the package's or the repository's name.

arguments <- commandArgs(TRUE)
repositories <- strsplit(arguments[1], " ")[[1]]
packages <- arguments[-1]

give_up <- function(...) {
  message(...)
  quit(status = 1)
}

# The names of a repository's packages. R warns of each form of the index that is not there before it takes another.
index <- function(repository) {
  said <- character()
  note <- function(condition) {
    said <<- c(said, conditionMessage(condition))
    invokeRestart("muffleWarning")
  }
  known <- withCallingHandlers(rownames(available.packages(repos = repository)), warning = note)
  if (any(grepl("unable to access index", said))) {
    give_up("Repository ", repository, " has no index of packages: ", gsub("\\s+", " ", said[length(said)]), ". Correct images_r_repositories.")
  }
  known
}

unknown <- packages
for (repository in repositories) {
  # One that does not answer matters only where the ones before it lack something.
  if (length(unknown)) unknown <- setdiff(unknown, index(repository))
}
if (length(unknown)) {
  give_up(
    "R package(s) ", toString(unknown), ": neither Debian nor ", toString(repositories), " has any of that name for R ", getRversion(),
    ". Correct images_r_packages, or add the repository that has it to images_r_repositories."
  )
}
install.packages(packages, repos = repositories)
failed <- setdiff(packages, rownames(installed.packages()))
if (length(failed)) {
  give_up(
    "R package(s) ", toString(failed), " could not be fetched or built: the lines above say why. ",
    "A header, library or program that is missing comes with a Debian package: add that to images_apt_packages."
  )
}
