"""The explorer on AArch64: cross-compiled, run by an emulator, compared with this machine's.

Everything that knows the processor is in it: the fibers' switch, the stubs before reads, the
loader's relocations (thread-local variables in both dialects), the traps of refused calls, the
signal handlers. A search on AArch64 must find what one here finds, in as many executions.
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from heald.building.build import EXPLORED, compile
from heald.building.engine import engine_path
from tests.check.flawed_programs import FLAWED
from tests.check.programs import HEAD
from tests.check.sound_programs import SOUND
from tests.texts import written

from .building import EMULATED, EXPLORE, built, hasty
from .told import told

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE.parent / "programs"
COMPILER = "aarch64-linux-gnu-gcc"
CXX = "aarch64-linux-gnu-g++"
EMULATORS = ("qemu-aarch64", "qemu-aarch64-static")
ROOT = Path("/usr/aarch64-linux-gnu")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sysconfig.get_platform().endswith("x86_64"),
        reason="compares AArch64 with x86-64",
    ),
]


@pytest.fixture(scope="module")
def emulated() -> list[str]:
    """Return the command before a cross-compiled program."""
    emulator = next(filter(None, map(shutil.which, EMULATORS)), None)
    if emulator is None or shutil.which(COMPILER) is None or not ROOT.is_dir():
        pytest.skip("needs gcc-aarch64-linux-gnu, its C library, and qemu-user")
    return [emulator, "-L", str(ROOT)]


@pytest.fixture(scope="module")
def host(emulated: list[str]) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CC", hasty(COMPILER, *EMULATED))
        return [*emulated, str(engine_path("explore"))]


@pytest.mark.parametrize("switch", ["assembly", "ucontext"])
def test_fibers_keep_their_registers(emulated: list[str], switch: str) -> None:
    flags = ["-DEXPLORE_UCONTEXT"] if switch == "ucontext" else []
    files = [EXPLORE / "program" / "fiber.c", HERE / "unit_fiber.c"]
    unit = built("unit_fiber", files, "-O1", *flags, compiler=COMPILER, link=())
    done = subprocess.run([*emulated, str(unit)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


def found(command: Sequence[str], program: Path) -> list[Any]:
    lines = told([*command, "--endless-ms", "600", str(program)])
    return [_without_steps(line) for line in lines]


def _without_steps(line: Any) -> Any:
    """Leave out how long it was, and what was blocked.

    What no hook announces is a step on x86-64 only, and there dead registers are left out of a
    thread's state: more rounds of a loop are known to be the same, and cut.
    """
    if isinstance(line, tuple):
        return line[:3]
    if not isinstance(line, list):
        return line
    executions, _blocked, failures, _steps, *rest = line
    return [executions, failures, *rest]


def both(host: list[str], source: Path, cflags: Sequence[str] = ()) -> tuple[Any, Any]:
    there = compile([source], flavour=EXPLORED, compiler=COMPILER, cflags=cflags)
    here = compile([source], flavour=EXPLORED, compiler="gcc", cflags=cflags)
    return found(host, there), found([str(engine_path("explore"))], here)


@pytest.mark.parametrize(
    ("program", "cflags"),
    [
        ("spinlock", ()),
        ("tagged_stack", ()),
        ("thread_local_sum", ()),
        ("treiber_stack", ("-DPUSH=memory_order_relaxed",)),
    ],
    ids=["spinlock", "tagged_stack", "thread_local_sum", "flawed"],
)
def test_programs_have_the_same_executions(
    host: list[str], program: str, cflags: tuple[str, ...]
) -> None:
    there, here = both(host, PROGRAMS / f"{program}.c", cflags)
    assert there == here


@pytest.mark.parametrize(
    "name",
    [
        "null-pointer",
        "trap",
        "endless-recursion",
        "loop-without-an-access",
        "every-fetch-operation",
    ],
)
def test_signals_traps_and_operations_mean_the_same(host: list[str], name: str) -> None:
    known = FLAWED[name] if name in FLAWED else SOUND[name]
    source = written(HEAD + known[0])
    there, here = both(host, source)
    assert repr(there) == repr(here).replace("stack of 8 MiB", "stack of 1 MiB")


def test_the_older_dialect_of_thread_local_variables(host: list[str]) -> None:
    there, here = both(host, PROGRAMS / "thread_local_sum.c")
    source = PROGRAMS / "thread_local_sum.c"
    older = compile(
        [source], flavour=EXPLORED, compiler=COMPILER, cflags=["-mtls-dialect=trad"]
    )
    assert found(host, older) == there == here


def test_a_call_that_cannot_be_modelled_is_refused_by_name(host: list[str]) -> None:
    source = written("#include <unistd.h>\nint main(void) { return fork() == 0; }\n")
    there, here = both(host, source)
    assert there == here
    assert there[0][:2] == (
        "unsupported",
        "the program calls `fork`, which the explorer cannot model",
    )


BARRIERS = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static atomic_int x, y; static int a, b;
static void *w(void *m) {
    atomic_store_explicit(m ? &x : &y, 1, memory_order_relaxed);
    __asm__ volatile("BARRIER" : : : "memory");
    *(m ? &a : &b) = atomic_load_explicit(m ? &y : &x, memory_order_relaxed);
    return 0;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, w, &a); w(0); pthread_join(t, 0);
    assert(a || b);
}
"""


@pytest.mark.parametrize(
    ("barrier", "kind"),
    [("dmb ish", None), ("dmb ishld", "assertion"), ("yield", "assertion")],
)
def test_barriers_of_inline_assembly(
    host: list[str], barrier: str, kind: str | None
) -> None:
    source = written(BARRIERS.replace("BARRIER", barrier))
    program = compile([source], flavour=EXPLORED, compiler=COMPILER)
    assert [f[0] for f in found(host, program)[:1] if f[0] == "assertion"] == (
        [kind] if kind else []
    )


OBJECTS = """
#include <atomic>
#include <cassert>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>
std::mutex m; int sum; std::atomic<int> n; thread_local int mine = 4;
int &once() { static int value = 7; return value; }
void f() {
    try { if (n.fetch_add(1) == 0) throw std::runtime_error("first"); }
    catch (std::exception &) { }
    std::lock_guard<std::mutex> guard(m);
    sum += mine++; assert(once() == 7);
}
int main() {
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; i++) threads.emplace_back(f);
    for (auto &thread : threads) thread.join();
    assert(sum == 8);
}
"""


def test_objects_and_exceptions(host: list[str]) -> None:
    if shutil.which(CXX) is None:
        pytest.skip("needs g++-aarch64-linux-gnu")
    source = written(OBJECTS, "program.cc")
    results = []
    for compiler, command in ((CXX, host), ("g++", [str(engine_path("explore"))])):
        program = compile(
            [source],
            flavour=EXPLORED,
            compiler=compiler,
            ldflags=["-static-libstdc++", "-static-libgcc"],
        )
        results.append(found(command, program)[-1][:3])
    assert results[0] == results[1] == [4, 0, 0]
