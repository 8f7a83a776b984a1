"""Start an engine on this machine where none answers, with or without systemd, and stop it again if we did.

Without systemd dockerd is started directly: Debian's init script sets limits that a restricted machine forbids. What a
power cut leaves behind (process id files whose number belongs to somebody else by now, sockets that nobody listens
at) would keep dockerd from starting, or have it wait for a containerd that is not there; it is cleared away first.
"""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import signal
import subprocess
import typing as t
from pathlib import Path

from ansible_collections.alparque.festival.plugins.module_utils.docker.socket import NoAnswer, ask
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.lab.paths import (
    clear_leftovers,
    dockerd_command,
    mounts_below,
    paths,
    process_stat,
    read_pid,
)
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

SYSTEMD_UNITS = ("docker.socket", "docker.service", "containerd.service")
#: The default bridge, which dockerd leaves behind when it ends.
DEFAULT_BRIDGE = Path("/sys/class/net/docker0")
LOG_TAIL = 15


def told(path: Path, question: str) -> t.Any:
    """Return what the engine has at a path of its API, or None where none answers."""
    try:
        answer = ask(str(path), question)
    except NoAnswer:
        return None
    return answer.body if answer.status == 200 else None


def bridge_commands(network: dict, interfaces: list[str]) -> list[list[str]]:
    """Return what makes the engine's default bridge again where it is missing.

    Deleted by hand, or by a second dockerd with --bridge=none, it stays missing until the engine starts anew; until
    then no image can be built. The engine takes one of the same name and address for its own.
    """
    name = (network.get("Options") or {}).get("com.docker.network.bridge.name")
    ranges = [entry for entry in network["IPAM"]["Config"] or [] if "." in entry["Subnet"]]
    if not name or name in interfaces or not ranges:
        return []
    subnet = ipaddress.IPv4Network(ranges[0]["Subnet"])
    address = f"{ranges[0].get('Gateway', subnet[1])}/{subnet.prefixlen}"
    return [
        ["ip", "link", "add", name, "type", "bridge"],
        ["ip", "address", "add", address, "broadcast", str(subnet.broadcast_address), "dev", name],
        ["ip", "link", "set", name, "up"],
    ]


class LocalEngine:
    """This machine's engine, or one in a directory of its own."""

    def __init__(self, params: dict, check_mode: bool) -> None:
        self.where = paths(params["directory"])
        self.command = dockerd_command(self.where, params["directory"], params["arguments"])
        self.timeout = params["timeout"]
        self.is_system = not params["directory"]
        self.systemd = self.is_system and os.path.isdir("/run/systemd/system")
        self.check_mode = check_mode

    def answers(self) -> bool:
        """Say whether an engine answers at the socket."""
        return told(self.where.socket, "/_ping") is not None

    def present(self) -> dict:
        """Start the engine if none answers."""
        result = {"docker_host": f"unix://{self.where.socket}", "cleared": []}
        if self.answers():
            return {"changed": self._mend_bridge(), **result}
        if self.check_mode:
            return {"changed": True, **result}
        if self.systemd:
            self._start_unit()
        else:
            result["cleared"] = self._start_process()
        return {"changed": True, **result}

    def absent(self) -> dict:
        """Stop the engine if we started it and nobody else's container runs on it."""
        record = self._record()
        if record is None:
            return {"changed": False, "msg": "this engine was not started here"}
        running = told(self.where.socket, "/containers/json") or []
        if running:
            names = ", ".join(container["Names"][0].lstrip("/") for container in running)
            return {
                "changed": False,
                "msg": f"the engine goes on: containers that are not this lab's run on it: {names}",
            }
        if not self.check_mode:
            unused = not any(self._holds(of) for of in ("/images/json?all=1", "/containers/json?all=1", "/volumes"))
            self._stop(record)
            self._tidy(record, unused)
        return {"changed": True, "msg": "stopped"}

    def _mend_bridge(self) -> bool:
        """Make the default bridge again where it is missing; say whether it was. Private."""
        network = told(self.where.socket, "/networks/bridge")
        commands = bridge_commands(network, os.listdir("/sys/class/net")) if network and self.is_system else []
        for command in [] if self.check_mode else commands:
            done = _run(*command)
            if done.returncode:
                raise FestivalError(
                    f"The engine's bridge is missing. {' '.join(command)}: {done.stderr} Restart the engine."
                )
        return bool(commands)

    def _start_unit(self) -> None:
        """Start the engine as systemd's service. Private."""
        before = self._before()
        before["units"] = [unit for unit in SYSTEMD_UNITS if _run("systemctl", "is-active", unit).returncode]
        started = _run("systemctl", "start", "docker.service")
        if started.returncode or not self._comes_up(lambda: False):
            log = _run("journalctl", "-u", "docker", "-n", str(LOG_TAIL), "-o", "cat").stdout
            raise FestivalError(f"systemd can't start the engine: {started.stderr.strip()}\n{log}{self._advice()}")
        self._remember(before)

    def _start_process(self) -> list[str]:
        """Start dockerd itself, detached from us; return the leftovers that were cleared away. Private."""
        if not shutil.which("dockerd"):
            raise FestivalError(
                "No engine answers, and dockerd is not installed. On Debian and Ubuntu: apt install docker.io"
            )
        cleared = clear_leftovers(self.where)
        before = self._before()
        running = read_pid(self.where.pidfile)
        dockerd = None if running else self._spawn()

        def is_lost() -> bool:
            return dockerd is not None and dockerd.poll() is not None

        if not self._comes_up(is_lost):
            log = self.where.log.read_text(encoding="utf-8", errors="replace") if dockerd else ""
            said = "\n".join(log.splitlines()[-LOG_TAIL:])
            how = "ended at once" if is_lost() else f"does not answer at {self.where.socket} after {self.timeout} s"
            who = f"dockerd (process {running or dockerd.pid})"
            raise FestivalError(f"{who} {how}. Its last log lines:\n{said}\n{self._advice()}")
        if dockerd:
            self._remember({**before, "pid": dockerd.pid, "process": process_stat(dockerd.pid)})
        return cleared

    def _spawn(self) -> subprocess.Popen:
        """Start dockerd in a session of its own, so that it outlives us. Private."""
        self.where.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.where.log, "wb") as log:
            return subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
            )

    def _comes_up(self, is_lost: t.Callable[[], bool]) -> bool:
        """Wait until the engine answers; say whether it does. Private."""
        wait_until(lambda: self.answers() or is_lost(), bool, self.timeout, interval=0.1)
        return self.answers()

    def _advice(self) -> str:
        """Return the next step of one whose engine won't start. Private."""
        return f"Start it by hand ({' '.join(self.command)}) and mend what it complains about, then run again."

    def _before(self) -> dict:
        """Return what is to be there, too, once the engine is gone again. Private."""
        left = self._record()
        if left:
            # An engine that we started was cut off: what it made is no more there than before it.
            return {of: left[of] for of in ("bridge", "data", "mounts")}
        data = self.where.data
        return {
            "bridge": DEFAULT_BRIDGE.exists() or not self.is_system,
            "data": data.is_dir() and any(data.iterdir()),
            "mounts": self._mounts(),
        }

    def _mounts(self) -> list[str]:
        """Return what is mounted in the engine's folders. Private."""
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
        return mounts_below(mounts, self.where.runtime, self.where.data)

    def _remember(self, record: dict) -> None:
        """Note that it was us who started the engine. Private."""
        self.where.record.write_text(json.dumps({**record, "boot": _boot_id()}), encoding="utf-8")

    def _record(self) -> dict | None:
        """Return the note, as long as the engine it speaks of may still be there. Private."""
        try:
            return json.loads(self.where.record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _holds(self, question: str) -> bool:
        """Say whether the engine has any of what is asked for. Private."""
        answer = told(self.where.socket, question)
        return bool(answer["Volumes"] if isinstance(answer, dict) else answer)

    def _stop(self, record: dict) -> None:
        """Stop the very engine that the record speaks of. Private."""
        if "units" in record:
            if record["boot"] == _boot_id():
                _run("systemctl", "stop", *record["units"])
            return
        pid = record["pid"]

        def is_alive() -> bool:
            return list(process_stat(pid) or ()) == record["process"]

        if record["boot"] == _boot_id() and is_alive():
            os.kill(pid, signal.SIGTERM)
            gone, _ = wait_until(is_alive, lambda alive: not alive, self.timeout, 0.1)
            if not gone:
                raise FestivalError(
                    f"dockerd (process {pid}) does not end after {self.timeout} s; see {self.where.log}."
                )

    def _tidy(self, record: dict, unused: bool) -> None:
        """Remove what the engine leaves behind when it ends, where it was not there before. Private."""
        if self.answers():
            # Somebody else started an engine since; everything here is theirs.
            self.where.record.unlink()
            return
        if not record["bridge"] and DEFAULT_BRIDGE.exists():
            _run("ip", "link", "delete", DEFAULT_BRIDGE.name)
        for point in self._mounts():
            if point not in record["mounts"]:
                _unmount(point)
        clear_leftovers(self.where)
        shutil.rmtree(self.where.runtime, ignore_errors=True)
        if unused and not record["data"]:
            shutil.rmtree(self.where.data, ignore_errors=True)
        for path in (self.where.log, self.where.record):
            path.unlink(missing_ok=True)
        if not self.is_system and not os.listdir(self.where.record.parent):
            self.where.record.parent.rmdir()


def _run(*command: str) -> subprocess.CompletedProcess:
    """Run a command and return what it said. Private."""
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _unmount(point: str) -> None:
    """Unmount what an engine that has just ended may hold for some moments more. Private."""
    done, _ = wait_until(lambda: _run("umount", point).returncode, lambda code: code == 0, 5, 0.1)
    if not done:
        _run("umount", "--lazy", point)


def _boot_id() -> str:
    """Return what is different after every boot. Private."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()


def converge(params: dict, check_mode: bool) -> dict:
    """Start or stop the engine."""
    engine = LocalEngine(params, check_mode)
    return engine.present() if params["state"] == "present" else engine.absent()
