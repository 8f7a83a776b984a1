# What the package takes of R 4.5, for the older R of a machine that tests it: put into a copy of the package, never into an image.

older_sha256sum <- function(bytes) digest::digest(bytes, "sha256", serialize = FALSE)

older_registerClusterType <- function(type, starter, make.default) {
  original <- parallel::makeCluster
  own <- type
  replace_in("parallel", makeCluster = function(spec, type = own, ...) {
    if (identical(type, own)) starter(spec, ...) else original(spec, type, ...)
  })
}
