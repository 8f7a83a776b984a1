"""Names by content in templates, where lists are worked out when they are looked at."""

from __future__ import annotations

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.alparque.festival.plugins.module_utils.identity import content_id


@pytest.fixture
def recipe():
    """Return a function that names what a role's variables say of a registry."""

    def name(image, base):
        expression = trust_as_template("{{ [image, base, [text, 1]] | alparque.festival.content_id }}")
        variables = {"image": image, "base": base, "text": trust_as_template("{{ 'of ' ~ base }}")}
        return Templar(DataLoader(), variables=variables).template(expression)

    return name


def test_a_template_gives_the_name_that_the_code_gives(recipe):
    assert recipe("", "debian:trixie") == content_id(["", "debian:trixie", ["of debian:trixie", 1]])


def test_neighbours_do_not_run_into_each_other(recipe):
    assert recipe("registry:2", "") != recipe("", "registry:2")
