"""The programs with which masters and worker containers begin: the real ones, in a folder of the test's; a shell plays R."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible_collections.alparque.festival.plugins.module_utils.engines import table

FILES = Path(__file__).parents[3] / "roles" / "images" / "files"
ENGINES = sorted(path.name for path in (FILES / "start").iterdir())

#: In the place of R: says how it was called and what it was told, and does what its first argument says.
R = """#!/bin/bash
case "$*" in
  *supervise*) echo supervising; exec sleep 30 ;;
  *serve_files*) echo "handing out $FESTIVAL_FILES"; exec sleep 30 ;;
  *watch*) echo "watch of $FESTIVAL_POOL_ADDRESS for $MASTER"; exec sleep 30 ;;
esac
[ -z "${FESTIVAL_FILES-}" ] || until grep -q handing /job/watch.txt; do sleep 0.1; done
files=${FESTIVAL_FILES_FROM:+|files=$FESTIVAL_FILES_FROM}
echo "$*|cluster=${FESTIVAL_CLUSTER-}|hosts=${FESTIVAL_HOSTS-}|master=${MASTER-}|value=$FESTIVAL_VALUE$files"
exit 7
"""
#: The name service of a pool of two containers.
GETENT = """#!/bin/sh
[ "$2" = tasks.pool ] || exit 2
printf '10.0.0.%s STREAM tasks.pool\\n' 10 10 9
"""


class Ended(t.NamedTuple):
    """How a program ended: with which exit code and output, and whether something that it started still ran."""

    code: int
    output: str
    left: bool


class Container(t.NamedTuple):
    """What takes the place of an image's file system."""

    root: Path

    def program(self, name: str, text: str) -> Path:
        """Put a program on the path, with the image's folders in the place of the machine's."""
        for folder in ("/job", "/usr/local/lib/festival", "/etc/festival"):
            text = text.replace(f"{folder}/", f"{self.root}{folder}/")
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def run(self, name: str, *arguments: str, **told: str) -> Ended:
        """Run a container's first program. What it leaves running ends with the container."""
        environment = {"PATH": f"{self.root}/bin:/usr/bin:/bin", "FESTIVAL_OUTPUT": "output", **told}
        out = self.root / "stdout"
        with out.open("w") as stream:
            process = subprocess.Popen(
                [self.root / "bin" / name, *arguments], env=environment, stdout=stream, process_group=0
            )
            code = process.wait(60)
        listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
        # Zombies (Z) have ended; a container's first program would take them in.
        left = any(re.match(rf" *{process.pid} +[^Z]", line) for line in listed.splitlines())
        if left:
            os.killpg(process.pid, signal.SIGKILL)
        return Ended(code, out.read_text(), left)

    def job(self, engine: str, **told: str) -> tuple[str, str]:
        """Run a master and return the job's log and exit code."""
        done = self.run("festival-master", "a.R", "two words", FESTIVAL_ENGINE=engine, **told)
        assert done.code == 0 and not done.left
        return (self.root / "job/log.txt").read_text(), (self.root / "job/exit_code").read_text()


@pytest.fixture
def container(tmp_path: Path) -> Container:
    made = Container(tmp_path)
    for path in [*(FILES / "bin").glob("festival-*")]:
        made.program(f"bin/{path.name}", path.read_text(encoding="utf-8"))
    for kind in ("start", "serve"):
        for path in (FILES / kind).iterdir():
            made.program(f"usr/local/lib/festival/{kind}/{path.name}", path.read_text(encoding="utf-8"))
    for name, text in {"Rscript": R, "getent": GETENT, "hostname": "#!/bin/sh\necho 10.0.0.5 172.18.0.3\n"}.items():
        made.program(f"bin/{name}", text)
    (tmp_path / "job/work").mkdir(parents=True)
    return made


POOL = {
    "FESTIVAL_POOL": "pool",
    "FESTIVAL_POOL_ADDRESS": "tasks.pool",
    "FESTIVAL_CONTAINERS": "2",
    "FESTIVAL_SLOTS": "2",
    "FESTIVAL_WORKERS": "4",
}


def test_a_script_without_an_engine_is_alone(container: Container) -> None:
    log, code = container.job("none")
    assert code == "7\n"
    assert (
        log
        == f"--max-connections=1024 a.R two words|cluster=alone|hosts=|master=|value={container.root}/job/value.rds\n"
    )
    assert (container.root / "job" / "work" / "output").is_dir()


def test_a_script_that_writes_more_than_it_may_is_ended_with_all_that_it_has_started(container: Container) -> None:
    """Its log says so, and is whole."""
    container.program(
        "bin/Rscript",
        "#!/bin/bash\necho writes\nsleep 60 & while :; do head -c 1M /dev/zero >> much; sleep 0.1; done\n",
    )
    log, code = container.job("none", FESTIVAL_OUTPUT_LIMIT="3000000")
    assert code == "153\n"
    assert re.fullmatch(
        r"writes\n(?s:.*)[\d.]+[MG] lie in the job's folder, and job_output_limit is 2.9M: it is ended.\n(?s:.*)", log
    )


def test_a_script_that_writes_less_is_left_alone(container: Container) -> None:
    limited = container.job("none", FESTIVAL_OUTPUT_LIMIT="3000000")
    (container.root / "job/log.txt").unlink()
    assert limited == container.job("none")


def test_workers_that_the_script_starts_are_told_to_it(container: Container) -> None:
    log, code = container.job("ssh", **POOL)
    assert code == "7\n"
    assert "|cluster=|hosts=10.0.0.9 10.0.0.9 10.0.0.10 10.0.0.10|master=10.0.0.5|" in log


def test_workers_are_as_many_as_each_container_says_where_it_counts_for_itself(container: Container) -> None:
    """One that does not answer is taken for one worker."""
    container.program("bin/ssh", '#!/bin/sh\n[ "$*" = "10.0.0.9 printenv FESTIVAL_OWN_SLOTS" ] && echo 3\n')
    log, _ = container.job("ssh", **{**POOL, "FESTIVAL_SLOTS": "auto:1:0"})
    assert "|hosts=10.0.0.9 10.0.0.9 10.0.0.9 10.0.0.10|" in log


def test_a_script_whose_workers_dial_in_has_a_watch_for_as_long_as_it_runs(container: Container) -> None:
    log, code = container.job("socket", **{**POOL, "FESTIVAL_CONTAINERS": "3", "FESTIVAL_WORKERS": "6"})
    assert code == "7\n"
    assert "|cluster=pool|hosts=10.0.0.9 10.0.0.9 10.0.0.10 10.0.0.10 tasks.pool tasks.pool|master=10.0.0.5|" in log
    watched = (container.root / "job/watch.txt").read_text()
    assert watched in ("", "watch of tasks.pool for 10.0.0.5\n")


@pytest.mark.parametrize(("engine", "told"), [("socket", ""), ("ssh", "|files=10.0.0.5 8652 a-1")])
def test_a_job_with_files_hands_them_out_and_ends_when_its_script_does(
    container: Container, engine: str, told: str
) -> None:
    (container.root / "job/inputs.tar").write_text("")
    settings = {**POOL, "FESTIVAL_ENGINE": engine, "FESTIVAL_JOB": "a-1", "FESTIVAL_MASTER_PORT": "8651"}
    done = container.run("festival-master", "a.R", **settings)
    assert done.code == 0 and done.left, "who hands out ends with the container"
    assert (container.root / "job/log.txt").read_text().endswith(f"/job/value.rds{told}\n")
    assert f"handing out {container.root}/job/inputs.tar" in (container.root / "job/watch.txt").read_text()


@pytest.mark.parametrize("engine", ["", "pvm", "../start/none", "/bin/true"])
def test_an_engine_that_the_image_does_not_know_is_an_error_that_names_those_it_has(
    container: Container, engine: str
) -> None:
    log, code = container.job(engine)
    assert code == "78\n"
    assert log.startswith(
        f"This image can't start the engine '{engine}', only: {' '.join(ENGINES)}. Choose festival_engine"
    )


def test_an_engine_that_was_left_out_of_the_image_is_no_engine(container: Container) -> None:
    (container.root / "usr/local/lib/festival/start/mpi").unlink()
    assert "the engine 'mpi', only: none socket ssh." in container.job("mpi")[0]


def test_a_worker_container_serves_every_engine_and_ends_with_the_first_part_that_ends(container: Container) -> None:
    container.program("bin/python3", "#!/bin/sh\necho python3 $*\n")
    serve = container.root / "usr/local/lib/festival/serve/ssh"
    text = serve.read_text(encoding="utf-8")
    assert "/usr/sbin/sshd " in text
    serve.write_text(text.replace("/usr/sbin/sshd", "sshd"), encoding="utf-8")
    container.program("bin/sshd", "#!/bin/sh\necho sshd; sleep 0.5; exit 9\n")
    done = container.run("festival-worker")
    assert done.code == 9 and done.left
    assert done.output.splitlines()[0].startswith("python3 ") and sorted(done.output.splitlines()[1:]) == [
        "sshd",
        "supervising",
    ]


def test_every_start_file_is_a_program_and_no_serving_one_is() -> None:
    """The images' builder makes files executable that begin so; the others are read by festival-worker's own shell."""
    assert [path.name for path in (FILES / "start").iterdir() if not path.read_text().startswith("#!/")] == []
    assert [path.name for path in (FILES / "serve").iterdir() if path.read_text().startswith("#!")] == []
    assert {path.name for path in (FILES / "serve").iterdir()} <= set(ENGINES)


def test_every_engine_has_a_start_file_of_its_name() -> None:
    assert sorted(table.ENGINES) == ENGINES


def test_nothing_that_all_engines_share_asks_which_one_it_is() -> None:
    """The R package is told what it needs to know; the master takes the name for a file's."""
    shared = [*FILES.glob("bin/festival-*"), *FILES.glob("r/*.R"), *FILES.glob("r/festival/R/*.R")]
    asking = [
        f"{path.name}: {hit}"
        for path in shared
        for hit in re.findall(r".*[!=]=? *\"(?:socket|ssh|mpi|none)\".*", path.read_text())
    ]
    assert asking == []
