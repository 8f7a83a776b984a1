"""What the images are built from: each file as it lies in the role, to the last byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
ROLE = CHECKOUT / "roles" / "images"
FILES = ROLE / "files"
PLAY = """
- hosts: localhost
  gather_facts: false
  vars_files: [{vars_files}]
  tasks:
    - ansible.builtin.copy: {{content: "{{{{ __images_chain | to_json }}}}", dest: "{out}", mode: "0600"}}
"""


def contents(folder: Path, **variables: object) -> dict[str, dict[str, str]]:
    """Return the files that each image is built from, as Ansible hands them to the builder, by the image's name."""
    for kind in ("files", "templates"):
        (folder / kind).symlink_to(ROLE / kind)
    roles = [ROLE.parent / role / part / "main.yml" for role in ("festival", "images") for part in ("defaults", "vars")]
    out = folder / "chain.json"
    play = folder / "play.yml"
    play.write_text(PLAY.format(vars_files=", ".join(map(str, roles)), out=out), encoding="utf-8")
    subprocess.run(
        [
            Path(sys.executable).with_name("ansible-playbook"),
            "-i",
            "localhost,",
            "-c",
            "local",
            play,
            "-e",
            json.dumps(variables),
        ],
        cwd=CHECKOUT,
        env={**os.environ, "ANSIBLE_PYTHON_INTERPRETER": sys.executable},
        capture_output=True,
        check=True,
    )
    return {image["name"]: image["files"] for image in json.loads(out.read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    return contents(tmp_path_factory.mktemp("chain"))


def lying_here() -> dict[str, str]:
    """Return the texts of the images' files, by their paths; bytecode may lie beside them, and is no text."""
    paths = (path for path in FILES.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(FILES)): path.read_text(encoding="utf-8") for path in paths}


def test_every_file_is_as_it_lies_here(built: dict[str, dict[str, str]]) -> None:
    """Whatever its place is called in the image: each text is that of one file."""
    here = set(lying_here().values())
    templates = {"ssh_config", "sshd_config"}
    strange = [f"{image}: {name}" for image, files in built.items() for name, text in files.items() if text not in here]
    assert {name.partition(": ")[2] for name in strange} == templates


def test_every_file_is_in_an_image_but_the_packages_tests_and_pages(built: dict[str, dict[str, str]]) -> None:
    carried = {text for files in built.values() for text in files.values()}
    left = [name for name, text in lying_here().items() if text not in carried]
    assert [name for name in left if not name.startswith(("r/festival/tests/", "r/festival/man/"))] == []


def test_images_without_mpi_have_nothing_of_it(tmp_path: Path) -> None:
    built = contents(tmp_path, images_mpi=False)
    assert [name for files in built.values() for name in files if "mpi" in name] == []
    assert "start/socket" in built["festival/master"] and "serve/socket" in built["festival/worker"]
