#!/usr/bin/env bash
# In a container of the pool: compile the C program that comes on stdin, give it to all of them, and print the seconds that 16 ranks of it take.
set -e
mpirun --version > /dev/null # festival's, which writes the hostfile
mpicc -O2 -x c - -o start.part
while read -r address _; do
  ssh "$address" 'cat > start && chmod +x start' < start.part
done < hostfile
begin=$EPOCHREALTIME
/usr/bin/mpirun -np 16 --map-by node ./start
awk "BEGIN {print $EPOCHREALTIME - $begin}"
