"""The workers of a pool that a master does not reach."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.placement import (
    nodes_to_count_by,
    slots_on,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.reach import (
    ANSWER,
    missed_from,
    pool_places,
    running_container,
)
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.service import find_service, tasks_of


def missing_workers(client: t.Any, service: str, pool: str, network: str) -> dict | None:
    """Return the workers of a pool that the container of a master does not reach: ``{"of": 6, "hosts": {"carla": 2}}``.

    Nothing where it reaches all, or this process may not look; None while the master has no container.
    """
    container, found = running_container(client, service), find_service(client, pool)
    if not container or not found:
        return None
    places = pool_places(client, tasks_of(client, pool), network)
    try:
        missed = missed_from(container, places, ANSWER)
    except FileNotFoundError:
        return None
    except OSError:
        missed = {}
    if not missed:
        return {}
    nodes = nodes_to_count_by(client, found["Spec"])
    told: Counter[str] = Counter()
    for place in places:
        if place["node_id"] in missed:
            told[place["hostname"]] += slots_on(found["Spec"], nodes.get(place["node_id"]))
    of = sum(slots_on(found["Spec"], nodes.get(place["node_id"])) for place in places)
    return {"of": of, "hosts": dict(sorted(told.items()))}
