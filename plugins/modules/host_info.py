#!/usr/bin/python
from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: Report what a host is and can do
description:
  - One structure for all that the roles decide by, so that they need not ask again.
  - Needs nothing but Python on the host; it works before there is an engine and when the engine does not answer.
options:
  address:
    description:
      - The address that the inventory has for this host, if any.
      - It becomes RV(host.address) when it is one of the host's own.
    type: str
author:
  - The alparque.festival authors (@alparque)
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Learn what the host is and can do
  alparque.festival.host_info:
    address: "{{ ansible_host | default(omit, true) }}"
  register: festival_host
"""

RETURN = r"""
host:
  description: The host.
  returned: always
  type: dict
  contains:
    address:
      description:
        - IPv4 address by which other hosts reach it. O(address) if it is the host's own, else the one at which the
          controller's ssh connection ends, else the one from which packets leave.
      type: str
      sample: 10.213.0.2
    addresses:
      description: Its IPv4 addresses with the length of their networks, loopback left out.
      type: list
      elements: str
      sample: [10.213.0.2/24]
    routes:
      description: Networks it reaches directly or by a router, the default route left out.
      type: list
      elements: dict
      sample: [{"network": "10.213.0.0/24", "device": "eth0"}]
    hostname: {description: Its name., type: str}
    machine_id: {description: C(/etc/machine-id); null where there is none., type: str}
    root: {description: Whether tasks run as root., type: bool}
    systemd: {description: Whether systemd runs the host., type: bool}
    python: {description: Version of the Python that runs modules., type: str}
    cores: {description: Processors., type: int}
    memory_bytes: {description: Size of the memory., type: int}
    free_disk_bytes: {description: Free space where the engine keeps its data or would keep it., type: int}
    overlay: {description: Whether the kernel can do overlay networks (VXLAN); null when it does not tell., type: bool}
    ipvs: {description: Whether the kernel can balance addresses; null when it does not tell., type: bool}
    esp: {description: Whether the kernel can encrypt overlay networks; null when it does not tell., type: bool}
    os:
      description: family, distribution, version, codename, kernel and architecture.
      type: dict
    engine:
      description: version, api_version, storage_driver, cgroup_version, id and root_dir; null when none answers.
      type: dict
    engine_error: {description: Why an engine that is installed does not answer., type: str}
    daemon:
      description: C(/etc/docker/daemon.json), its proxies not shown; null when it is not a JSON object.
      type: dict
    sdk: {description: Version of the Docker SDK for Python; null when not importable., type: str}
    cryptography: {description: Version of the Python package cryptography; null when not importable., type: str}
    mmdebstrap: {description: Whether a base image can be bootstrapped here., type: bool}
    firewall: {description: The active firewall (V(ufw) or V(firewalld)) or null., type: str}
    firewall_allows:
      description: What the active firewall lets in from single addresses.
      type: list
      elements: str
      sample: [10.213.0.3 tcp 7946]
    images:
      description: The digests under which the engine has images; none where no engine answers.
      type: list
      elements: str
    swarm:
      description:
        - state, node_id, address (at which the others speak to it), cluster_id (null on a worker, which is not told), is_manager and
          managers' addresses.
      type: dict
"""

import os
import platform

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.alparque.festival.plugins.module_utils.hosts import firewall as host_firewall
from ansible_collections.alparque.festival.plugins.module_utils.hosts import info as host_info

SOCKET = "/var/run/docker.sock"


def kernel_facts() -> dict:
    """Return what the kernel and the operating system tell."""
    networks = host_info.routes(host_info.read("/proc/net/route"))
    return {
        "hostname": platform.node(),
        "machine_id": host_info.read("/etc/machine-id").strip() or None,
        "root": os.geteuid() == 0,
        "systemd": os.path.isdir("/run/systemd/system"),
        "os": host_info.operating_system(host_info.read("/etc/os-release")),
        "cores": os.cpu_count(),
        "memory_bytes": host_info.memory_bytes(host_info.read("/proc/meminfo")),
        "routes": networks,
        "addresses": host_info.addresses(host_info.read("/proc/net/fib_trie"), networks),
        **host_info.kernel_features(),
    }


def software_facts() -> dict:
    """Return which software that the roles need is there."""
    return {
        "python": platform.python_version(),
        "sdk": host_info.package_version("docker"),
        "cryptography": host_info.package_version("cryptography"),
        "mmdebstrap": bool(host_info.find_command("mmdebstrap")),
        "daemon": host_info.daemon_config(host_info.read("/etc/docker/daemon.json")),
    }


def firewall_facts(module: AnsibleModule) -> dict:
    """Return the active firewall and whom it lets in."""

    def firewalld_active() -> bool:
        return bool(host_info.find_command("firewall-cmd")) and not module.run_command(["firewall-cmd", "--state"])[0]

    firewall = host_firewall.active(host_info.read("/etc/ufw/ufw.conf"), firewalld_active)
    allows = {
        "ufw": lambda: host_firewall.ufw_allows(host_info.read("/etc/ufw/user.rules")),
        "firewalld": lambda: host_firewall.firewalld_allows(host_info.read("/etc/firewalld/zones/public.xml")),
    }.get(firewall, list)
    return {"firewall": firewall, "firewall_allows": allows()}


def engine_facts() -> dict:
    """Return what the engine says of itself."""
    info, api_version, error = host_info.ask_engine(SOCKET)
    engine = host_info.engine(info, api_version)
    return {
        "engine": engine,
        "engine_error": error,
        "images": host_info.images(SOCKET) if engine else [],
        "swarm": host_info.swarm(info),
        "free_disk_bytes": host_info.free_bytes(engine["root_dir"] if engine else "/var/lib/docker"),
    }


def main() -> None:
    """Report the host."""
    module = AnsibleModule(argument_spec={"address": {"type": "str"}}, supports_check_mode=True)
    host = {**kernel_facts(), **software_facts(), **firewall_facts(module), **engine_facts()}
    host["address"] = host_info.own_address(
        module.params["address"] or "", host_info.inbound_address(), host_info.outbound_address(), host["addresses"]
    )
    module.exit_json(changed=False, host=host)


if __name__ == "__main__":
    main()
