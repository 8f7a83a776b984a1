# snow's own profile for its clusters of type "MPI": rank 0 runs the script, the others work for it until it ends.
# utils first, or R would say in every rank that it loads it.
library(utils)
source(system.file("RMPISNOWprofile", package = "snow", mustWork = TRUE))
