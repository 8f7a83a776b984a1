"""The hosts of an inventory beside the nodes that a backend knows."""

from __future__ import annotations

#: What a host of the inventory lacks that is not in the swarm.
NO_NODE = {
    "id": None,
    "hostname": None,
    "role": None,
    "availability": None,
    "state": None,
    "message": "",
    "address": "",
    "leader": False,
    "manages": False,
    "labels": {},
    "engine_version": None,
    "cpus": None,
    "memory_bytes": None,
}


def find_node(host: dict, nodes: list[dict]) -> dict | None:
    """Return the node that a host of the inventory is: by its node id, else by its address, else by its name."""
    name = host["name"].replace("_", "-").lower()
    tests = (
        lambda node: node["id"] and node["id"] == host["node_id"],
        lambda node: node["address"] and node["address"] == host["address"],
        lambda node: node["hostname"].replace("_", "-").lower() == name,
    )
    # A host that says which node it is, is no other: a machine that was made anew is not its own ghost.
    for test in tests[:1] if host["node_id"] else tests[1:]:
        found = [node for node in nodes if test(node)]
        if found:
            return next((node for node in found if node["state"] == "ready"), found[0])
    return None


def merge(inventory: list[dict], nodes: list[dict]) -> list[dict]:
    """Return the inventory's hosts with their nodes, and after them the nodes that the inventory does not know."""
    hosts, known = [], []
    for host in inventory:
        node = find_node(host, [node for node in nodes if node not in known])
        known += [node] if node else []
        hosts.append(
            {**(node or NO_NODE), "name": host["name"], "reachable": host["reachable"], "remark": host["remark"]}
        )
    rest = [node for node in nodes if node not in known]
    return hosts + [{**node, "name": None, "reachable": None, "remark": ""} for node in rest]
