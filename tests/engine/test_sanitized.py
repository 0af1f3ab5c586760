"""The whole explorer under the address and undefined-behaviour sanitizers, and with ucontext.

Hooks, fibers, threads, locks, heap, the C library's calls, crashes and traces: every program here
runs through an explorer compiled with both sanitizers, which must find what the ordinary one
finds, in as many steps, and say nothing on stderr. Guards that the sanitizers put between
variables on a fiber's stack are lost where the engine copies that stack on purpose.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from heald.building.build import EXPLORED, compile
from heald.building.engine import engine_path
from tests.check.flawed_programs import FLAWED
from tests.check.programs import HEAD
from tests.check.sound_programs import SOUND
from tests.programs.whole_table import WHOLE, Whole
from tests.texts import written

from .building import POISONED, SANITIZED, built, host_sources
from .told import told

HERE = Path(__file__).resolve().parent
PROGRAMS = sorted(path.stem for path in HERE.parent.glob("programs/*.c"))
#: The engine's own memory at the end of a process is not given back.
OPTIONS = {"ASAN_OPTIONS": "detect_leaks=0"}
#: Many small ones at once: one process each, but one compiler run for all would not do.
PIECES = [
    "use-after-free",
    "null-pointer",
    "write-to-constant",
    "endless-recursion",
    "uninitialised-heap",
    "deadlock-two-locks",
    "lost-wake-up",
    "abort",
    "printing",
    "heap-family",
    "sorting",
    "keys-and-destructors",
    "c11-threads",
    "sixteen-bytes",
    "timed-wait-times-out",
]


@pytest.fixture(scope="module")
def sanitized() -> str:
    return str(built("sanitized", host_sources(), *SANITIZED))


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(4))
def test_programs_are_explored_without_a_complaint(sanitized: str, batch: int) -> None:
    for name in PROGRAMS[batch::4]:
        source = HERE.parent / f"programs/{name}.c"
        program = str(compile([source], flavour=EXPLORED, cflags=["-w"]))
        ordinary = told([str(engine_path("explore")), program])
        assert told([sanitized, program], **OPTIONS) == ordinary, name


@pytest.mark.slow
@pytest.mark.parametrize("whole", WHOLE, ids=lambda whole: whole.name)
def test_so_are_whole_programs_that_were_judged_wrong(
    sanitized: str, whole: Whole
) -> None:
    macros = [f"-D{define}" for define in whole.defines]
    source = HERE.parent / f"programs/whole/{whole.program}.c"
    program = str(compile([source], flavour=EXPLORED, cflags=["-w", *macros]))
    options = ["--endless-ms", "500", "--max-events", "2000", program]
    ordinary = told([str(engine_path("explore")), *options])
    assert told([sanitized, *options], **OPTIONS) == ordinary


@pytest.mark.slow
@pytest.mark.parametrize("name", PIECES)
def test_so_is_what_fails_or_asks_the_library(sanitized: str, name: str) -> None:
    source = written(HEAD + (FLAWED[name][0] if name in FLAWED else SOUND[name][0]))
    program = str(compile([source], flavour=EXPLORED))
    ordinary = told([str(engine_path("explore")), program])
    assert told([sanitized, program], **OPTIONS) == ordinary


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_so_are_drawn_sequences_of_atomic_operations(sanitized: str, seed: int) -> None:
    flags = (f"-DSEED={seed}", "-DROUNDS=40", "-DWIDE", "-mcx16")
    program = compile([HERE / "fuzz_hooks.c"], flavour=EXPLORED, cflags=flags)
    *failures, counts = told([sanitized, str(program)], **OPTIONS)
    assert not failures
    assert counts[0] == 1


@pytest.mark.parametrize("search", ["uniform", "pct", "pos", "mixed"])
def test_so_are_samples(sanitized: str, search: str) -> None:
    source = HERE.parent / "programs/treiber_stack.c"
    program = compile([source], flavour=EXPLORED, cflags=["-w"])
    options = ["--search", search, "--max-executions", "200", "--seed", "7", str(program)]
    ordinary = told([str(engine_path("explore")), *options])
    assert told([sanitized, *options], **OPTIONS) == ordinary


def test_the_sanitizers_ring(sanitized: str, tmp_path: Path) -> None:
    """A file that is cut short where the loader trusts it: an access outside the mapping."""
    program = compile([HERE.parent / "programs/counter.c"], flavour=EXPLORED)
    broken = bytearray(program.read_bytes())
    broken[40:48] = (1 << 62).to_bytes(8, "little")  # where the sections begin
    file = tmp_path / "broken.so"
    file.write_bytes(broken)
    done = subprocess.run([sanitized, str(file)], capture_output=True, text=True)
    assert done.returncode != 0
    assert re.search("runtime error|AddressSanitizer", done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["spinlock", "condition_queue", "c11_threads", "latch"])
def test_the_fallback_without_assembly_searches_the_same(name: str) -> None:
    fallback = built("ucontext", host_sources(), *POISONED, "-DEXPLORE_UCONTEXT")
    source = HERE.parent / f"programs/{name}.c"
    program = str(compile([source], flavour=EXPLORED, cflags=["-w"]))
    assert told([str(fallback), program]) == told([str(engine_path("explore")), program])
