"""Locks that processes hold: one at a time, and free again when their holder dies."""

from __future__ import annotations

import multiprocessing
import os
import time

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.jobs.lock import locked

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def holder(tmp_path):
    """Return a process that holds the lock "start" until it is told to end, or killed."""
    here, there = FORK.Pipe()

    def hold():
        with locked(str(tmp_path), "start"):
            there.send("held")
            there.recv()

    process = FORK.Process(target=hold)
    process.start()
    assert here.recv() == "held"
    process.let_go = lambda: here.send("end")
    yield process
    process.kill()
    process.join()


@pytest.fixture
def waiter(tmp_path, holder):
    """Return a function that takes a lock in a process; the answer is what it has to say when it has it."""

    def take(name):
        here, there = FORK.Pipe()

        def wait():
            with locked(str(tmp_path), name):
                there.send("held")

        FORK.Process(target=wait, daemon=True).start()
        return here

    return take


def test_the_second_waits_for_the_first(holder, waiter):
    answer = waiter("start")
    assert not answer.poll(0.3)
    holder.let_go()
    assert answer.poll(10)


def test_who_dies_lets_go(holder, waiter):
    answer = waiter("start")
    assert not answer.poll(0.1)
    holder.kill()
    assert answer.poll(10)


def test_another_name_is_another_lock(waiter):
    assert waiter("reference-3f9a6c21b07d").poll(10)


def test_only_one_is_in_at_a_time(tmp_path):
    """Each adds one to a number that it read before: without the lock some would get lost."""
    count = tmp_path / "count"
    count.write_text("0")

    def add():
        for _ in range(20):
            with locked(str(tmp_path), "count"):
                number = int(count.read_text())
                time.sleep(0.001)
                count.write_text(str(number + 1))
        os._exit(0)

    processes = [FORK.Process(target=add) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4 and count.read_text() == "80"
