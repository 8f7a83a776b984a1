"""A job's results as they come home: what the report and the modules are shown."""

from __future__ import annotations

import json
import random
import typing as t
from pathlib import Path

BEGAN = 1_790_000_000.0
JOB = {
    "id": "forecast-3f9a6c21b07d",
    "script": "forecast.R",
    "arguments": ["--samples", "300"],
    "engine": "socket",
    "backend": "swarm",
    "pool": "festival-pool",
    "image": "10.218.0.2:5000/festival/master@sha256:b74ea183083094f946c41b65c6255867be2f58affca08a565d678e2e348ba761",
    "user": "ana",
    "controller": "laptop",
    "started": "2026-09-21T15:33:18+00:00",
    "finished": "2026-09-21T15:34:20+00:00",
    "state": "finished",
    "exit_code": 0,
}
SESSION = {"r": "4.5.0", "platform": "x86_64-pc-linux-gnu", "packages": {"snow": "0.4-4", "festival": "0.1.0"}}
#: What an MPI job has besides, or instead.
MPI_JOB = {
    "id": "work-90c4e17f3d52",
    "script": "work.c",
    "arguments": [],
    "engine": "mpi",
    "mpi": {
        "ranks": 12,
        "version": "Open MPI 5.0.7",
        "ranks_per_host": {"aterciopelados": 4, "fabulosos-cadillacs": 4, "mana": 4},
        "runs": 1,
    },
}
FILES = ("log.txt", "output/values & more.csv")
HOSTS = ("aterciopelados", "fabulososcadillacs", "mana")


class Stage:
    """Writes the events of a job in which workers take tasks one after the other."""

    def __init__(self, workers: int, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.events: list[dict] = []
        self.free = {f"{index // 2:012x}/{index % 2 + 1}": BEGAN + 0.5 for index in range(workers)}
        self.tell("start", BEGAN, job=JOB["id"], r="4.5.0", expected=workers)
        for index, worker in enumerate(self.free):
            self.join(BEGAN + 0.2, worker, HOSTS[index // 2 % len(HOSTS)])

    def tell(self, event: str, time: float, **facts: t.Any) -> None:
        self.events.append({"event": event, "time": time, **facts})

    def join(self, time: float, worker: str, host: str) -> None:
        self.free.setdefault(worker, time)
        self.tell("join", time, worker=worker, host=host, container=worker.split("/")[0], pid=57)

    def lose(self, time: float, worker: str, host: str, tasks: int = 1, cause: str = "silent") -> None:
        del self.free[worker]
        self.tell("lost", time, worker=worker, host=host, cause=cause, tasks=tasks)

    def message(self, call: int, first: int, count: int, seconds: float, attempt: int = 1) -> float:
        """Let the worker that is free first do a message of tasks; return when it had it done."""
        worker = min(self.free, key=self.free.__getitem__)
        start = self.free[worker]
        self.free[worker] = start + seconds + 0.01
        done = {"first": [first], "count": [count], "worker": [worker], "start": [start], "end": [start + seconds]}
        self.tell("tasks", start + seconds, call=call, **done, attempt=[attempt])
        return start + seconds

    def begin(self, number: int, tasks: int, function: str = "festival_lapply") -> float:
        """Begin a call when all workers are free."""
        begin = max(self.free.values())
        self.free = dict.fromkeys(self.free, begin)
        self.tell("call", begin, call=number, function=function, tasks=tasks)
        return begin

    def share(self, number: int, first: int, last: int, seconds: float, count: int = 1) -> float:
        """Let the workers share some of a call's tasks; return when they had done them."""
        return max(
            self.message(number, task, min(count, last - task + 1), self.random.uniform(0.3, 1.7) * seconds)
            for task in range(first, last + 1, count)
        )

    def call(self, number: int, tasks: int, seconds: float, count: int = 1, function: str = "festival_lapply") -> float:
        """Let all workers share a call's tasks; return when it had ended."""
        self.begin(number, tasks, function)
        end = self.share(number, 1, tasks, seconds, count)
        self.tell("done", end, call=number)
        return end

    def lines(self) -> str:
        return "".join(f"{json.dumps(event)}\n" for event in self.events)


def eventful() -> Stage:
    """Return a job with two calls, two losses, a worker that comes later, an error and a master that was started again."""
    stage = Stage(12)
    stage.begin(1, 120)
    stage.share(1, 1, 80, 1.2)
    lost = {worker: stage.free[worker] + 0.6 for worker in ("000000000002/1", "000000000002/2")}
    stage.lose(lost["000000000002/1"], "000000000002/1", "mana", tasks=2)
    stage.lose(lost["000000000002/2"], "000000000002/2", "mana", tasks=0, cause="closed")
    stage.tell("retry", lost["000000000002/1"], call=1, first=81, count=2, worker="000000000002/1", attempt=2)
    stage.message(1, 81, 2, 2.5, attempt=2)
    end = stage.share(1, 83, 120, 1.2)
    stage.tell("done", end, call=1)
    stage.join(end + 2, "0000000000ff/1", "mana")
    end = stage.call(2, 60, 2.5, count=2, function="clusterApplyLB")
    stage.tell("failed", end - 1, call=2, task=17, message="Error in f(x) : no guitar for <b>mana</b>")
    stage.begin(3, 100)
    end = stage.share(3, 1, 40, 0.8)
    stage.tell("start", end + 6, job=JOB["id"], r="4.5.0", expected=11, resumed=True)
    hosts = {event["worker"]: event["host"] for event in stage.events if event["event"] == "join"}
    for index, worker in enumerate(stage.free):
        stage.join(end + 6.3 + index / 50, worker, hosts[worker])
    stage.free = dict.fromkeys(stage.free, end + 7)
    for number, tasks in ((1, 120), (2, 60)):
        stage.tell("call", end + 6.8, call=number, function="festival_lapply", tasks=tasks)
        stage.tell("resumed", end + 6.8, call=number, tasks=tasks)
        stage.tell("done", end + 6.9, call=number)
    stage.begin(3, 100)
    stage.tell("resumed", end + 7, call=3, tasks=40)
    end = stage.share(3, 41, 100, 0.8)
    stage.tell("done", end, call=3)
    stage.tell("end", end + 0.5)
    return stage


class Recorded:
    """The events of an MPI job: times, causes, CPU time and memory of twelve ranks of a real mpirun on three hosts.

    Names of hosts and containers, and the launcher's own events around the ranks', are put in by hand.
    """

    def __init__(self, name: str) -> None:
        self.text = (Path(__file__).parent / "recorded" / f"{name}.jsonl").read_text(encoding="utf-8")

    def lines(self) -> str:
        return self.text


def write_job(folder: Path, stage: Stage | Recorded | None, log: str = "Hola\n", **facts: t.Any) -> Path:
    """Write a job's results to a folder, as the controller gets them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.json").write_text(json.dumps({**JOB, **facts}))
    (folder / "session.json").write_text(json.dumps(SESSION))
    (folder / "log.txt").write_text(log)
    (folder / "output").mkdir(exist_ok=True)
    (folder / "output" / "values & more.csv").write_text("x\n1\n")
    (folder / "manifest.sha256").write_text("".join(f"{'0' * 64}  {name}\n" for name in FILES))
    if stage:
        (folder / "events.jsonl").write_text(stage.lines())
    return folder
