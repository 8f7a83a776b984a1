from __future__ import annotations


class ModuleDocFragment:
    """What every module says that talks to a Docker engine."""

    DOCUMENTATION = r"""
options:
  docker_host:
    description: Address of the Docker engine, as the host itself sees it.
    type: str
    default: unix:///var/run/docker.sock
requirements:
  - Docker engine 20.10 or newer
  - Docker SDK for Python 5.0 or newer (C(python3-docker) on Debian)
author:
  - The alparque.festival authors (@alparque)
attributes:
  check_mode:
    description: Says what would change and changes nothing. Where the engine itself is not there yet, it would change.
    support: full
  diff_mode:
    description: Returns what was and what is to be.
    support: full
  idempotent:
    description: A second run with the same parameters changes nothing.
    support: full
"""
