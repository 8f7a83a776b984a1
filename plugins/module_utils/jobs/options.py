"""Every option of a job, declared once: its type and default, who reads it, and the variable by which users set it.

The argument specs of both halves and the preflight's tables are made from this one. The documentation of the modules, the
defaults and specs of the role ``job`` and docs/variables.md are held against it by a test.
"""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.alparque.festival.plugins.module_utils.backends.table import DEFAULT_BACKEND
from ansible_collections.alparque.festival.plugins.module_utils.engines.table import DEFAULT_ENGINE, ENGINES
from ansible_collections.alparque.festival.plugins.module_utils.names import DEFAULT_PREFIX

#: Read by the action plugin on the controller, by job_master on the manager, or by both.
Half = t.Literal["controller", "manager", "both"]


class Option(t.NamedTuple):
    """An option of a job. ``step`` is what a user who gave a wrong value is told to do; numbers begin at 0."""

    spec: dict[str, t.Any]
    half: Half = "manager"
    variable: str = ""
    step: str = ""


def _text(default: str | None = "", **more: t.Any) -> dict[str, t.Any]:
    return {"type": "str", **({} if default is None else {"default": default}), **more}


def _number(default: int) -> dict[str, t.Any]:
    return {"type": "int", "default": default}


def _switch(default: bool) -> dict[str, t.Any]:
    return {"type": "bool", "default": default}


def _words() -> dict[str, t.Any]:
    return {"type": "list", "elements": "str", "default": []}


OPTIONS: dict[str, Option] = {
    # What is run.
    "script": Option({"type": "path", "required": True}, "controller", "job_script"),
    "arguments": Option(_words(), "controller", "job_args"),
    "files": Option({"type": "list", "elements": "path", "default": []}, "controller", "job_files"),
    "env": Option({"type": "dict", "default": {}}, "both", "job_environment"),
    "output": Option(_text("output"), "both", "job_output"),
    "engine": Option(_text(DEFAULT_ENGINE), "both", "festival_engine"),
    "image": Option({"type": "str"}, "both"),
    # What R has in the image: the text of its label.
    "installed": Option(_text(), "controller"),
    **{
        engine.name: Option({"type": "dict", "default": {}, "options": engine.options}, "controller")
        for engine in ENGINES.values()
        if engine.options
    },
    # How it is run.
    "force": Option(_switch(False), "both", "job_force", "Set it to true to run the job again, or leave it out"),
    "resume": Option(
        _switch(True), "manager", "job_resume", "Set it to false to have the job begin anew, or leave it out"
    ),
    "queue": Option(
        _switch(True),
        "manager",
        "job_queue",
        "Set it to false to be refused while another job has the pool, or leave it out to wait",
    ),
    "priority": Option(_number(0), "manager", "job_priority"),
    "restarts": Option(
        _number(3), "manager", "job_restarts", "Set it to how often a master that died is started again, or 0 for never"
    ),
    "timeout": Option(
        _number(0), "controller", "job_timeout", "Set it to the seconds after which the job is stopped, or 0 for never"
    ),
    "stream": Option(
        _switch(False), "controller", "job_stream", "Set it to true to see what R prints as it comes, or leave it out"
    ),
    "forks": Option(_text("tell", choices=["tell", "pool"]), "manager", "job_forks"),
    "limit_cpus": Option(
        {"type": "float", "default": 0}, "manager", "job_limit_cpus", "Set it to a number of cores, or 0 for no limit"
    ),
    "limit_memory": Option(_text(), "manager", "job_limit_memory"),
    "output_limit": Option(_text("10G"), "manager", "job_output_limit"),
    "hostname": Option(_text(), "manager", "job_master_name"),
    "address": Option(_text(), "manager", "job_master_address"),
    # Where it is run, and by whom.
    "backend": Option(_text(DEFAULT_BACKEND), "manager", "festival_backend"),
    "prefix": Option(_text(DEFAULT_PREFIX), "manager", "festival_prefix"),
    "network": Option(_text(), "manager", "festival_network"),
    "pool": Option(_text(), "manager", "festival_pool"),
    "keys": Option(
        {
            "type": "dict",
            "no_log": False,  # where they are kept, not the keys themselves
            "options": {
                "version": {"type": "int", "required": True},
                "directory": {"type": "path", "required": True},
            },
        },
        "manager",
    ),
    "data_dir": Option({"type": "path", "default": "/var/lib/festival"}, "manager", "festival_data_dir"),
    "uid": Option(_number(2000), "manager", "festival_uid"),
    "results_dir": Option({"type": "path", "required": True}, "controller", "festival_results_dir"),
    "user": Option(_text(), "manager"),
    "controller": Option(_text(), "manager"),
    "owner": Option(_number(0), "manager"),
    # How the manager's half is called.
    "id": Option(_text(), "manager", "job_id"),
    "state": Option(_text("present", choices=["present", "stopped"]), "manager"),
    "reason": Option(_text(), "manager"),
    "inputs": Option({"type": "path"}, "manager"),
    "command": Option({"type": "list", "elements": "str"}, "manager"),
    "wait": Option(_number(15), "manager"),
    "events_from": Option(_number(0), "manager"),
    "log_from": Option(_number(-1), "manager"),
}


def argument_spec(half: Half) -> dict[str, dict[str, t.Any]]:
    """Return the argument spec of one half. It is a copy, for Ansible writes into the defaults of a spec that it is given."""
    return {name: copy.deepcopy(option.spec) for name, option in OPTIONS.items() if option.half in (half, "both")}


def shared() -> tuple[str, ...]:
    """Return the options that both halves read."""
    return tuple(name for name, option in OPTIONS.items() if option.half == "both")


def judged(*types: str) -> dict[str, Option]:
    """Return by variable the options of these types whose values the preflight judges."""
    return {option.variable: option for option in OPTIONS.values() if option.step and option.spec["type"] in types}
