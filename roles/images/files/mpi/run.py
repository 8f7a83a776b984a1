"""One run of mpirun: its ranks as they come, what they print, and which of them ended it."""

from __future__ import annotations

import contextlib
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import typing as t
from dataclasses import dataclass
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge

import pool
import wire
from ranks import Rank

#: Seconds within which all ranks have to be there, and for which a run that cannot go on is given to end by itself.
START = 60
GRACE = 5

#: Seconds from the first rank that ended wrongly to the word which of them was the first.
JUDGEMENT = 0.5

#: Seconds for which one look at what there is to hear takes at most.
LOOK = 0.2

#: How mpirun names a rank of which only it knows that it ended wrongly.
ABORTED = re.compile(r'process rank (\d+) .*?(calling\s+"abort"|exiting\s+improperly)', re.DOTALL)

NOT_FINALIZED = "ended without MPI_Finalize (in R, let the script end with Rmpi's mpi.quit())"

#: What mpirun says where the daemon on a host, known by its address, no longer answers.
LOST_HOST = re.compile(rb"Remote daemon: .* on node (\S+)")

#: A race in mpirun between ssh and itself, both of which do the same.
HARMLESS = re.compile(rb"plm:ssh: Warning: setpgid\(.*failed in parent")


@dataclass
class Outcome:
    """How a run ended. ``again`` says that a rank was killed or lost, which the program is not to blame for."""

    ok: bool
    message: str = ""
    again: bool = False
    code: int = 1


class Run:
    """All ranks of one mpirun."""

    def __init__(self, command: list[str], ranks: int, order: dict, told: t.Any, number: int) -> None:
        self.wanted, self.order, self.told, self.number = ranks, order, told, number
        self.ranks: dict[int, Rank] = {}
        self.failed: Rank | None = None
        self.suspects: list[tuple[Rank, str]] = []
        self.judged = 0.0
        self.words: list[str] = []
        self.over = threading.Event()
        self.queue: queue.Queue[tuple[str, t.Any, t.Any]] = queue.Queue()
        self.listener = socket.create_server((pool.own_address(), 0), backlog=1024)
        self._thread(self._accept)
        self.process = subprocess.Popen(
            [*command[:1], "-x", f"FESTIVAL_LAUNCHER={self._address()}", *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._thread(self._hear_mpirun)
        self._thread(self._beat)
        self.mpirun_silent = False
        self.ending: float | None = None

    def _address(self) -> str:
        return "{}:{}".format(*self.listener.getsockname())

    @staticmethod
    def _thread(work: t.Callable[..., None], *args: t.Any) -> None:
        threading.Thread(target=work, args=args, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            self._thread(self._hear_rank, accepted)

    def _hear_rank(self, accepted: socket.socket) -> None:
        """Let a rank prove itself, then pass on all that it says."""
        connection = Connection(accepted.detach())
        wire.watch_over(connection)
        rank = None
        try:
            deliver_challenge(connection, wire.token())
            answer_challenge(connection, wire.token())
            rank = Rank(connection, wire.facts_of(connection.recv_bytes()))
            self.queue.put(("join", rank, None))
            while True:
                said = connection.recv_bytes()
                rank.watch.hear()
                self.queue.put(("said", rank, said))
        except Exception:
            # A stranger, or a rank whose connection has ended: what matters of it is told by its absence.
            self.queue.put(("gone", rank, None))

    def _hear_mpirun(self) -> None:
        for line in self.process.stdout:
            self.queue.put(("mpirun", None, line))
        self.queue.put(("ended", None, None))

    def follow(self) -> Outcome:
        """Follow the run to its end and say how it ended; nothing of it is left then."""
        started, looked = time.monotonic(), 0.0
        try:
            while not self._over():
                with contextlib.suppress(queue.Empty):
                    self._take(*self.queue.get(timeout=LOOK))
                now = time.monotonic()
                if self.suspects and now > self.judged:
                    self._judge()
                if now - looked > wire.BEAT:
                    looked = now
                    self._look(now, started)
                self._end_what_lingers(now)
            if self.suspects:
                self._judge()
            return self._outcome()
        finally:
            self.close()

    def _over(self) -> bool:
        there = [rank for rank in self.ranks.values() if not rank.gone]
        return self.process.poll() is not None and not there and self.queue.empty() and self.mpirun_silent

    def _take(self, what: str, rank: Rank | None, said: t.Any) -> None:
        if what == "mpirun":
            self._hear(said)
        elif what == "ended":
            self.mpirun_silent = True
        elif what == "join":
            self.ranks[rank.number] = rank
            rank.tell(wire.told(**self.order))
        elif what == "said":
            self._take_message(rank, said)
        elif rank is not None:
            rank.gone = True
            _print(*rank.rest())
            if not rank.ended:
                self._lost(rank, "closed")

    def _hear(self, line: bytes) -> None:
        """Print what mpirun says; after a failure it only says that ranks have ended, and of the wrong ones."""
        # It ends some of its words with a zero byte.
        line = line.replace(b"\0", b"")
        if HARMLESS.search(line):
            return
        self.words.append(line.decode(errors="replace"))
        if line.strip() and not self.failed:
            _print(line)
        lost = LOST_HOST.search(line)
        for rank in self.ranks.values():
            if lost and rank.address == lost[1].decode() and not rank.ended:
                self._lost(rank, "silent")

    def _take_message(self, rank: Rank, said: bytes) -> None:
        if said[:1] == wire.OUTPUT:
            _print(*rank.lines(said[1:]))
        elif said[:1] == wire.TOLD:
            facts = wire.facts_of(said)
            if "pid" in facts:
                rank.start()
                self.told.write("join", **rank.place(), pid=facts["pid"])
            elif not rank.ended:
                # One that was taken for lost may come back, to be ended with the others.
                self._ended(rank, facts)

    def _ended(self, rank: Rank, facts: dict) -> None:
        rank.end(facts)
        if facts["code"] == 0:
            self.told.write("tasks", call=self.number, **rank.work())
            return
        self._lost(rank, rank.cause())

    def _lost(self, rank: Rank, cause: str) -> None:
        """Note that a rank ended wrongly. Others follow it at once, and may be heard of before."""
        rank.ended = rank.ended or cause
        if self.failed:
            # mpirun kills the others, sometimes before they can say so.
            self._tell_lost(rank, wire.STOPPED)
            return
        if not self.suspects:
            self.judged = time.monotonic() + JUDGEMENT
        self.suspects.append((rank, cause))

    def _judge(self) -> None:
        """Say which rank failed first: one that was killed or lost, before those whose connections to it broke."""
        self.suspects.sort(key=lambda suspect: (suspect[1] == wire.STOPPED, not suspect[0].killed()))
        # Where all were stopped, mpirun has ended them: it will say for what, or the one to blame is still to be missed.
        if self.suspects[0][1] != wire.STOPPED:
            self.failed = self.suspects[0][0]
        for rank, cause in self.suspects:
            own = rank is self.failed or (rank.killed() and cause != wire.STOPPED)
            self._tell_lost(rank, cause if own else wire.STOPPED)
        self.suspects = []
        self.stop()

    def _tell_lost(self, rank: Rank, cause: str) -> None:
        self.told.write("lost", **rank.place(), cause=cause, tasks=1, **rank.usage())

    def stop(self) -> None:
        """End all ranks; mpirun ends by itself when they have."""
        self.ending = self.ending or time.monotonic()
        for rank in self.ranks.values():
            rank.tell(wire.told(stop=True))

    def _beat(self) -> None:
        """Tell the ranks that their launcher is alive, also while it waits for a log or a disk."""
        while not self.over.wait(wire.BEAT):
            for rank in list(self.ranks.values()):
                rank.tell(wire.HEARTBEAT)

    def _look(self, now: float, started: float) -> None:
        """Miss the ranks that are silent, and those that have not come."""
        for rank in self.ranks.values():
            if rank.watch.silent() and not rank.gone and not rank.ended:
                self._lost(rank, "silent")
        if len(self.ranks) < self.wanted and now - started > START and not self.ending:
            missing = [str(number) for number in range(self.wanted) if number not in self.ranks]
            self.words.append(f"After {START} s there is no rank {', '.join(missing[:20])}.\n")
            self.stop()

    def _end_what_lingers(self, now: float) -> None:
        if self.process.poll() is not None:
            # Ranks whose host is gone will not say so.
            self.ending = self.ending or now
            if now - self.ending > GRACE:
                for rank in self.ranks.values():
                    if not rank.ended:
                        self._lost(rank, "silent")
                    rank.gone = True
                self.mpirun_silent = True
        elif self.ending and now - self.ending > 2 * GRACE:
            self.process.kill()
        elif self.ending and now - self.ending > GRACE:
            self.process.terminate()

    def _outcome(self) -> Outcome:
        code = self.process.wait()
        if code == 0 and self.failed is None and len(self.ranks) == self.wanted:
            return Outcome(ok=True)
        words = "".join(self.words).strip()
        named = ABORTED.search(words)
        rank, why = self.failed, ""
        if rank is None and named and int(named[1]) in self.ranks:
            rank = self.ranks[int(named[1])]
            why = "called MPI_Abort" if "abort" in named[2] else NOT_FINALIZED
        if rank is None:
            how = f"exit code {code}" if code >= 0 else f"signal {-code}"
            return Outcome(False, f"mpirun ended with {how}:\n{words or 'it said nothing.'}", code=max(code, 1))
        return Outcome(False, rank.complaint(why), rank.killed(), max(code, 1))

    def containers(self) -> dict[str, str]:
        """Return the names of the containers that had ranks by their addresses, those of the lowest ranks first."""
        found: dict[str, str] = {}
        for _, rank in sorted(self.ranks.items()):
            found.setdefault(rank.address, rank.name)
        return found

    def close(self) -> None:
        """End what is left of the run, if anything is."""
        self.over.set()
        self.stop()
        # Closing alone would not wake the thread that waits for ranks.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def _print(*lines: bytes) -> None:
    """Print lines as they are. Private."""
    for line in lines:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
