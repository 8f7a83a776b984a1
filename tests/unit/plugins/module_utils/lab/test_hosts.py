"""What a lab refuses, on a real engine, and that it has changed nothing by then. Molecule raises whole labs."""

from __future__ import annotations

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import connect
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.lab import hosts as lab_hosts
from ansible_collections.alparque.festival.plugins.module_utils.lab import spec as lab_spec
from ansible_collections.alparque.festival.tests.unit.fake_engine import FakeEngine, InTurn, absent

NAME = "festival-test-lab"


@pytest.fixture(scope="module")
def client():
    try:
        return connect("unix:///var/run/docker.sock")
    except FestivalError:
        pytest.skip("no engine answers")


@pytest.fixture
def image(client, tmp_path):
    """Yield an image that holds nothing: good enough to refuse."""
    (tmp_path / "root.tar").write_bytes(lab_hosts.archive({"file": "made by a test"}))
    client.import_image_from_file(str(tmp_path / "root.tar"), "festival-test/host", "1", changes=['CMD ["/none"]'])
    yield "festival-test/host:1"
    client.remove_image("festival-test/host:1", force=True)


def params(**further):
    return {
        "name": NAME,
        "state": "present",
        "subnet": "10.231.0.0/28",
        "image": "festival-test/host:1",
        "hosts": [{"name": "mana"}],
        "public_key": "ssh-ed25519 AAAA test",
        "timeout": 5,
        "remove_images": "",
        **further,
    }


def things(client):
    mine = {"label": f"{lab_spec.LAB}={NAME}"}
    found = client.networks(filters=mine) + client.containers(all=True, filters=mine)
    return found + (client.volumes(filters=mine)["Volumes"] or [])


def test_an_image_that_is_not_there(client):
    with pytest.raises(FestivalError, match=r"Image festival-test/none:1 of the lab hosts .*lab\.yml builds it"):
        lab_hosts.converge(client, params(image="festival-test/none:1"), check_mode=False)
    assert not things(client)


def test_a_network_of_the_labs_name_that_is_somebody_elses(client, image):
    with pytest.raises(FestivalError, match="A Docker network bridge is there that this lab did not make"):
        lab_hosts.converge(client, params(name="bridge"), check_mode=False)


def test_a_subnet_that_the_machine_is_in(client, image):
    networks = lab_spec.connected_networks(lab_hosts.read("/proc/net/route"))
    taken = next(iter(networks))
    with pytest.raises(FestivalError, match=f"lab_subnet {taken} collides with {taken}"):
        lab_hosts.converge(client, params(subnet=taken), check_mode=False)
    assert not things(client)


def test_a_container_of_a_hosts_name_that_is_somebody_elses(client, image):
    stranger = client.create_container(image, name=f"{NAME}-mana")
    try:
        with pytest.raises(FestivalError, match=f"A container {NAME}-mana is there that this lab did not make"):
            lab_hosts.converge(client, params(), check_mode=False)
        assert not things(client)
    finally:
        client.remove_container(stranger)


def test_a_new_host_has_nothing_of_an_earlier_one():
    """Whose container is gone, and whose engine's data is not."""
    engine = FakeEngine(remove_volume=InTurn([{}, absent("no such volume")]))
    spec = {"HostConfig": {"Mounts": [{"Source": "lab-mana-docker"}, {"Source": "lab-mana-containerd"}]}}
    lab_hosts.Lab(engine, params(), False)._create("lab-mana", spec)
    assert engine.orders() == ["remove_volume", "remove_volume", "create_container_from_config"]
    assert [told.get("name") for _, told in engine.told[:2]] == ["lab-mana-docker", "lab-mana-containerd"]


def test_a_check_run_makes_nothing(client, image):
    found = lab_hosts.converge(client, params(), check_mode=True)
    assert found["changed"]
    assert found["hosts"] == {"mana": {"address": "10.231.0.2", "groups": ["festival_managers"], "state": "create"}}
    assert found["diff"] == {"before": {}, "after": {"mana": "running"}}
    assert not things(client)


def test_absent_where_nothing_is(client):
    assert lab_hosts.converge(client, params(state="absent"), check_mode=False) == {
        "changed": False,
        "removed": [],
        "hosts": {},
        "diff": {},
    }


def test_a_host_that_can_not_start_says_why_and_leaves_with_the_rest(client, image):
    with pytest.raises(FestivalError, match=r"Raising lab host mana \(create\).*lab_state=absent.*/none"):
        lab_hosts.converge(client, params(), check_mode=False)
    with pytest.raises(FestivalError, match=r"Lab .* stands on 10\.231\.0\.0/28, not on 10\.231\.0\.0/29"):
        lab_hosts.converge(client, params(subnet="10.231.0.0/29"), check_mode=False)
    removed = lab_hosts.converge(client, params(state="absent"), check_mode=False)["removed"]
    assert sorted(removed) == [
        "host mana",
        f"network {NAME}",
        f"volume {NAME}-mana-containerd",
        f"volume {NAME}-mana-docker",
    ]
    assert not things(client)
