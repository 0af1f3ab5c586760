"""Rust programs as stable rustc compiles them: the counts of C, the failures of C."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.verdicts import UsageError, Verdict

PROGRAMS = Path(__file__).parents[1] / "programs" / "rust"

needs_rust = pytest.mark.skipif(shutil.which("rustc") is None, reason="no rustc")


@needs_rust
@pytest.mark.parametrize(
    ("name", "executions"),
    [("store_buffering", 4), ("mutex", 26), ("acquire_release", 3)],
)
def test_sound_program_passes_with_all_its_executions(name: str, executions: int) -> None:
    result = check([PROGRAMS / f"{name}.rs"])
    assert result.verdict is Verdict.PASSED, result.failures
    assert result.exhaustive
    assert result.executions == executions
    assert result.notes == []


@needs_rust
def test_relaxed_publication_is_a_race_in_the_lines_of_the_author(tmp_path: Path) -> None:
    text = (PROGRAMS / "acquire_release.rs").read_text()
    flawed = tmp_path / "published.rs"
    flawed.write_text(text.replace("Ordering::Release", "Ordering::Relaxed"))
    result = check([flawed])
    (failure,) = result.failures
    assert failure["kind"] == "data race"
    lines = {Path(spot["file"]).name for spot in failure["where"]}
    assert lines == {"published.rs"}
    assert {spot["function"] for spot in failure["where"]} == {
        "published::main::{{closure}}"
    }


@needs_rust
def test_panic_of_main_is_a_failure_with_its_words_and_place() -> None:
    result = check([PROGRAMS / "store_buffering_panics.rs"])
    (failure,) = result.failures
    assert failure["message"].startswith("main panicked at ")
    assert failure["message"].endswith("store_buffering_panics.rs:9:5: both read 0")
    names = [thread["name"] for thread in failure["trace"]["threads"]]
    assert not any("_R" in name for name in names), names


def test_missing_compiler_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTC", "no-such-rustc")
    with pytest.raises(
        UsageError, match=r"^the Rust compiler 'no-such-rustc' is not there"
    ):
        check([PROGRAMS / "mutex.rs"])


def test_rust_program_is_one_file() -> None:
    with pytest.raises(UsageError, match=r"^a Rust program is one file"):
        check([PROGRAMS / "mutex.rs", PROGRAMS / "store_buffering.rs"])
