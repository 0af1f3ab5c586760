"""Rust programs as stable rustc compiles them: the counts of C, the failures of C."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.showing.trace import render
from heald.verdicts import UsageError, Verdict

PROGRAMS = Path(__file__).parents[2] / "programs" / "rust"

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


COUNTER = """#[link(name = "counter", kind = "static")]
extern "C" { fn count(); }
fn main() {
    let threads: Vec<_> = (0..2).map(|_| std::thread::spawn(|| unsafe { count() })).collect();
    for thread in threads { thread.join().unwrap(); }
}
"""


@needs_rust
def test_archive_without_hooks_is_refused_by_name_unless_it_is_trusted(
    tmp_path: Path,
) -> None:
    unit, archive = tmp_path / "counter.o", tmp_path / "libcounter.a"
    unit.with_suffix(".c").write_text("int total; void count(void) { total++; }")
    subprocess.run(["gcc", "-c", "-fPIC", unit.with_suffix(".c"), "-o", unit], check=True)
    subprocess.run(["ar", "rcs", archive, unit], check=True)
    program = tmp_path / "counted.rs"
    program.write_text(COUNTER)
    with pytest.raises(UsageError, match=r"libcounter\.a|counter\.o"):
        check([program], cflags=["-L", str(tmp_path)])
    trusted = check(
        [program], cflags=["-L", str(tmp_path)], trust=("libcounter.a", "counter.o")
    )
    assert trusted.notes


@needs_rust
@pytest.mark.parametrize(
    ("assembly", "refused"),
    [("lock inc dword ptr [{0}]", True), ("", False)],
    ids=["an update", "nothing"],
)
def test_inline_assembly_is_refused_unless_it_is_a_barrier_for_the_compiler(
    assembly: str, refused: bool, tmp_path: Path
) -> None:
    program = tmp_path / "counted.rs"
    program.write_text(
        "fn main() { let mut n = 1u32; "
        f'unsafe {{ std::arch::asm!("{assembly} // {{0}}", in(reg) &mut n) }}; '
        "assert!(n > 0); }"
    )
    if refused:
        with pytest.raises(UsageError, match=r"inline assembly \(lock\b"):
            check([program])
    else:
        assert check([program]).verdict is Verdict.PASSED


def test_missing_compiler_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTC", "no-such-rustc")
    with pytest.raises(
        UsageError, match=r"^the Rust compiler 'no-such-rustc' is not there"
    ):
        check([PROGRAMS / "mutex.rs"])


def test_rust_program_is_one_file() -> None:
    with pytest.raises(UsageError, match=r"^a Rust program is one file"):
        check([PROGRAMS / "mutex.rs", PROGRAMS / "store_buffering.rs"])


@needs_rust
def test_steps_of_std_in_a_row_are_told_as_one() -> None:
    result = check([PROGRAMS / "store_buffering_panics.rs"])
    (failure,) = result.failures
    told = render(failure)
    assert "steps in std" in told
    shown = {line.split()[0] for line in told.splitlines() if line.startswith("#")}
    assert len(shown) < len(failure["trace"]["steps"]) - 10
