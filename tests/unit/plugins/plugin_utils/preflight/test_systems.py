"""Which systems hosts may run; docs/errors.md shows the very messages."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.alparque.festival.plugins.module_utils.hosts import info
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.hosts import judge_hosts
from ansible_collections.alparque.festival.plugins.plugin_utils.preflight.systems import EXPECTED, TRIED
from ansible_collections.alparque.festival.tests.unit.plugins.plugin_utils.preflight.test_hosts import BARE, host

CHECKOUT = Path(__file__).parents[5]
#: What /etc/os-release says.
RELEASES = {
    "Debian 11": 'ID=debian\nVERSION_ID="11"\nVERSION_CODENAME=bullseye',
    "Debian 12": 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm',
    "Debian 13": 'ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie',
    "Debian 14": 'ID=debian\nVERSION_ID="14"',
    "Debian forky": "ID=debian\nVERSION_CODENAME=forky",
    "Debian 1": 'ID=debian\nVERSION_ID="1"',
    "Ubuntu 20.04": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="20.04"',
    "Ubuntu 22.04": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"',
    "Ubuntu 24.04": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"',
    "Ubuntu 26.04": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="26.04"',
    "Linuxmint 12": 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="12"',
    "Rocky 9.4": 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"',
    "Alpine 3.20.1": "ID=alpine\nVERSION_ID=3.20.1",
    "Linux (no version)": "",
}
DOCUMENTED = (CHECKOUT / "docs" / "errors.md").read_text(encoding="utf-8")


def judged(
    release: str, manager: bool = False, daring: tuple = (), settings: dict | None = None, **facts: object
) -> list:
    """Return what is found of a host of this release that lacks these facts, and whether it stops the run."""
    reports = {"mana": host(os=info.operating_system(RELEASES[release]), **facts)}
    given = {"network_subnet": "10.77.0.0/20", **(settings or {})}
    return [
        (found.text, found.fatal) for found in judge_hosts(reports, given, "mana" if manager else "other", (), daring)
    ]


@pytest.mark.parametrize("release", RELEASES)
def test_a_host_that_has_all_may_run_anything(release: str) -> None:
    assert judged(release, manager=True) == []


@pytest.mark.parametrize("lacking", [BARE, {"sdk": None}, {"cryptography": None}], ids=str)
@pytest.mark.parametrize(
    ("releases", "told"),
    [
        (["Debian 12"], None),
        (["Debian 11", "Debian 13", "Ubuntu 22.04", "Ubuntu 24.04"], ("which was not tried", False)),
        (
            ["Debian 14", "Debian forky", "Debian 1", "Ubuntu 20.04", "Ubuntu 26.04", "Linuxmint 12"],
            ("of which nothing is known", True),
        ),
        (["Rocky 9.4", "Alpine 3.20.1", "Linux (no version)"], ("nothing can be installed without apt", True)),
    ],
)
def test_a_system_is_judged_where_something_is_to_be_installed(releases: list, told: tuple, lacking: dict) -> None:
    for release in releases:
        found = judged(release, **lacking)
        assert [fatal for _text, fatal in found] == ([told[1]] if told else []), release
        for text, _fatal in found:
            assert text.startswith(f"Host mana runs {release}, ") and told[0] in text
            assert "Tried: Debian 12; expected to do: Debian 11, Debian 13, Ubuntu 22.04 and Ubuntu 24.04" in text


def test_who_dares_may_have_apt_try_but_not_without_apt() -> None:
    assert judged("Debian 14", daring=("mana",), **BARE) == []
    assert len(judged("Debian 14", daring=("other",), **BARE)) == 1
    assert len(judged("Rocky 9.4", daring=("mana",), **BARE)) == 1


def test_only_the_first_manager_needs_what_bootstraps() -> None:
    lacking = {"mmdebstrap": False}
    assert judged("Rocky 9.4", **lacking) == []
    assert judged("Rocky 9.4", manager=True, settings={"docker_host_bootstrap_packages": []}, **lacking) == []
    ((text, fatal),) = judged("Rocky 9.4", manager=True, **lacking)
    assert fatal and "Install mmdebstrap there yourself, or set docker_host_bootstrap_packages to []" in text


def test_an_engine_that_does_not_answer_is_installed_all_the_same() -> None:
    assert judged("Rocky 9.4", engine=None, engine_error="refused") == []


@pytest.mark.parametrize(
    ("python", "right"), [("3.8.10", False), ("3.9.2", True), ("3.10.0rc1", True), ("4.0.0", True)]
)
def test_a_python_that_is_too_old(python: str, right: bool) -> None:
    found = judged("Debian 12", python=python)
    assert [("has Python 3.8.10, and 3.9 or newer is needed" in text, fatal) for text, fatal in found] == (
        [] if right else [(True, True)]
    )


@pytest.mark.parametrize(
    ("case", "found"),
    [
        ("Python too old", judged("Debian 12", python="3.8.10")),
        ("System without apt", judged("Rocky 9.4", **BARE, sdk=None, cryptography=None)),
        ("System unknown", judged("Debian 14", **BARE, sdk=None, cryptography=None)),
        ("System not tried (warning)", judged("Ubuntu 24.04", **BARE)),
    ],
)
def test_the_documentation_has_the_messages(case: str, found: list) -> None:
    ((text, _fatal),) = found
    assert f"| {case} | {text} |" in DOCUMENTED


def test_the_roles_platforms_are_those_that_the_preflight_knows() -> None:
    names = {"bullseye": "11", "bookworm": "12", "trixie": "13", "jammy": "22.04", "noble": "24.04"}
    about = yaml.safe_load((CHECKOUT / "roles/docker_host/meta/main.yml").read_text(encoding="utf-8"))["galaxy_info"]
    platforms = {(entry["name"], names[version]) for entry in about["platforms"] for version in entry["versions"]}
    assert platforms == {(name, version) for of in (TRIED, EXPECTED) for name, many in of.items() for version in many}
