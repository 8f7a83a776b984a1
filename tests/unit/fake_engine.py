"""A Docker engine that answers as a real one was recorded, and remembers what it was told to do."""

from __future__ import annotations

import inspect
import typing as t
from pathlib import Path

import docker
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from docker.errors import APIError, NotFound

#: What only asks. Everything else changes the engine, and is remembered.
QUESTIONS = {
    "configs",
    "containers",
    "images",
    "info",
    "inspect_container",
    "inspect_distribution",
    "inspect_image",
    "inspect_network",
    "inspect_node",
    "inspect_service",
    "inspect_swarm",
    "networks",
    "nodes",
    "secrets",
    "services",
    "tasks",
}

#: What only makes a dict, and needs no engine.
BUILDERS = {"create_endpoint_config", "create_host_config", "create_networking_config", "create_swarm_spec"}


class InTurn(list):
    """Answers that are given one after the other; the last one stays."""


def fault(words: str) -> APIError:
    """Return the SDK's error for an engine that refuses with these ``words``."""
    return APIError("500 Server Error", explanation=words)


def absent(words: str) -> NotFound:
    """Return the SDK's error for an engine that does not have what was asked for."""
    return NotFound("404 Client Error", explanation=words)


class FakeEngine:
    """``FakeEngine(info=…, nodes=…)``: by method of APIClient, its answer, InTurn several, an error, or a function.

    A question without an answer is a KeyError, and arguments that the SDK would not take are a TypeError.
    """

    def __init__(self, **answers: t.Any) -> None:
        self.answers = answers
        self.told: list[tuple[str, dict]] = []

    def __getattr__(self, method: str) -> t.Callable:
        signature = inspect.signature(getattr(docker.APIClient, method))

        def call(*args: t.Any, **kwargs: t.Any) -> t.Any:
            given = dict(signature.bind(self, *args, **kwargs).arguments)
            del given["self"]
            if method in BUILDERS:
                return getattr(docker.APIClient(version="1.41"), method)(*args, **kwargs)
            if method not in QUESTIONS:
                self.told.append((method, given))
            answer = self.answers[method] if method in QUESTIONS else self.answers.get(method, {"Id": "made"})
            return self._give(answer, given)

        return call

    def _give(self, answer: t.Any, given: dict) -> t.Any:
        if isinstance(answer, InTurn):
            return self._give(answer.pop(0) if len(answer) > 1 else answer[0], given)
        if isinstance(answer, Exception):
            raise answer
        return answer(**given) if callable(answer) else answer

    def orders(self) -> list[str]:
        """Return the names of what it was told to do, in order."""
        return [method for method, _ in self.told]


def params(options: dict, **given: t.Any) -> dict:
    """Return a module's parameters as AnsibleModule makes them from its argument spec."""
    checked = ArgumentSpecValidator(options).validate(given)
    assert not checked.error_messages, checked.error_messages
    return checked.validated_parameters


def has_labels(labels: dict[str, str], wanted: str | list[str]) -> bool:
    """Say whether labels pass a filter of the engine's: all of ``wanted``, each a name or a name=value."""
    pairs = [each.partition("=") for each in ([wanted] if isinstance(wanted, str) else wanted)]
    return all(name in labels and (not equals or labels[name] == value) for name, equals, value in pairs)


def master_engine(script: t.Callable[[Path], None], **answers: t.Any) -> FakeEngine:
    """Return a manager's engine on which creating a service runs ``script`` on the job's folder, as a master does."""
    services: list[dict] = []

    def create_service(task_template: dict, name: str, labels: dict | None = None, **_: t.Any) -> None:
        services.append({"Spec": {"Name": name, "Labels": labels or {}, "TaskTemplate": task_template}})
        script(Path(task_template["ContainerSpec"]["Mounts"][0]["Source"]))

    def list_services(filters: dict[str, t.Any]) -> list[dict]:
        named = [service for service in services if filters.get("name", "") in service["Spec"]["Name"]]
        return [service for service in named if has_labels(service["Spec"]["Labels"], filters.get("label", []))]

    def remove_service(service: str) -> None:
        services[:] = [other for other in services if other["Spec"]["Name"] != service]

    return FakeEngine(
        **{
            "info": {"Swarm": {"NodeID": "mo6s3aat8vfoyiz354w7mtkaa"}},
            "services": list_services,
            "create_service": create_service,
            "containers": [],
            "remove_service": remove_service,
            "tasks": [],
            **answers,
        }
    )


def ends(code: int, log: str = "hello\n", output: dict[str, str] | None = None) -> t.Callable[[Path], None]:
    """Return what a master does whose script ends with ``code``."""

    def script(folder: Path) -> None:
        for name, text in (output or {}).items():
            path = folder / "work" / "output" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (folder / "log.txt").write_text(log)
        (folder / "exit_code").write_text(f"{code}\n")

    return script
