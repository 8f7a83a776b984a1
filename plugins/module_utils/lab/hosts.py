"""Raise, wait for and remove lab hosts: containers that look like machines, on a bridge network of their own."""

from __future__ import annotations

import concurrent.futures
import contextlib
import io
import os
import pathlib
import subprocess
import tarfile
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.docker.client import NotFound, docker_errors
from ansible_collections.alparque.festival.plugins.module_utils.errors import FestivalError
from ansible_collections.alparque.festival.plugins.module_utils.lab import spec as lab_spec
from ansible_collections.alparque.festival.plugins.module_utils.lab.probe import is_settled, is_up, observe
from ansible_collections.alparque.festival.plugins.module_utils.waiter import wait_until

#: What sshd of a host that takes a password is told.
PASSWORD_SSHD = "PermitRootLogin yes\nPasswordAuthentication yes\n"

DONE = {step: step.rstrip("e") + "ed" for step in ("create", "recreate", "start", "unpause")} | {"present": "present"}


def read(path: str) -> str:
    """Return a file's text, or nothing where there is none."""
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def this_machine() -> lab_spec.Machine:
    """Return what this machine gives its lab hosts."""
    last = int(read("/proc/sys/kernel/cap_last_cap"))
    return lab_spec.Machine(
        denied_capabilities=lab_spec.missing_capabilities(read("/proc/self/status"), last),
        has_modules=os.path.isdir("/lib/modules"),
    )


def archive(files: dict[str, str]) -> bytes:
    """Return a tar archive of files that only root may read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.mode, entry.size = 0o600, len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


class Lab:
    """The hosts of one lab on one engine."""

    def __init__(self, client: t.Any, params: dict, check_mode: bool) -> None:
        self.client = client
        self.name = params["name"]
        self.params = params
        self.check_mode = check_mode
        self.bridge = lab_spec.bridge_name(self.name)
        self.mine = {"label": f"{lab_spec.LAB}={self.name}"}

    def present(self) -> dict:
        """Make the lab what its parameters say; return its hosts, ready to log in to."""
        hosts = {host["name"]: host for host in self.params["hosts"]}
        addresses = lab_spec.assign_addresses(self.params["hosts"], self.params["subnet"])
        self._check_image()
        machine = this_machine()
        specs = {
            name: lab_spec.container_spec(self.name, host, addresses[name], self.params["image"], machine)
            for name, host in hosts.items()
        }
        standing = self._standing()
        steps = {name: lab_spec.next_step(spec, standing.get(name)) for name, spec in specs.items()}
        strangers = sorted(set(standing) - set(specs))
        self._check_names([name for name, step in steps.items() if step == "create"])
        new_network = self._network_present()
        groups = lab_spec.assign_groups(self.params["hosts"])
        facts = {
            name: {"address": addresses[name], "groups": groups[name], "state": step} for name, step in steps.items()
        }
        if not self.check_mode:
            self._side_by_side(self._remove, strangers)
        work = self._look if self.check_mode else self._raise
        seen = self._side_by_side(lambda name: work(hosts[name], specs[name], steps[name]), list(specs))
        facts = {name: {**facts[name], **known} for name, known in zip(specs, seen)}
        resolvers = lab_spec.real_resolvers(read("/etc/resolv.conf"), read("/run/systemd/resolve/resolv.conf"))
        changed = new_network or bool(strangers) or any(fact["state"] != "present" for fact in facts.values())
        before = {name: container["State"] for name, container in standing.items()}
        diff = {"before": before, "after": dict.fromkeys(specs, "running")} if changed else {}
        return {"changed": changed, "hosts": facts, "removed": strangers, "resolvers": resolvers, "diff": diff}

    def absent(self) -> dict:
        """Remove what carries the lab's label, and its images where nobody else uses them."""
        hosts = sorted(self._standing())
        volumes = [volume["Name"] for volume in self.client.volumes(filters=self.mine)["Volumes"] or []]
        networks = [network["Name"] for network in self.client.networks(filters=self.mine)]
        if not self.check_mode:
            self._side_by_side(self._remove, hosts)
            for volume in self.client.volumes(filters=self.mine)["Volumes"] or []:
                self.client.remove_volume(volume["Name"])
            for network in networks:
                self.client.remove_network(network)
        removed = [f"host {name}" for name in hosts] + [f"volume {name}" for name in volumes]
        removed += [f"network {name}" for name in networks] + self._remove_bridge() + self._remove_images()
        diff = {"before": removed, "after": []} if removed else {}
        return {"changed": bool(removed), "removed": removed, "hosts": {}, "diff": diff}

    def _standing(self) -> dict[str, dict]:
        """Return the lab's containers by host name. Private."""
        found = self.client.containers(all=True, filters=self.mine)
        return {container["Names"][0].removeprefix(f"/{self.name}-"): container for container in found}

    def _check_names(self, hosts: list[str]) -> None:
        """Raise FestivalError where a container to be made has its name taken by one that isn't ours. Private."""
        taken = {name.lstrip("/") for container in self.client.containers(all=True) for name in container["Names"]}
        for host in hosts:
            if f"{self.name}-{host}" in taken:
                raise FestivalError(
                    f"A container {self.name}-{host} is there that this lab did not make. Remove it, or choose another lab_name."
                )

    def _check_image(self) -> None:
        """Raise FestivalError where the hosts' image is not there; a check run may be ahead of it. Private."""
        image = self.params["image"]
        if not self.check_mode and not (image and self.client.images(image)):
            raise FestivalError(f"Image {image} of the lab hosts is not on this engine. playbooks/lab.yml builds it.")

    def _network_present(self) -> bool:
        """Make the lab's network if need be; say whether it was made. Private."""
        subnet = self.params["subnet"]
        for network in self.client.networks(names=[self.name]):
            if network["Name"] == self.name:
                self._check_network(network)
                return False
        lab_spec.check_collision(subnet, lab_spec.connected_networks(read("/proc/net/route")), self.bridge)
        if not self.check_mode:
            self._remove_bridge()
            with docker_errors(f"Making network {self.name} ({subnet}); another lab_subnet may help"):
                self.client.create_network(**lab_spec.network_spec(self.name, subnet))
        return True

    def _check_network(self, network: dict) -> None:
        """Raise FestivalError where the network of the lab's name isn't the lab's. Private."""
        if network["Labels"].get(lab_spec.LAB) != self.name:
            raise FestivalError(
                f"A Docker network {self.name} is there that this lab did not make. Remove it, or choose another lab_name."
            )
        subnets = [config["Subnet"] for config in network["IPAM"]["Config"]]
        if subnets != [self.params["subnet"]]:
            raise FestivalError(
                f"Lab {self.name} stands on {', '.join(subnets)}, not on {self.params['subnet']}. "
                "Remove it first with lab_state=absent, or go back to its lab_subnet."
            )

    def _raise(self, host: dict, spec: dict, step: str) -> dict:
        """Bring one host up and wait for it; return what is known of it. Private."""
        name = host["name"]
        container = f"{self.name}-{name}"
        with docker_errors(
            f"Raising lab host {name} ({step}); where its remains are in the way, lab_state=absent removes them"
        ):
            if step == "recreate":
                self._remove(name)
            if step in ("create", "recreate"):
                self._create(container, spec)
                self._give_password(host, container)
            if step == "unpause":
                self.client.unpause(container)
            elif step != "present":
                self.client.start(container)
            seen = self._wait(name, _address(spec, self.name))
            admitted = self._lacks_key(host, seen) and self._admit(container, seen)
        state = "admitted" if admitted and step == "present" else DONE[step]
        return {"state": state, "host_key": seen["host_key"], "container": container}

    def _look(self, host: dict, spec: dict, step: str) -> dict:
        """Return what is known of a host and what would be done to it. Private."""
        if step != "present":
            return {"state": step}
        container = f"{self.name}-{host['name']}"
        seen = observe(self.client, container, _address(spec, self.name))
        state = "admit" if self._lacks_key(host, seen) else step
        return {"state": state, "host_key": seen["host_key"], "container": container}

    def _create(self, container: str, spec: dict) -> None:
        """Make a container, with as many capabilities as the engine can give, on volumes that hold nothing yet. Private."""
        # What an engine has left of an earlier host would start containers whose files went with that host.
        for mount in spec["HostConfig"]["Mounts"]:
            with docker_errors(f"Removing volume {mount['Source']}"), contextlib.suppress(NotFound):
                self.client.remove_volume(mount["Source"])
        while True:
            try:
                with docker_errors(f"Making container {container}"):
                    self.client.create_container_from_config(spec, container)
                return
            except FestivalError as error:
                if not lab_spec.accept_refusal(spec, str(error)):
                    raise

    def _give_password(self, host: dict, container: str) -> None:
        """Let a host that has a password take it; the entrypoint sets and forgets it. Private."""
        if host.get("password"):
            files = {
                "root/.password": f"root:{host['password']}\n",
                # Names sort before Debian's own settings and lab.conf: sshd keeps what it reads first.
                "etc/ssh/sshd_config.d/00-password.conf": PASSWORD_SSHD,
            }
            self.client.put_archive(container, "/", archive(files))

    def _lacks_key(self, host: dict, seen: dict) -> bool:
        """Say whether our key has to be let in; a host that takes a password is not to know it. Private."""
        return not host.get("password") and self.params["public_key"].strip() not in seen["authorized"]

    def _admit(self, container: str, seen: dict) -> bool:
        """Put our key where root's keys are; say whether it was put. Private."""
        lines = "\n".join([*seen["authorized"], self.params["public_key"].strip(), ""])
        return self.client.put_archive(container, "/root", archive({".ssh/authorized_keys": lines}))

    def _wait(self, name: str, address: str) -> dict:
        """Return the probe's findings once systemd is up and sshd answers; else raise FestivalError. Private."""
        timeout = self.params["timeout"]
        container = f"{self.name}-{name}"
        _, seen = wait_until(lambda: observe(self.client, container, address), is_settled, timeout, interval=0.1)
        if is_up(seen):
            return seen
        state = (
            "its container ends as soon as it starts" if seen["lost"] else f"systemd says {seen['state'] or 'nothing'}"
        )
        log = self.client.logs(container, tail=15).decode(errors="replace")
        raise FestivalError(
            f"Lab host {name} is not up (timeout {timeout} s): {state}, sshd at {address}:22 "
            f"{'answers' if seen['sshd'] else 'does not answer'}. Its last log lines:\n{log}\n"
            "On a slow machine raise lab_timeout. Its sshd has to be within reach: the engine must be this machine's own."
        )

    def _remove(self, name: str) -> None:
        """Remove a host and its volumes. Private."""
        container = f"{self.name}-{name}"
        volumes = [mount["Name"] for mount in self.client.inspect_container(container)["Mounts"] if mount.get("Name")]
        self.client.remove_container(container, force=True)
        for volume in volumes:
            self.client.remove_volume(volume, force=True)

    def _remove_bridge(self) -> list[str]:
        """Remove the bridge that an engine left behind when it was killed. Private."""
        if not os.path.exists(f"/sys/class/net/{self.bridge}"):
            return []
        if not self.check_mode:
            subprocess.run(["ip", "link", "delete", self.bridge], check=False, capture_output=True)
        return [f"interface {self.bridge}"]

    def _remove_images(self) -> list[str]:
        """Remove the lab's images; the engine refuses, rightly, where another lab stands on one. Private."""
        removed = []
        repository = self.params["remove_images"]
        for image in self.client.images(repository) if repository else []:
            users = self.client.containers(all=True, filters={"ancestor": image["Id"]})
            others = [user for user in users if user["Labels"].get(lab_spec.LAB) != self.name]
            if others:
                continue
            removed += [f"image {tag}" for tag in image["RepoTags"]]
            if not self.check_mode:
                self.client.remove_image(image["Id"], force=True)
        return removed

    def _side_by_side(self, work: t.Callable[[t.Any], t.Any], items: list) -> list:
        """Do the work on all items at once; return the results, or raise the first error. Private."""
        with concurrent.futures.ThreadPoolExecutor(max(1, len(items))) as pool:
            return list(pool.map(work, items))


def _address(spec: dict, network: str) -> str:
    """Return the address of a host. Private."""
    return spec["NetworkingConfig"]["EndpointsConfig"][network]["IPAMConfig"]["IPv4Address"]


def converge(client: t.Any, params: dict, check_mode: bool) -> dict:
    """Raise or remove the lab."""
    lab = Lab(client, params, check_mode)
    with docker_errors(f"Lab {params['name']}"):
        return lab.present() if params["state"] == "present" else lab.absent()
