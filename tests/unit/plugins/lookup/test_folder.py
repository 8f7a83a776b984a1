"""The folder lookup, as a template uses it."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.alparque.festival.plugins.lookup.folder import LookupModule


@pytest.fixture
def look(tmp_path):
    """Return a function that looks a folder up in a role with two files and a folder."""
    package = tmp_path / "files" / "festival"
    (package / "R").mkdir(parents=True)
    (package / "DESCRIPTION").write_text("Package: festival\n")
    (package / "R" / "día.R").write_text("f <- function() 'ñ'\n")
    (package / "empty").mkdir()

    def look(*terms):
        lookup = LookupModule(loader=DataLoader())
        return lookup.run(list(terms), variables={"role_path": str(tmp_path), "ansible_search_path": [str(tmp_path)]})

    look.package = package
    return look


def test_every_text_is_found_by_its_path_from_the_folders_parent(look):
    texts = {"festival/DESCRIPTION": "Package: festival\n", "festival/R/día.R": "f <- function() 'ñ'\n"}
    assert look("festival") == [texts]
    assert list(look("festival", "festival/R")[1]) == ["R/día.R"]


def test_compiled_python_is_left_out(look):
    (look.package / "mpi" / "__pycache__").mkdir(parents=True)
    (look.package / "mpi" / "rank.py").write_text("import pty\n")
    (look.package / "mpi" / "__pycache__" / "rank.cpython-313.pyc").write_bytes(b"\xf3\x0d")
    assert look("festival/mpi") == [{"mpi/rank.py": "import pty\n"}]


@pytest.mark.parametrize("term", ["nosuch", "festival/DESCRIPTION"])
def test_what_is_no_folder_is_an_error(look, term):
    with pytest.raises(AnsibleError, match=f"Folder {term} was not found below any files/ folder. Check the name."):
        look(term)


def test_what_is_no_text_is_named(look):
    (look.package / "data.rds").write_bytes(b"\x1f\x8b\xff")
    with pytest.raises(AnsibleError, match="festival holds a file that is not text: .* Take it out."):
        look("festival")
