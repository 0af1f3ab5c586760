"""The runtime without a search: one run of a program, every action printed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from heald.building.build import EXPLORED, compile
from tests.texts import written

from .building import EXPLORE, POISONED, SANITIZED, built, sources

HERE = Path(__file__).resolve().parent
#: Its folders: everything that needs no search.
RUNTIME = ("program", "calls")


@pytest.fixture(scope="module", params=["assembly", "ucontext"])
def one_run(request: pytest.FixtureRequest) -> Iterator[Path]:
    files = [*sources(*RUNTIME), EXPLORE / "host" / "names.c"]
    files += [HERE / "view_none.c", HERE / "one_run.c"]
    is_fallback = request.param == "ucontext"
    flags = (*POISONED, "-DEXPLORE_UCONTEXT") if is_fallback else SANITIZED
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASAN_OPTIONS", "detect_leaks=0")
        yield built(f"one_run_{request.param}", files, *flags, link=("-lm", "-ldl"))


def actions(
    one_run: Path, text: str, *options: str, cflags: tuple[str, ...] = ()
) -> list[str]:
    source = written("#include <pthread.h>\n#include <stdatomic.h>\n" + text)
    program = compile([source], flavour=EXPLORED, cflags=cflags)
    done = subprocess.run(
        [str(one_run), *options, str(program)],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("unit", ["fiber", "heap"])
def test_unit_holds_under_sanitizers(unit: str) -> None:
    files = [EXPLORE / "program" / f"{unit}.c", HERE / f"unit_{unit}.c"]
    program = built(f"unit_{unit}", files, *SANITIZED, link=())
    done = subprocess.run([str(program)], capture_output=True, text=True, timeout=900)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_atomic_operation_does_its_arithmetic(
    one_run: Path, compiler: str, seed: int
) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    program = compile(
        [HERE / "fuzz_hooks.c"],
        flavour=EXPLORED,
        compiler=compiler,
        cflags=(f"-DSEED={seed}", "-DWIDE", "-mcx16"),
    )
    done = subprocess.run([str(one_run), str(program)], capture_output=True, text=True)
    assert "fail" not in [line.split()[1] for line in done.stdout.splitlines()[:-1]]
    assert done.stdout.splitlines()[-2] == "0 finish"


def test_accesses_come_with_size_order_and_place(one_run: Path) -> None:
    text = "atomic_short x; char c[9]; volatile long v; int main(void) {"
    text += "atomic_store_explicit(&x, -2, memory_order_release); c[3] = 1; v = 5; }"
    assert actions(one_run, text)[:3] == [
        "0 store x+0 size=2 order=3 operand=65534",
        "0 write c+3 length=1",
        "0 write v+0 length=8 volatile",
    ]


@pytest.mark.parametrize(
    ("loop", "round_length"),
    [
        ("while (!atomic_load(&x)) ;", 1),
        ("while (!atomic_load(&x) || !atomic_load(&y)) ;", 1),
        ("while (atomic_load(&y) || !atomic_load(&x)) ;", 2),
        (
            "int e; do { e = 1; } while (!atomic_compare_exchange_strong(&x, &e, 2));",
            None,
        ),
        ("while (!atomic_fetch_and(&x, 1)) ;", 1),
    ],
)
@pytest.mark.parametrize("level", ["-O1", "-O2"])
def test_waiting_loop_sleeps_after_its_first_round(
    one_run: Path, loop: str, round_length: int | None, level: str
) -> None:
    if "ucontext" in one_run.name and level == "-O2":
        pytest.skip("one level is enough for the fallback")
    text = "atomic_int x, y; int main(void) { " + loop + " }"
    lines = actions(one_run, text, cflags=(level,))
    reads = [line for line in lines[:-1] if line.split()[1] in ("load", "cas", "rmw")]
    (asleep,) = [line for line in lines if "await" in line]
    assert asleep.startswith("0 waits: 0 await ")
    assert len(reads) == (round_length or 1)
    assert round_length is None or asleep.endswith(f" {round_length}")


@pytest.mark.parametrize(
    "body",
    [
        "for (int i = 0; i < 3; i++) atomic_load(&x);",
        "int n = 0; while (!atomic_load(&x) && n < 5) n++;",
        "while (!atomic_load(&x) && z++ < 5) ;",
    ],
)
def test_loop_that_gets_somewhere_is_not_put_to_sleep(one_run: Path, body: str) -> None:
    text = "atomic_int x; int z; int main(void) { " + body + " }"
    lines = actions(one_run, text)
    assert not any("await" in line for line in lines)
    assert lines[-2] == "0 finish"


EVERYTHING_AS_NEW = """
#include <assert.h>
#include <stdlib.h>
#include <string.h>
int zero, seven = 7, big[50000]; _Thread_local int mine = 3; static char *kept;
static void *f(void *a) { assert(mine == 3); mine++; int x[16]; memset(x, 1, sizeof x);
  __asm__ volatile("" : : "r"(x) : "memory"); return a; }
int main(void) { pthread_t t; char c[64]; __asm__ volatile("" : : "r"(c) : "memory");
  assert(!zero++ && seven-- == 7 && !big[40000] && !kept && mine == 3);
  big[40000] = 1; mine = 9; kept = malloc(10); strcpy(kept, "x");
  pthread_create(&t, 0, f, 0); pthread_join(t, 0); free(malloc(3)); }
"""


@pytest.mark.parametrize("turns", ["1", "2", "1000"])
def test_every_run_is_the_same_as_the_first(one_run: Path, turns: str) -> None:
    lines = actions(one_run, EVERYTHING_AS_NEW, "--turns", turns, "--repeat", "50")
    assert lines[-2] == "0 finish"


def test_two_processes_print_the_same(one_run: Path) -> None:
    first, second = (actions(one_run, EVERYTHING_AS_NEW) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("int main(void) { volatile int *p = 0; *p = 1; }", "[wild access]"),
        ("int main(void) { __builtin_trap(); }", "[illegal instruction]"),
        ("int main(int c, char **v) { return (long)v / (c - 1); }", "[arithmetic fault]"),
        (
            "static __attribute__((noinline)) int f(int n) { int x[99];"
            'asm volatile("" : : "r"(x) : "memory"); return f(n + 1) + x[1]; }'
            "int main(void) { return f(0); }",
            "[stack overflow] the stack of 8 MiB overflowed",
        ),
        ("int main(void) { for (;;) ; }", "[endless loop] no shared access in 200 ms"),
        (
            "atomic_int x; int main(void) { for (;;) x++; }",
            "[endless loop] thread 0 made more than 500 actions",
        ),
    ],
    ids=["null", "trap", "division", "recursion", "empty-loop", "loop"],
)
def test_crash_is_a_failure_of_the_program_and_the_next_run_is_whole(
    one_run: Path, text: str, words: str
) -> None:
    limits = ("--endless-ms", "200", "--limit", "500", "--repeat", "3")
    lines = actions(one_run, text, *limits)
    assert any(words in line for line in lines), lines
