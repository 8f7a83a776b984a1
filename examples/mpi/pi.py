"""A thousand digits of pi, by Machin's formula: pi = 16 arctan(1/5) - 4 arctan(1/239).

The series' terms are dealt out to the ranks. Python's integers have as many digits as they need, and mpi4py's
lower-case methods send any object that can be pickled: so allreduce adds up integers of a thousand digits, for which
MPI has no type.
"""

from mpi4py import MPI

DIGITS = 1000
#: Everything is counted in units of 10^-(DIGITS + GUARD); the guard digits take what is lost by rounding down.
GUARD = 10
ONE = 10 ** (DIGITS + GUARD)
LINE = 100


def arctan_terms(x: int, first: int, step: int) -> list[int]:
    """Return every step-th term of arctan(1/x) = 1/x - 1/(3 x^3) + 1/(5 x^5) - ..., from the first one on."""
    terms = []
    k = first
    while power := ONE // x ** (2 * k + 1):
        terms.append((-1) ** k * (power // (2 * k + 1)))
        k += step
    return terms


def main() -> None:
    """Compute this rank's terms, add up all ranks' and let rank 0 print."""
    world = MPI.COMM_WORLD
    fifth = arctan_terms(5, world.rank, world.size)
    rest = arctan_terms(239, world.rank, world.size)

    # A Python + on two objects at a time. Afterwards every rank has pi.
    pi = world.allreduce(16 * sum(fifth) - 4 * sum(rest), op=MPI.SUM)

    # One object from each rank, as a list in the order of the ranks; None everywhere but at rank 0.
    shares = world.gather({"rank": world.rank, "terms": len(fifth) + len(rest)}, root=0)

    if world.rank == 0:
        digits = str(pi // 10**GUARD)
        for share in shares:
            print(f"rank {share['rank']} summed {share['terms']} terms")
        print(f"pi = {digits[0]}.")
        for at in range(1, DIGITS + 1, LINE):
            print(digits[at : at + LINE])


if __name__ == "__main__":
    main()
