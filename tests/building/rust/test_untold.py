"""What Rust's library does for itself is no step: the executions are those with every step told.

The oracle is the same engine told to tell everything. Programs are drawn: threads whose captures
and results depend on what they loaded, handed on, joined, dropped, asked whether they are over.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from heald.building.engine import engine_path
from heald.building.rust.program import build_rust
from heald.explorer.built import build_program

pytestmark = pytest.mark.skipif(shutil.which("rustc") is None, reason="no rustc")

PROGRAMS = Path(__file__).parents[2] / "programs" / "rust"
ALL = ("--widths", "@0+32")
MODELS = ("rc11", "tso", "sc")


@cache
def built(name: str) -> Path:
    return build_rust(str(PROGRAMS / f"{name}.rs"), ["-Astatic_mut_refs"])


def searched(program: Path, *words: str, arguments: tuple[str, ...] = ()) -> Any:
    """Return the engine's last line, and the kinds of what failed."""
    command = [str(engine_path("explore")), "--failures", "0", "--max-executions", "4000"]
    done = subprocess.run(
        [*command, *words, str(program), *arguments], capture_output=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = sorted(line["kind"] for line in lines if line["type"] == "failure")
    return lines[-1], kinds


@pytest.mark.parametrize("seed", range(12))
def test_drawn_program_is_what_it_is_with_every_step_told(seed: int) -> None:
    model = ("--model", MODELS[seed % 3])
    result, kinds = searched(built("told/drawn"), *model, arguments=(str(seed),))
    told, told_kinds = searched(built("told/drawn"), *model, *ALL, arguments=(str(seed),))
    if result["exhausted"] and told["exhausted"]:
        keys = ("executions", "blocked", "failures")
        assert [result[key] for key in keys] == [told[key] for key in keys]
        assert kinds == told_kinds
    assert result["steps"] < told["steps"]


@pytest.mark.parametrize("name", ["counter", "store_buffering", "ring", "iriw"])
def test_rust_takes_no_more_steps_than_the_same_program_in_c(name: str) -> None:
    mine, _ = searched(built(name))
    other, _ = searched(build_program([str(PROGRAMS / f"{name}.c")]))
    assert mine["executions"] == other["executions"]
    assert mine["steps"] <= 1.5 * other["steps"]


RACE = """use std::thread;
struct Place(*mut u32);
unsafe impl Send for Place {}
fn main() {
    let mut number = 1u32;
    let place = Place(&mut number);
    let other = thread::spawn(move || { let place = place; unsafe { *place.0 += 1 } });
    WAIT
    number += 1;
    LATER
    std::hint::black_box(&mut number);
}
"""
JOIN = "other.join().unwrap();"


@pytest.mark.parametrize("is_sound", [True, False])
def test_a_stack_is_told_as_soon_as_another_thread_comes_there(
    is_sound: bool, tmp_path: Path
) -> None:
    program = tmp_path / "race.rs"
    wait, later = (JOIN, "") if is_sound else ("", JOIN)
    program.write_text(RACE.replace("WAIT", wait).replace("LATER", later))
    result, kinds = searched(build_rust(str(program)))
    assert set(kinds) == (set() if is_sound else {"data race"})
    assert result["widths"]
