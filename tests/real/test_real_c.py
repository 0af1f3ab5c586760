"""Queues and locks of C libraries as Debian packages them, unmodified, from short drivers.

Their inline assembly is theirs. Each passes under the models it is right for, with two planted
faults that are caught. What is not installed is skipped by name.
"""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from heald.building.compilers import find_compiler
from heald.explorer.program import check
from heald.verdicts import Verdict

HERE = Path(__file__).resolve().parent
MODELS = ("sc", "tso", "rc11")
HEADERS = ("/usr/include", "/usr/include/x86_64-linux-gnu")
HARDWARE = frozenset({"sc", "tso"})
"""What remains where a dependency orders (consume), or x86: rc11 finds a race."""

pytestmark = pytest.mark.skipif(
    find_compiler().machine != "x86_64", reason="the assembly is read on x86-64"
)


@dataclass(frozen=True)
class Library:
    """One driver: its package, macros with which it passes, and with which it must not."""

    package: str
    header: str
    sound: tuple[tuple[str, ...], ...]
    flawed: tuple[tuple[str, ...], ...]
    passes: frozenset[str] = frozenset(MODELS)
    options: dict[str, Any] = field(default_factory=dict)


_SPIN = ("LOCK=rte_spinlock_lock(&spin)", "UNLOCK=rte_spinlock_unlock(&spin)")
_WRITE = ("LOCK=rte_rwlock_write_lock(&rw)", "UNLOCK=rte_rwlock_write_unlock(&rw)")
_SEQ = ("LOCK=rte_seqlock_write_lock(&seq)", "UNLOCK=rte_seqlock_write_unlock(&seq)")
LIBRARIES = {
    "ck_ring": Library(
        "libck-dev",
        "ck_ring.h",
        sound=(("PRODUCERS=1",),),
        flawed=(("PRODUCERS=1", "TOUCH"), ("PRODUCERS=2",)),
    ),
    "ck_lock": Library(
        "libck-dev",
        "ck_spinlock.h",
        sound=(("KIND=fas",), ("KIND=cas",), ("KIND=dec",)),
        flawed=(("KIND=fas", "NO_LOCK"), ("KIND=cas", "EARLY")),
    ),
    "urcu_wfcqueue": Library(
        "liburcu-dev",
        "urcu/wfcqueue.h",
        sound=(("LATE=0", "TAKERS=1"),),
        flawed=(("LATE=1", "TAKERS=1"), ("LATE=0", "TAKERS=2")),
        passes=HARDWARE,
        options={"volatile": "relaxed"},
    ),
    "urcu_lfstack": Library(
        "liburcu-dev",
        "urcu/lfstack.h",
        sound=(("LATE=0", "TAKERS=1"),),
        flawed=(("LATE=1", "TAKERS=1"), ("LATE=0", "TAKERS=2")),
        passes=HARDWARE,
        options={"volatile": "relaxed"},
    ),
    "dpdk_ring": Library(
        "libdpdk-dev",
        "dpdk/rte_ring.h",
        sound=(("RTE_USE_C11_MEM_MODEL", "SYNC=RTE_RING_SYNC_MT"),),
        flawed=(
            ("RTE_USE_C11_MEM_MODEL", "SYNC=RTE_RING_SYNC_MT", "TOUCH"),
            ("RTE_USE_C11_MEM_MODEL", "SYNC=RTE_RING_SYNC_ST"),
        ),
        passes=HARDWARE,
    ),
    "dpdk_lock": Library(
        "libdpdk-dev",
        "dpdk/generic/rte_spinlock.h",
        sound=((*_SPIN, "EARLY=0"), (*_WRITE, "EARLY=0"), (*_SEQ, "EARLY=0")),
        flawed=((*_SPIN, "EARLY=0", "NO_LOCK"), (*_SEQ, "EARLY=1")),
    ),
}


def flags(library: Library) -> list[str]:
    """Return what the package asks of the compiler."""
    if library.package != "libdpdk-dev":
        return []
    done = subprocess.run(
        ["pkg-config", "--cflags", "libdpdk"], capture_output=True, text=True
    )
    return [*shlex.split(done.stdout), "-w", "-DALLOW_EXPERIMENTAL_API"]


def kinds_found(name: str, macros: tuple[str, ...]) -> dict[str, str | None]:
    """Return the kind of failure per model, None for a pass."""
    library = LIBRARIES[name]
    if not any(Path(folder, library.header).is_file() for folder in HEADERS):
        pytest.skip(f"{library.package} is not installed")
    found: dict[str, str | None] = {}
    for model in MODELS:
        result = check(
            [HERE / f"{name}.c"],
            cflags=[*flags(library), *(f"-D{macro}" for macro in macros)],
            model=model,
            budget_s=60,
            **library.options,
        )
        assert result.failures or result.verdict is Verdict.PASSED
        assert result.notes == []
        found[model] = result.failures[0]["kind"] if result.failures else None
    return found


def cases(kind: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(n, macros) for n, lib in LIBRARIES.items() for macros in getattr(lib, kind)]


@pytest.mark.parametrize(("name", "macros"), cases("sound"))
def test_library_passes(name: str, macros: tuple[str, ...]) -> None:
    found = kinds_found(name, macros)
    passes = LIBRARIES[name].passes
    assert found == {m: None if m in passes else "data race" for m in MODELS}


@pytest.mark.parametrize(("name", "macros"), cases("flawed"))
def test_planted_fault_is_caught(name: str, macros: tuple[str, ...]) -> None:
    found = kinds_found(name, macros)
    assert all(found.values())
    assert "unsupported" not in found.values()


def test_two_producers_of_a_dpdk_ring_race_by_the_letter_of_c11() -> None:
    """The later one waits for the earlier one with a relaxed load; x86 orders it all the same."""
    macros = ("RTE_USE_C11_MEM_MODEL", "SYNC=RTE_RING_SYNC_MT")
    found = kinds_found("dpdk_ring", macros)
    assert found == {"sc": None, "tso": None, "rc11": "data race"}


@pytest.mark.parametrize("name", LIBRARIES)
def test_driver_is_short(name: str) -> None:
    assert len((HERE / f"{name}.c").read_text().splitlines()) <= 25
