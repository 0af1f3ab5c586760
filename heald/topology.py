"""The machine a run happened on: what a rate or a failure on real threads depends on."""

from __future__ import annotations

import os
import platform
import shlex
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Topology:
    """Facts about the machine; unknown ones are empty.

    Attributes
    ----------
    processors
        That this process may use, which can be fewer than the machine has.
    hypervisor
        Whether the processor says that it is a virtual one.
    """

    machine: str
    processor: str
    processors: int
    hypervisor: bool
    system: str
    kernel: str
    libc: str

    def to_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        return asdict(self)

    def __str__(self) -> str:
        virtual = ", virtual" if self.hypervisor else ""
        name = self.processor or self.machine
        return f"{self.processors} x {name} ({self.machine}{virtual}), {self.system} {self.kernel}"


def this_machine() -> Topology:
    """Return the facts about this machine; this process may be pinned, the rest stays."""
    return replace(_machine(), processors=len(os.sched_getaffinity(0)))


def emulator() -> list[str]:
    """Return the words before a command that run it: ``$HEALD_EMULATOR``, mostly none.

    As in ``qemu-aarch64 -L /usr/aarch64-linux-gnu``, with ``CC=aarch64-linux-gnu-gcc``: what is
    compiled is then of that machine, and is run by the emulator.
    """
    return shlex.split(os.environ.get("HEALD_EMULATOR", ""))


def _emulated() -> str:
    """Return the family of processors that the emulator stands for, as its name says."""
    words = emulator()
    name = os.path.basename(words[0]) if words else ""
    return name.removeprefix("qemu-").removesuffix("-static")


@lru_cache(maxsize=1)
def _machine() -> Topology:
    cpu = _cpu_facts()
    return Topology(
        machine=_emulated() or platform.machine(),
        processor="emulated" if emulator() else cpu.get("model name", ""),
        processors=0,
        hypervisor="hypervisor" in cpu.get("flags", "").split(),
        system=platform.system(),
        kernel=platform.release(),
        libc=" ".join(platform.libc_ver()).strip(),
    )


def _cpu_facts() -> dict[str, str]:
    """Read the first processor of /proc/cpuinfo; empty where there is no such file."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return {}
    pairs = (
        line.split(":", 1) for line in text.split("\n\n")[0].splitlines() if ":" in line
    )
    return {key.strip(): value.strip() for key, value in pairs}
