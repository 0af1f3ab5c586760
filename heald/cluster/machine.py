"""Who an agent is: what it says in its hello, and whether a leader can use it.

An agent of another version, or one whose sources differ in a single byte, would count other
executions or other samples under the same name. So a leader compares a digest of all that
decides what a slice or a part does, and refuses what differs by name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from heald.building.compilers import find_compiler
from heald.building.engine import engine_sources
from heald.building.engine_parts import not_shipped
from heald.cluster.asks import PROTOCOL, is_count, is_text
from heald.topology import this_machine
from heald.verdicts import UsageError
from heald.version import VERSION

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Machine:
    """A machine with an agent, as its agent describes it.

    Attributes
    ----------
    name
        Unique in a campaign: where the agent was reached.
    topology
        As ``Topology.to_json`` writes it.
    heald, key
        Version, and digest of the sources, Python and C.
    compiler
        What the C compiler says of itself; empty if there is none.
    processors
        Numbers of those that slices may be pinned to.
    """

    name: str
    topology: Mapping[str, Any]
    heald: str
    key: str
    compiler: str
    processors: tuple[int, ...]

    @property
    def kind(self) -> str:
        """The name of its processors' family, as in ``x86_64``: what results depend on."""
        return str(self.topology.get("machine", ""))

    @property
    def builds_as(self) -> tuple[str, str, str]:
        """Machines that agree in this run the same binaries and compile the same ones."""
        return self.kind, str(self.topology.get("libc", "")), self.compiler


@lru_cache(maxsize=1)
def builds_as_here() -> tuple[str, str, str]:
    """Return what ``Machine.builds_as`` is of this machine."""
    here = this_machine()
    return here.machine, here.libc, _compiler()


def hello() -> dict[str, Any]:
    """Return what an agent says of itself."""
    return {
        "heald": VERSION,
        "key": source_key(),
        "protocol": PROTOCOL,
        "topology": this_machine().to_json(),
        "compiler": _compiler(),
        "processors": sorted(os.sched_getaffinity(0)),
    }


def machine_of(name: str, answer: Mapping[str, Any]) -> Machine:
    """Return the machine that an agent's hello describes.

    Raises
    ------
    UsageError
        If it is another version, or no hello; names the machine and what differs.
    """
    ours = {"protocol": PROTOCOL, "heald": VERSION, "key": source_key()}
    words = {"protocol": "protocol", "heald": "heald", "key": "sources of heald"}
    for field, own in ours.items():
        if answer.get(field) != own:
            raise UsageError(
                f"the agent on {name} has other {words[field]}: {answer.get(field)!r}, "
                f"and here it is {own!r}; install the same heald there"
            )
    topology, processors = answer.get("topology"), answer.get("processors")
    sane = (
        isinstance(topology, dict)
        and isinstance(processors, list)
        and processors
        and all(map(is_count, processors))
        and is_text(answer.get("compiler"))
    )
    if not sane:
        raise UsageError(f"the agent on {name} does not say what machine it is on")
    assert isinstance(topology, dict)
    assert isinstance(processors, list)
    facts = {str(k): v for k, v in topology.items() if isinstance(v, str | int | bool)}
    return Machine(
        name,
        facts,
        str(answer["heald"]),
        str(answer["key"]),
        str(answer["compiler"]),
        tuple(processors),
    )


@lru_cache(maxsize=1)
def source_key() -> str:
    """Digest everything that decides what a slice or a part does: our Python and our C."""
    digest = hashlib.sha256()
    for name, path in sorted(_sources()):
        content = path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:20]


def _sources() -> list[tuple[str, Path]]:
    """Return our files by names that are the same in a checkout and in a wheel."""
    shipped = _PACKAGE / "_engine"
    python = [
        *(p for p in _PACKAGE.rglob("*.py") if not p.is_relative_to(shipped)),
        *(p for p in _PACKAGE.rglob("*.j2") if not p.is_relative_to(shipped)),
    ]
    csrc = engine_sources()
    left_out = not_shipped("csrc", [path.name for path in csrc.iterdir()])
    c = [
        path
        for path in csrc.rglob("*")
        if path.suffix in (".c", ".h", ".S", ".cpp", ".hpp")
        and path.relative_to(csrc).parts[0] not in left_out
    ]
    named = [(f"heald/{path.relative_to(_PACKAGE)}", path) for path in python]
    return named + [(f"csrc/{path.relative_to(csrc)}", path) for path in c]


def _compiler() -> str:
    try:
        return find_compiler().identity
    except UsageError:
        return ""
