# The process's own state, and the methods for generics that parallel keeps to itself.

the <- new.env(parent = emptyenv())
the$calls <- the$lapplies <- 0L
the$on_streams <- FALSE
the$record <- new_recorder()

register_methods <- function(package) {
  for (generic in names(the$methods)) {
    class <- if (generic == "recvOneData") "festival_cluster" else "festival_node"
    registerS3method(generic, class, the$methods[[generic]], envir = asNamespace(package))
  }
}

.onLoad <- function(libname, pkgname) {
  the$epoch <- as.double(Sys.time()) - proc.time()[[3L]]
  the$methods <- list(sendData = send_data, recvData = recv_data, recvOneData = recv_one_data,
    closeNode = function(node) invisible())
  register_methods("parallel")
}
