# Callers who do not hold the pool's token, at the ports of a master and of a supervisor: strangers.R HOST:PORT...
# Each is to be sent away. Prints a line for each, with "let in" or "sent away".
token <- charToRaw(strrep("0", 64))
# Loading a namespace is what unserialize() does by itself. A call that it reads, it does not run.
poison <- parallel::mccollect(parallel::mcparallel(serialize(asNamespace("splines"), NULL)))[[1L]]

knock <- function(address, what) {
  place <- strsplit(address, ":")[[1L]]
  con <- socketConnection(place[1L], as.integer(place[2L]), blocking = TRUE, open = "a+b", timeout = 15)
  on.exit(close(con))
  let_in <- tryCatch(suppressWarnings(switch(what,
    "wrong token as worker" = festival:::introduce(con, token, "worker", "stranger/1", "nowhere", 1L),
    "wrong token as master" = festival:::introduce(con, token, "master", place[1L], 8651L, "stolen"),
    "garbage" = {
      writeBin(rep(poison, 20L), con)
      # After the greeting nothing but the end of the connection can come.
      length(readBin(con, "raw", 10000L)) > festival:::CHALLENGE
    },
    "silence" = length(readBin(con, "raw", 10000L)) > festival:::CHALLENGE
  )), error = function(e) FALSE)
  cat(address, what, if (let_in) "let in" else "sent away", "\n")
}

for (address in commandArgs(TRUE)) {
  for (what in c("wrong token as worker", "wrong token as master", "garbage", "silence")) knock(address, what)
}
