"""Jobs of MPI, as the images run them.

``launcher`` is the half in a job's master: it makes a program of the script, copies the job's folder to the pool, starts mpirun and
says how that ended. ``agent`` is the half in the worker containers, beside each rank: it runs the program and tells the launcher what
that prints and how it ends. They speak over a ``link``, in the messages of ``wire``; ``pool`` and ``container`` say who is where.

job        one run of a script, as everywhere: here it has one run of mpirun, or several where ranks are lost
program    what the job's script is made into; every rank runs it
rank       one process of the program, which mpirun has numbered
container  a worker container of the pool, of which Open MPI speaks as a host
host       the machine that a container runs on
"""
