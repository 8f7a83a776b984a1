"""A headless Chromium, told over its debugging pipe what to open and asked what a reader sees."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
import typing as t

SECONDS = 60
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run")


class Browser:
    """One tab of it."""

    def __init__(self, commands: int, answers: int) -> None:
        self.commands, self.answers = commands, answers
        self.read = b""
        self.number = 0
        self.events: list[dict] = []
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.tell(f"{domain}.enable")

    def tell(self, method: str, **params: t.Any) -> dict:
        """Send a command of the DevTools protocol and return its result."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if hasattr(self, "session"):
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self.number:
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def _next(self) -> dict:
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self.read:
            ready = select.select([self.answers], [], [], max(0, deadline - time.monotonic()))[0]
            piece = os.read(self.answers, 1 << 20) if ready else b""
            assert piece, "the browser ended, or said nothing for a minute"
            self.read += piece
        message, _, self.read = self.read.partition(b"\0")
        return json.loads(message)

    def open(self, address: str, scheme: t.Literal["light", "dark"] = "light") -> None:
        """Open a page as a reader with that colour scheme does, and wait until it is drawn."""
        self.events.clear()
        self.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.tell("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def ask(self, expression: str) -> t.Any:
        """Return the value of JavaScript in the page."""
        result = self.tell("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def complaints(self) -> list[dict]:
        """Return what the page wrote to the console, and its errors."""
        kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [event["params"] for event in self.events if event.get("method") in kinds]

    def requests(self) -> list[str]:
        """Return the addresses that the page asked for."""
        sent = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]


@contextlib.contextmanager
def chromium() -> t.Iterator[Browser]:
    """Start Debian's Chromium, which tests/machine.yml installs, and end it."""
    program = shutil.which("chromium")
    assert program, "Chromium is not installed: run ansible-playbook -i localhost, tests/machine.yml"
    commands_in, commands_out = os.pipe()
    answers_in, answers_out = os.pipe()
    with tempfile.TemporaryDirectory(prefix="festival-browser-", ignore_cleanup_errors=True) as folder:
        # It reads commands from descriptor 3 and writes answers to 4.
        shell = f'exec "$@" 3<&{commands_in} 4>&{answers_out}'
        process = subprocess.Popen(
            ["bash", "-c", shell, "bash", program, *OPTIONS, f"--user-data-dir={folder}"],
            pass_fds=(commands_in, answers_out),
            stderr=subprocess.DEVNULL,
        )
        os.close(commands_in)
        os.close(answers_out)
        try:
            yield Browser(commands_out, answers_in)
        finally:
            os.close(commands_out)
            process.terminate()
            process.wait(SECONDS)
            os.close(answers_in)
