/* Ordered hello: every rank sends a greeting, and rank 0 prints them in the order of the ranks.
 *
 * Ranks that print for themselves are heard in any order, for mpirun forwards lines as they come. Where each rank ran
 * differs from cluster to cluster: that goes to hosts.txt. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { GREETING, HOST };

/* Open a file in the folder whose files come home. */
static FILE *open_output(const char *name)
{
    const char *folder = getenv("FESTIVAL_OUTPUT") ? getenv("FESTIVAL_OUTPUT") : "output";
    char path[4096];
    FILE *file;

    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    if (!file) {
        perror(path);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    return file;
}

/* Receive what each rank sends, in order, whoever sent it first. */
static void print_all(int size)
{
    char greeting[64], host[MPI_MAX_PROCESSOR_NAME];
    FILE *hosts = open_output("hosts.txt");

    for (int rank = 0; rank < size; rank++) {
        MPI_Recv(greeting, sizeof greeting, MPI_CHAR, rank, GREETING, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Recv(host, sizeof host, MPI_CHAR, rank, HOST, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        puts(greeting);
        fprintf(hosts, "rank %d %s\n", rank, host);
    }
    fclose(hosts);
    printf("%d said hello, their hosts are in hosts.txt\n", size);
}

int main(int argc, char **argv)
{
    int rank, size, length;
    char greeting[64], host[MPI_MAX_PROCESSOR_NAME];
    MPI_Request sent[2];

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);

    snprintf(greeting, sizeof greeting, "Hello from rank %d of %d", rank, size);
    MPI_Get_processor_name(host, &length);
    /* In a container that is the container's name. FESTIVAL_HOST says which machine it runs on. */
    if (getenv("FESTIVAL_HOST"))
        snprintf(host, sizeof host, "%s", getenv("FESTIVAL_HOST"));

    /* Isend does not wait for the receiver: so rank 0 can send to itself, too. */
    MPI_Isend(greeting, sizeof greeting, MPI_CHAR, 0, GREETING, MPI_COMM_WORLD, &sent[0]);
    MPI_Isend(host, sizeof host, MPI_CHAR, 0, HOST, MPI_COMM_WORLD, &sent[1]);
    if (rank == 0)
        print_all(size);
    MPI_Waitall(2, sent, MPI_STATUSES_IGNORE);

    MPI_Finalize();
    return 0;
}
