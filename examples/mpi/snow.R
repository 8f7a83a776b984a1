# The reference job (../reference.R) on a snow cluster over MPI. Rank 0 runs this script, the other ranks are the
# cluster's nodes: they wait for work before a line of it is run. On one machine: mpirun -np 4 RMPISNOW < snow.R
library(snow)

implementation <- Sys.getenv("FESTIVAL_IMPLEMENTATION", "referencia")
output <- Sys.getenv("FESTIVAL_OUTPUT", "output")

# The reference's seed, see there. It has to stand immediately before runif(100).
set.seed(1671808826)
rows <- data.frame(a = 1:100, b = seq(10, 1000, by = 10), c = runif(100))

# No number of nodes: MPI's world is as large as mpirun has made it.
cluster <- makeCluster(type = "MPI")
result <- parRapply(cluster, rows, function(row) (row[["a"]] + row[["b"]]) * row[["c"]])
stopCluster(cluster)

print(paste0("Listo! Termine el script del Organizador en la implementacion '", implementation, "'"))
print("el resultado es: \n")
print(result)

# Bit for bit, as hexadecimal floating point.
dir.create(output, showWarnings = FALSE)
writeLines(sprintf("%a", result), file.path(output, "values.txt"))
