# The process's own state, and the methods for generics that parallel keeps to itself.

the <- new.env(parent = emptyenv())
the$calls <- the$lapplies <- 0L
the$writing <- FALSE
the$record <- new_recorder()

register_methods <- function(package) {
  for (generic in names(METHODS)) {
    class <- if (generic == "recvOneData") "festival_cluster" else "festival_node"
    registerS3method(generic, class, METHODS[[generic]], envir = asNamespace(package))
  }
}

METHODS <- list(
  sendData = function(node, data) send_data(node, data),
  recvData = function(node) recv_data(node),
  recvOneData = function(cl) recv_one_data(cl),
  closeNode = function(node) invisible()
)

.onLoad <- function(libname, pkgname) register_methods("parallel")
