/* Latency and bandwidth of a ring: a message goes from rank to rank until it is back at rank 0, once over MPI and once
 * over plain TCP sockets between the same neighbours, in turn. Each rank hands it on when it has all of it, both ways.
 *
 * The table goes to ring.txt and ring.csv. Usage: ring [largest message in bytes]; 64 MB without an argument. With one
 * rank on each host (map by node) it is the network that is measured; ranks of one host use its memory over MPI. */
#include <errno.h>
#include <mpi.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_ROUNDS = 1000, USUAL_ROUNDS = 9, FEWEST_ROUNDS = 3, WARM_UP = 10 };

static const long SIZES[] = {8, 64, 512, 4096, 32768, 262144, 1048576, 4194304, 16777216, 67108864};
/* Seconds: a size is measured for the first, with USUAL_ROUNDS at least while there is time, and all for the second. */
static const double TIME_OF_SIZE = 0.1, TIME_OF_ALL = 4.5;

static int rank, size, previous, next;
static int from_previous, to_next; /* the sockets */
static char *message;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "ring: rank %d: %s: %s\n", rank, what, why);
    MPI_Abort(MPI_COMM_WORLD, 1);
}

/* This rank's address for the others: the cluster's word for it, or what the host's name stands for. */
static struct sockaddr_in own_address(void)
{
    char name[256];
    const char *host = getenv("FESTIVAL_ADDRESS");
    struct addrinfo *found, want = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct sockaddr_in address;
    int error;

    gethostname(name, sizeof name);
    error = getaddrinfo(host ? host : name, NULL, &want, &found);
    if (error)
        fail(host ? host : name, gai_strerror(error));
    address = *(struct sockaddr_in *)found->ai_addr;
    freeaddrinfo(found);
    return address;
}

/* Call the next rank, and be called by the previous one. */
static void connect_ring(void)
{
    struct sockaddr_in own = own_address(), other;
    socklen_t length = sizeof own;
    int listener = socket(AF_INET, SOCK_STREAM, 0), at_once = 1;

    own.sin_port = 0; /* any that is free */
    if (bind(listener, (struct sockaddr *)&own, sizeof own) || listen(listener, 1))
        fail("cannot listen", strerror(errno));
    getsockname(listener, (struct sockaddr *)&own, &length);

    /* Against the ring's direction: each rank learns where its next one listens. */
    MPI_Sendrecv(&own, sizeof own, MPI_BYTE, previous, 0, &other, sizeof other, MPI_BYTE, next, 0, MPI_COMM_WORLD,
                 MPI_STATUS_IGNORE);

    to_next = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(to_next, (struct sockaddr *)&other, sizeof other))
        fail("cannot connect", strerror(errno));
    from_previous = accept(listener, NULL, NULL);
    if (from_previous < 0)
        fail("cannot accept", strerror(errno));
    /* Small messages leave at once, as MPI's do. Buffers are left to the kernel, which makes them larger at need. */
    setsockopt(to_next, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    close(listener);
}

static void send_mpi(long bytes)
{
    MPI_Send(message, bytes, MPI_BYTE, next, 0, MPI_COMM_WORLD);
}

static void receive_mpi(long bytes)
{
    MPI_Recv(message, bytes, MPI_BYTE, previous, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void send_tcp(long bytes)
{
    for (long done = 0; done < bytes;) {
        ssize_t sent = send(to_next, message + done, bytes - done, MSG_NOSIGNAL);

        if (sent < 0)
            fail("cannot send", strerror(errno));
        done += sent;
    }
}

static void receive_tcp(long bytes)
{
    for (long done = 0; done < bytes;) {
        ssize_t received = recv(from_previous, message + done, bytes - done, 0);

        if (received <= 0)
            fail("cannot receive", received ? strerror(errno) : "connection closed");
        done += received;
    }
}

/* Let a message go round. How long it took only rank 0 can tell: it sees the message leave and come back. */
static double go_round(void (*send_on)(long), void (*receive)(long), long bytes)
{
    double start = MPI_Wtime();

    if (rank == 0)
        send_on(bytes);
    receive(bytes);
    if (rank > 0)
        send_on(bytes);
    return MPI_Wtime() - start;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* Measure one size: rounds over MPI and over TCP in turn, so that what else the machines do disturbs both alike. */
static void measure(long bytes, int rounds, double *mpi, double *tcp)
{
    static double mpi_times[MOST_ROUNDS], tcp_times[MOST_ROUNDS];

    for (int i = 0; i < rounds; i++) {
        mpi_times[i] = go_round(send_mpi, receive_mpi, bytes);
        tcp_times[i] = go_round(send_tcp, receive_tcp, bytes);
    }
    *mpi = median(mpi_times, rounds);
    *tcp = median(tcp_times, rounds);
}

/* How many rounds there is time for when one takes so long, as rank 0 sees it; none if too few for a median. */
static int plan_rounds(double expected, double left)
{
    int rounds = TIME_OF_SIZE / expected < MOST_ROUNDS ? TIME_OF_SIZE / expected : MOST_ROUNDS;

    if (rounds < USUAL_ROUNDS)
        rounds = USUAL_ROUNDS;
    if (rounds * expected > left)
        rounds = left / expected;
    if (rounds < FEWEST_ROUNDS)
        rounds = 0;
    MPI_Bcast(&rounds, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return rounds;
}

/* Open a file in the folder whose files come home. */
static FILE *open_output(const char *name)
{
    const char *folder = getenv("FESTIVAL_OUTPUT") ? getenv("FESTIVAL_OUTPUT") : "output";
    char path[4096];
    FILE *file;

    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    if (!file)
        fail(path, strerror(errno));
    return file;
}

/* Measure one size after the other until all are done or time is up, and return the first that was left out. */
static long measure_all(long largest, FILE *table, FILE *csv)
{
    double start = MPI_Wtime(), mpi, tcp;
    long before = SIZES[0];

    measure(before, WARM_UP, &mpi, &tcp);
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES && SIZES[i] <= largest; i++) {
        long bytes = SIZES[i];
        int rounds = plan_rounds((mpi + tcp) * bytes / before, TIME_OF_ALL - (MPI_Wtime() - start));

        if (rounds == 0)
            return bytes;
        measure(bytes, rounds, &mpi, &tcp);
        before = bytes;
        if (rank == 0) {
            double hop = mpi / size * 1e6, mpi_rate = bytes / hop, tcp_rate = bytes / (tcp / size * 1e6);

            fprintf(table, "%10ld %11.1f %10.2f %10.2f %6.2f\n", bytes, hop, mpi_rate, tcp_rate, tcp / mpi);
            fprintf(csv, "%ld,%.3f,%.4f,%.4f,%.4f\n", bytes, hop, mpi_rate, tcp_rate, tcp / mpi);
        }
    }
    return 0;
}

/* Measure, and let rank 0 write what came out. */
static void write_table(long largest)
{
    FILE *table = NULL, *csv = NULL;
    long left_out;

    if (rank == 0) {
        table = open_output("ring.txt");
        csv = open_output("ring.csv");
        fprintf(table, "A ring of %d ranks, one hop, medians; ratio: MPI's bandwidth to TCP's\n\n", size);
        fprintf(table, "%10s %11s %10s %10s %6s\n", "bytes", "latency us", "MPI MB/s", "TCP MB/s", "ratio");
        fprintf(csv, "bytes,latency_us,mpi_mb_s,tcp_mb_s,ratio\n");
    }
    left_out = measure_all(largest, table, csv);
    if (rank == 0) {
        if (left_out)
            fprintf(table, "\n%ld bytes and more are left out: this network would have taken too long.\n", left_out);
        fclose(table);
        fclose(csv);
        printf("ring of %d ranks: table in ring.txt\n", size);
    }
}

int main(int argc, char **argv)
{
    long largest = argc > 1 ? atol(argv[1]) : SIZES[sizeof SIZES / sizeof *SIZES - 1];

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    previous = (rank + size - 1) % size;
    next = (rank + 1) % size;
    if (size < 2)
        fail("one rank", "a ring needs two or more");

    message = malloc(largest);
    memset(message, 0, largest);
    connect_ring();
    write_table(largest);
    MPI_Finalize();
    return 0;
}
