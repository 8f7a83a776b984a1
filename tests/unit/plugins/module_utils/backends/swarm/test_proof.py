"""The proof that a host's containers reach the others': with real sockets."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm import proof
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.modules.pool_reach import OPTIONS
from ansible_collections.alparque.festival.tests.unit.fake_engine import InTurn, absent, params
from ansible_collections.alparque.festival.tests.unit.plugins.module_utils.backends.swarm.test_reach import (
    ELSEWHERE,
    HERE,
    PLACES,
    THERE,
    needs_root,
)


def prove(engine, **given):
    return proof.converge(
        engine, params(OPTIONS, name="ana", pool="festival-pool", places=PLACES, timeout=0, **given), False
    )


@needs_root
def test_a_host_that_reaches_all_others_is_proven(listen, host):
    assert prove(host(listen(THERE, ELSEWHERE))) == {"changed": False, "missed": [], "cut_off": False}


@needs_root
def test_who_is_missed_is_named_and_who_misses_all_is_cut_off(listen, host, documented):
    assert prove(host(listen(THERE)), tolerant=True) == {"changed": False, "missed": ["carla"], "cut_off": False}
    assert prove(host(listen(HERE)), tolerant=True) == {"changed": False, "missed": ["berta", "carla"], "cut_off": True}
    with pytest.raises(FestivalError) as error:
        prove(host(listen(THERE)))
    words = (
        documented("Containers that do not reach others").replace("mana", "ana").replace("fabulosos-cadillacs", "carla")
    )
    assert str(error.value) == words


@needs_root
def test_a_manager_whose_restart_would_end_a_job_is_spared(listen, host):
    job = {"ID": "s1", "Spec": {"Labels": {"festival.job": "forecast-1"}}}
    busy = {"services": [job], "tasks": [{"ServiceID": "s1"}], "info": {"Swarm": {"ControlAvailable": True}}}
    with pytest.raises(FestivalError, match="Host ana is cut off .* would end the master of job forecast-1"):
        prove(host(listen(HERE), **busy), tolerant=True)


def test_a_host_without_a_container_has_nothing_to_prove(host):
    assert prove(host(1, containers=[])) == {"changed": False, "missed": [], "cut_off": False}


@needs_root
def test_what_a_container_that_ends_misses_proves_nothing(listen, host):
    port = listen(THERE, ELSEWHERE)
    whole = host(port).answers["inspect_container"]
    gone = {**whole, "State": {"Pid": 2**22 + 1}}
    engine = host(port, inspect_container=InTurn([gone, whole]))
    assert prove(engine) == {"changed": False, "missed": [], "cut_off": False}
    # It runs when it is found, and is another one when it has missed somebody.
    lonely = host(listen(HERE), inspect_container=InTurn([whole, gone, absent("no such container")]))
    assert prove(lonely) == {"changed": False, "missed": [], "cut_off": False}
