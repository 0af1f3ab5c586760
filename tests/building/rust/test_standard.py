"""Programs of std as it is: how many executions each has, and that its planted flaw is caught.

The counts are the program's own; where there is the same program in C, they are its counts, too.
Larger ones come from what std shares among threads: owners are counted, sleepers announced.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict

pytestmark = pytest.mark.skipif(shutil.which("rustc") is None, reason="no rustc")

PROGRAMS = Path(__file__).parents[2] / "programs" / "rust"

#: Name: complete and blocked executions, and the kind that its flaw is found as.
TABLE: dict[str, tuple[int, int, str]] = {
    "arc": (2, 0, "use after free"),
    "atomic_sizes": (2, 0, "panic"),
    "barrier": (226, 32, "panic"),
    "catch_unwind": (22, 0, "panic"),
    "channel": (1_553, 50, "panic"),
    "compare_exchange": (2, 0, "panic"),
    "condvar": (40, 0, "deadlock"),
    "condvar_timeout": (715, 0, "panic"),
    "counter": (6, 0, "panic"),
    "extremes": (6, 0, "panic"),
    "fences": (2, 0, "data race"),
    "hash_map": (12, 0, "panic"),
    "iriw": (15, 0, "panic"),
    "lazy_lock": (38, 0, "panic"),
    "moved_option": (12, 0, "uninitialised read"),
    "once": (38, 0, "panic"),
    "once_lock": (54, 0, "panic"),
    "parse_in_place": (1, 0, "out of bounds"),
    "park": (6, 0, "deadlock"),
    "rendezvous": (248, 0, "deadlock"),
    "ring": (20, 0, "panic"),
    "rwlock": (83, 276, "panic"),
    "scope": (5_758, 36, "panic"),
    "seqlock": (14, 0, "panic"),
    "spinlock": (4, 0, "data race"),
    "sync_channel": (674, 56, "deadlock"),
    "thread_local": (2, 0, "panic"),
    "time": (1, 0, "panic"),
    "treiber_stack": (2, 2, "use after free"),
    "weak": (7, 0, "panic"),
}


def checked(name: str, *cfg: str) -> CheckResult:
    flags = ["-Aunexpected_cfgs", "-Astatic_mut_refs", *cfg]
    return check([PROGRAMS / name], cflags=flags, budget_s=120)


@pytest.mark.parametrize("name", TABLE)
def test_program_has_these_executions(name: str) -> None:
    result = checked(f"{name}.rs")
    assert result.verdict is Verdict.PASSED, result.failures
    assert (result.executions, result.blocked) == TABLE[name][:2]


@pytest.mark.parametrize("name", TABLE)
def test_planted_flaw_is_caught(name: str) -> None:
    (failure,) = checked(f"{name}.rs", "--cfg", "flawed").failures
    assert failure["kind"] == TABLE[name][2], failure["message"]


@pytest.mark.parametrize("name", sorted(path.stem for path in PROGRAMS.glob("*.c")))
def test_program_has_the_executions_of_the_same_in_c(name: str) -> None:
    mine, other = checked(f"{name}.rs"), check([PROGRAMS / f"{name}.c"])
    assert (mine.executions, mine.blocked) == (other.executions, other.blocked)


GIVES_UP = """use std::sync::atomic::{AtomicBool, Ordering::*};
use std::thread;
static READY: AtomicBool = AtomicBool::new(false);
fn main() {
    let other = thread::spawn(|| READY.store(true, Release));
    let seen = (0..3).any(|_| READY.load(Acquire) || { thread::yield_now(); false });
    other.join().unwrap();
    assert!(seen, "gave up");
}
"""


def test_rounds_of_the_program_count_though_they_yield(tmp_path: Path) -> None:
    program = tmp_path / "patient.rs"
    program.write_text(GIVES_UP)
    (failure,) = check([program]).failures
    assert "gave up" in failure["message"]
