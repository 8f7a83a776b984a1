"""Keys and tokens as secrets and configs of the Swarm, which the containers of any host can mount."""

from __future__ import annotations

import typing as t

from ansible_collections.alparque.festival.plugins.module_utils import names
from ansible_collections.alparque.festival.plugins.module_utils.backends.swarm.service import mounted_files
from ansible_collections.alparque.festival.plugins.module_utils.docker.client import DockerMissing, docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.trust.cluster_keys import KeySet
from ansible_collections.alparque.festival.plugins.module_utils.trust.kinds import KEYS, TOKEN, Kind, Prints

#: Where the engine puts a secret that has no path of its own.
SECRETS = "/run/secrets/"


def key_files(client: t.Any, params: dict, pool: str, check_mode: bool = False) -> dict:
    """Return the part of a container's spec that mounts the cluster's keys and its pool's token; ``keys`` may be none."""
    if not params["keys"]:
        return mounted_files(client, [], [])
    secrets, configs = [], []
    for kind, owner in ((KEYS, params["prefix"]), (TOKEN, pool)):
        for part, target in kind.targets.items():
            entry = {"name": names.key(owner, part, params["keys"]["version"]), "uid": params["uid"]}
            entry["target"] = target.replace(SECRETS, "")
            (secrets if part in kind.secrets else configs).append(entry)
    return mounted_files(client, secrets, configs, check_mode)


class SwarmStore:
    """Secrets and configs, whose names begin with their owner's. Labels, not names, say what is ours and belongs together."""

    def __init__(self, client: t.Any, kind: Kind, owner: str) -> None:
        self.client, self.kind, self.owner, self.what = client, kind, owner, kind.what.format(owner=owner)
        with docker_errors("Ask for the Swarm's state"):
            swarm = client.info()["Swarm"]
        if swarm["LocalNodeState"] == "inactive":
            raise DockerMissing("This engine is in no Swarm yet. Run playbooks/provision.yml first.")
        if not swarm["ControlAvailable"]:
            raise FestivalError(
                f"The Swarm's keys are kept by a manager, and this engine is none (state {swarm['LocalNodeState']}): "
                "run the trust role on the first host of festival_managers."
            )

    def sets(self) -> dict[int, KeySet]:
        with docker_errors(f"List {self.what}"):
            ours = {"label": f"{self.kind.label}={self.owner}"}
            kept = self.client.secrets(filters=ours) + self.client.configs(filters=ours)
            return sets_of(self.kind, kept, self.client.services())

    def make(self, version: int, texts: dict[str, str], fingerprints: Prints) -> KeySet:
        made = KeySet({}, *fingerprints)
        try:
            for part in self.kind.parts:
                name = names.key(self.owner, part, version)
                create = self.client.create_secret if part in self.kind.secrets else self.client.create_config
                labels = dict(zip(_labels(self.kind), (self.owner, part, str(version), *fingerprints)))
                with docker_errors(f"Create {name}"):
                    made.objects[part] = {"name": name, "id": create(name, texts[part].encode(), labels)["ID"]}
        except FestivalError as error:
            self._remove(made)
            raise FestivalError(
                f"{error}. Nothing is left of what was begun. Remove what stands in the way, or set another festival_trust_version."
            ) from error
        return made

    def mend(self, version: int, check: bool) -> bool:
        return False

    def remove(self, version: int) -> None:
        self._remove(self.sets().get(version, KeySet()))

    def _remove(self, kept: KeySet) -> None:
        for part, found in kept.objects.items():
            remove = self.client.remove_secret if part in self.kind.secrets else self.client.remove_config
            with docker_errors(f"Remove {found['name']}"):
                remove(found["id"])


def _labels(kind: Kind) -> list[str]:
    return [kind.label, *(f"{kind.label}.{name}" for name in ("part", "version", "fingerprint", "host-fingerprint"))]


def sets_of(kind: Kind, kept: list[dict], services: list[dict]) -> dict[int, KeySet]:
    """Return the versions that secrets and configs, as the engine lists them, make up, and the services that use them."""
    sets: dict[int, KeySet] = {}
    users = _users(services)
    for item in kept:
        _ours, part, version, *prints = (item["Spec"]["Labels"].get(label, "") for label in _labels(kind))
        found = sets.setdefault(int(version), KeySet({}, *prints))
        found.objects[part] = {"name": item["Spec"]["Name"], "id": item["ID"]}
        found.used_by = sorted({*found.used_by, *users.get(item["ID"], ())})
        if [found.fingerprint, found.host_fingerprint] != prints:
            found.flaw = "is mixed from two sets"
    for found in sets.values():
        if missing := [part for part in kind.parts if part not in found.objects]:
            found.flaw = f"lacks {', '.join(missing)}"
    return sets


def _users(services: list[dict]) -> dict[str, set[str]]:
    users: dict[str, set[str]] = {}
    for service in services:
        container = service["Spec"]["TaskTemplate"].get("ContainerSpec", {})
        used = [secret["SecretID"] for secret in container.get("Secrets") or ()]
        used += [config["ConfigID"] for config in container.get("Configs") or ()]
        for identity in used:
            users.setdefault(identity, set()).add(f"service {service['Spec']['Name']}")
    return users
