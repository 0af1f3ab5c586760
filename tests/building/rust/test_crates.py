"""Crates as they are published: old releases fail as their authors found later, mended ones pass.

Each needs cargo, and a registry that it can reach or has been to before.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict

PROGRAMS = Path(__file__).parents[2] / "programs" / "rust" / "crates"

#: Program, dependency: how many executions.
SOUND = {
    ("array_queue", 'crossbeam-queue = "=0.3.12"'): (9, 1),
    ("seg_queue", 'crossbeam-queue = "=0.3.12"'): (8, 30),
    ("parking_lot", 'parking_lot = "=0.12.3"'): (706, 0),
    ("spin_mutex", 'spin = "=0.9.9"'): (4, 0),
    ("once_cell", 'once_cell = "=1.20.2"'): (104, 0),
    ("arc_swap", 'arc-swap = "=1.9.1"'): (199, 2),
    ("spin_rwlock", 'spin = "=0.5.2"'): (11, 3),
    ("thread_local", 'thread_local = "=1.1.4"'): (3, 0),
    ("oneshot", 'tokio = { version = "=1.13.1", features = ["sync"] }'): (6, 0),
}

#: Program, dependency: the kind that is found. Why: arc-swap #198 and #200, RUSTSEC-2019-0013,
#: RUSTSEC-2022-0006, RUSTSEC-2021-0124.
FLAWED = {
    ("arc_swap", 'arc-swap = "=1.9.0"'): "use after free",
    ("spin_rwlock", 'spin = "=0.5.1"'): "data race",
    ("thread_local", 'thread_local = "=1.1.3"'): "data race",
    ("oneshot", 'tokio = { version = "=1.13.0", features = ["sync"] }'): "data race",
}


@cache
def has_crates() -> bool:
    """Whether cargo is here and finds a crate."""
    if shutil.which("cargo") is None:
        return False
    done = subprocess.run(["cargo", "info", "spin"], capture_output=True, timeout=60)
    return done.returncode == 0


def checked(program: str, dependency: str, folder: Path) -> CheckResult:
    if not has_crates():
        pytest.skip("no cargo, or no registry")
    (folder / "src").mkdir()
    shutil.copy(PROGRAMS / f"{program}.rs", folder / "src" / "main.rs")
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "{program}_user"\nversion = "0.1.0"\nedition = "2021"\n'
        f"[dependencies]\n{dependency}\n"
    )
    return check([folder], budget_s=60)


@pytest.mark.slow
@pytest.mark.parametrize(("program", "dependency"), SOUND)
def test_sound_release_passes(program: str, dependency: str, tmp_path: Path) -> None:
    result = checked(program, dependency, tmp_path)
    assert result.verdict is Verdict.PASSED, result.failures
    assert (result.executions, result.blocked) == SOUND[program, dependency]


@pytest.mark.slow
@pytest.mark.parametrize(("program", "dependency"), FLAWED)
def test_old_release_fails(program: str, dependency: str, tmp_path: Path) -> None:
    (failure,) = checked(program, dependency, tmp_path).failures
    assert failure["kind"] == FLAWED[program, dependency]
