# The seed project's job: f(a, b, c) = (a + b) * c for 100 rows, in parallel on the organizer's snow cluster.
#
# It runs unmodified in one container (three workers on localhost) and on a cluster, whose workers' addresses it finds
# in FESTIVAL_HOSTS.
library(snow)

hosts <- strsplit(Sys.getenv("FESTIVAL_HOSTS", "localhost localhost localhost"), " ")[[1]]
implementation <- Sys.getenv("FESTIVAL_IMPLEMENTATION", "referencia")
output <- Sys.getenv("FESTIVAL_OUTPUT", "output")

# The seed project set no seed, so its numbers could not come out twice. This one was recovered by search over R's
# 32-bit seeds, it was never published: immediately before runif(100) it gives the seven published numbers exactly.
# It comes after library(snow), which draws a number of its own.
set.seed(1671808826)
rows <- data.frame(a = 1:100, b = seq(10, 1000, by = 10), c = runif(100))

f <- function(row) (row[["a"]] + row[["b"]]) * row[["c"]]

cluster <- makeCluster(hosts, type = "SOCK")
result <- parRapply(cluster, rows, f)
stopCluster(cluster)

print(paste0("Listo! Termine el script del Organizador en la implementacion '", implementation, "'"))
print("el resultado es: \n")
print(result)

# The same 100 values bit for bit, as hexadecimal floating point: what a comparison needs, in text.
dir.create(output, showWarnings = FALSE)
writeLines(sprintf("%a", result), file.path(output, "values.txt"))
saveRDS(result, file.path(output, "result.rds"))
