"""An inventory's hosts beside the nodes that a backend knows."""

from __future__ import annotations

from ansible_collections.alparque.festival.plugins.module_utils.hosts.inventory import find_node, merge


def node(name, address, state="ready", node_id=None):
    return {"id": node_id or f"id-{name}-{address}", "hostname": name, "address": address, "state": state}


def host(name, **facts):
    return {"name": name, "reachable": True, "node_id": None, "address": "", "remark": "", **facts}


def test_a_host_is_found_by_its_id_its_address_or_its_name():
    nodes = [node("mana", "10.0.0.1", "down"), node("mana", "10.0.0.2"), node("fabulosos-cadillacs", "10.0.0.3")]
    assert find_node(host("x", node_id="id-mana-10.0.0.1"), nodes)["address"] == "10.0.0.1"
    assert find_node(host("mana", node_id="gone"), nodes) is None, "a host that is another node is not its own ghost"
    assert find_node(host("x", address="10.0.0.3"), nodes)["hostname"] == "fabulosos-cadillacs"
    assert find_node(host("Fabulosos_cadillacs", address="198.51.100.1"), nodes)["address"] == "10.0.0.3"
    assert find_node(host("mana"), nodes)["state"] == "ready"
    assert find_node(host("nobody"), nodes) is None


def test_nodes_that_the_inventory_does_not_know_come_last():
    nodes = [node("ana", "10.0.0.1"), node("berta", "10.0.0.2")]
    hosts = merge([host("berta"), host("carla", reachable=False, remark="no route")], nodes)
    assert [(each["name"], each["hostname"], each["remark"]) for each in hosts] == [
        ("berta", "berta", ""),
        ("carla", None, "no route"),
        (None, "ana", ""),
    ]
