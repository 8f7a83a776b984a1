"""Reading variables of the inventory's hosts."""

from __future__ import annotations

from ansible.errors import AnsibleError
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.variables import Variables


class Broken(dict):
    """Variables that cannot be worked out."""

    def get(self, name: str, otherwise: object = None) -> object:
        raise AnsibleError("'no_such_thing' is undefined")


def test_hosts_are_told_once_and_managers_first() -> None:
    seen = Variables({"groups": {"festival_hosts": ["b", "a"], "festival_managers": ["a"], "other": ["c"]}})
    assert (seen.hosts, seen.lead) == (["a", "b"], "a")


def test_an_empty_inventory_has_localhost() -> None:
    assert Variables({"groups": {}}).lead == "localhost"


def test_what_cannot_be_read_is_a_finding() -> None:
    seen = Variables({"groups": {}, "hostvars": {"a": {"x": 1}, "b": Broken()}})
    assert (seen.value("a", "x"), seen.value("a", "y", 2), seen.unreadable) == (1, 2, [])
    assert seen.value("b", "x", 3) == 3
    assert [found.text for found in seen.unreadable] == [
        "The variable x of host b cannot be worked out: 'no_such_thing' is undefined. Correct it."
    ]
