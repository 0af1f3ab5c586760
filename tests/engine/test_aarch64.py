"""The explorer on AArch64: cross-compiled, run by an emulator, compared with this machine's.

Everything that knows the processor is in it: the fibers' switch, the stubs before reads, the
loader's relocations (thread-local variables in both dialects), the traps of refused calls, the
signal handlers. A search on AArch64 must find what one here finds, in as many steps.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from heald.build import EXPLORED, compile
from heald.engine import engine_include, engine_path, engine_sources
from tests.check.programs import FLAWED, HEAD, SOUND

HERE = Path(__file__).resolve().parent
EXPLORE = engine_sources() / "explore"
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


def cross_compiled(target: Path, files: Sequence[Path], *flags: str) -> Path:
    options = ["-std=gnu11", "-O1", "-g", *flags]
    options += [f"-I{engine_include()}", f"-I{EXPLORE}"]
    objects = [target.with_name(f"{file.stem}.o") for file in files]

    def one(pair: tuple[Path, Path]) -> None:
        command = [COMPILER, *options, "-c", str(pair[0]), "-o", str(pair[1])]
        subprocess.run(command, check=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, zip(files, objects, strict=True)))
    link = [COMPILER, *map(str, objects), "-o", str(target), "-rdynamic", "-ldl", "-lm"]
    subprocess.run(link, check=True)
    return target


@pytest.fixture(scope="module")
def host(emulated: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("aarch64")
    built = cross_compiled(folder / "heald-explore", sorted(EXPLORE.glob("*.c")))
    return [*emulated, str(built)]


@pytest.mark.parametrize("switch", ["assembly", "ucontext"])
def test_fibers_keep_their_registers(
    emulated: list[str], tmp_path: Path, switch: str
) -> None:
    flags = ["-DEXPLORE_UCONTEXT"] if switch == "ucontext" else []
    files = [HERE / "unit_fiber.c", EXPLORE / "fiber.c"]
    unit = cross_compiled(tmp_path / "unit_fiber", files, *flags)
    done = subprocess.run([*emulated, str(unit)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


def found(command: Sequence[str], program: Path) -> list[Any]:
    """All that a search says, but for addresses and times."""
    words = [*command, "--endless-ms", "600", str(program)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [_told(json.loads(line)) for line in done.stdout.splitlines()]


def _told(line: dict[str, Any]) -> Any:
    if line["type"] == "result":
        keys = ("executions", "blocked", "failures", "steps", "exhausted")
        return [line[key] for key in keys]
    if line["type"] == "failure":
        where = [{k: v for k, v in spot.items() if k != "site"} for spot in line["where"]]
        return line["kind"], line["message"], where, len(line["trace"]["steps"])
    return line


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
def test_signals_traps_and_operations_mean_the_same(
    host: list[str], tmp_path: Path, name: str
) -> None:
    known = FLAWED[name] if name in FLAWED else SOUND[name]
    source = tmp_path / "program.c"
    source.write_text(HEAD + known[0])
    there, here = both(host, source)
    assert there == here


def test_the_older_dialect_of_thread_local_variables(host: list[str]) -> None:
    there, here = both(host, PROGRAMS / "thread_local_sum.c")
    source = PROGRAMS / "thread_local_sum.c"
    older = compile(
        [source], flavour=EXPLORED, compiler=COMPILER, cflags=["-mtls-dialect=trad"]
    )
    assert found(host, older) == there == here


def test_a_call_that_cannot_be_modelled_is_refused_by_name(
    host: list[str], tmp_path: Path
) -> None:
    source = tmp_path / "program.c"
    source.write_text("#include <unistd.h>\nint main(void) { return fork() == 0; }\n")
    there, here = both(host, source)
    assert there == here
    assert there[0][:2] == (
        "unsupported",
        "the program calls `fork`, which the explorer cannot model",
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


def test_objects_and_exceptions(host: list[str], tmp_path: Path) -> None:
    if shutil.which(CXX) is None:
        pytest.skip("needs g++-aarch64-linux-gnu")
    source = tmp_path / "program.cc"
    source.write_text(OBJECTS)
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
