/* Scatter and gather: rank 0 deals out 1..12, each rank squares what it got, rank 0 gathers the squares; then the same
 * with 13 values.
 *
 * Scatter and Gather give every rank as many values. Where the ranks do not divide the values, Scatterv and Gatherv are
 * told how many each rank gets, and where they begin. */
#include <mpi.h>
#include <stdio.h>

enum { MOST = 13 };

static int rank, size;

static void print_values(const int *values, int count)
{
    for (int i = 0; i < count; i++)
        printf(" %d", values[i]);
    puts(count ? "" : " nothing");
}

/* Rank 0 asks each rank for what it got, in order, and prints it. Get_count tells how long a message was. */
static void print_shares(int *share, int count)
{
    MPI_Request sent;

    MPI_Isend(share, count, MPI_INT, 0, 0, MPI_COMM_WORLD, &sent);
    for (int from = 0; rank == 0 && from < size; from++) {
        int got[MOST], length;
        MPI_Status status;

        MPI_Recv(got, MOST, MPI_INT, from, 0, MPI_COMM_WORLD, &status);
        MPI_Get_count(&status, MPI_INT, &length);
        printf("rank %d got", from);
        print_values(got, length);
    }
    MPI_Wait(&sent, MPI_STATUS_IGNORE);
}

static void square(int *values, int count)
{
    for (int i = 0; i < count; i++)
        values[i] *= values[i];
}

/* As many values for every rank. */
static void deal_evenly(const int *values, int n, int *squares)
{
    int share[MOST], count = n / size;

    MPI_Scatter(values, count, MPI_INT, share, count, MPI_INT, 0, MPI_COMM_WORLD);
    print_shares(share, count);
    square(share, count);
    MPI_Gather(share, count, MPI_INT, squares, count, MPI_INT, 0, MPI_COMM_WORLD);
}

/* One more for each of the first n % size ranks. */
static void deal_unevenly(const int *values, int n, int *squares)
{
    int share[MOST], counts[size], starts[size];

    for (int i = 0; i < size; i++) {
        counts[i] = n / size + (i < n % size);
        starts[i] = i ? starts[i - 1] + counts[i - 1] : 0;
    }
    MPI_Scatterv(values, counts, starts, MPI_INT, share, counts[rank], MPI_INT, 0, MPI_COMM_WORLD);
    print_shares(share, counts[rank]);
    square(share, counts[rank]);
    MPI_Gatherv(share, counts[rank], MPI_INT, squares, counts, starts, MPI_INT, 0, MPI_COMM_WORLD);
}

static void deal(int n)
{
    int values[MOST], squares[MOST], even = n % size == 0;

    for (int i = 0; i < n; i++)
        values[i] = i + 1;
    if (rank == 0)
        printf("1..%d on %d ranks, with %s\n", n, size, even ? "Scatter and Gather" : "Scatterv and Gatherv");
    if (even)
        deal_evenly(values, n, squares);
    else
        deal_unevenly(values, n, squares);
    if (rank == 0) {
        printf("squares:");
        print_values(squares, n);
    }
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    deal(12);
    deal(13);
    MPI_Finalize();
    return 0;
}
