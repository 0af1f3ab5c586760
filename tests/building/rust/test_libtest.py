"""Tests under libtest's harness: each explored by itself, and told as cargo test tells it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from heald.explorer import rust_tests
from heald.explorer.options import Options
from heald.explorer.program import check
from heald.explorer.rust_tests import RustTest
from heald.replaying.replay import replay
from heald.verdicts import UsageError, Verdict

needs_cargo = pytest.mark.skipif(shutil.which("cargo") is None, reason="no cargo")

CRATE = Path(__file__).parents[3] / "csrc" / "rust" / "heald"
LIBRARY = """#![forbid(unsafe_code)]
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering, Ordering::*};
static DATA: AtomicI32 = AtomicI32::new(0);
static READY: AtomicBool = AtomicBool::new(false);
pub fn publish(order: Ordering) {
    let writer = std::thread::spawn(move || { DATA.store(1, Relaxed); READY.store(true, order) });
    if READY.load(Acquire) { assert_eq!(DATA.load(Relaxed), 1); }
    writer.join().unwrap();
}
#[cfg(test)]
mod tests {
    #[heald::test(model = "sc", budget = "20s")]
    fn enough_under_sc() { super::publish(super::Relaxed) }
    #[test]
    fn ordinary() {}
}
"""
TESTS = """use std::sync::atomic::Ordering::*;
#[heald::test]
fn published() { user::publish(Release) }
#[heald::test]
fn unpublished() { user::publish(Relaxed) }
#[heald::test(fails = "panic")]
fn planted() { user::publish(Relaxed) }
#[heald::test(fails = "data race")]
fn not_planted() { user::publish(Release) }
#[heald::test]
#[ignore = "slow"]
fn left_out() {}
#[heald::test(max_executions = 1_000)]
#[should_panic(expected = "by hand")]
fn panics() { panic!("by hand: {}", 3) }
#[test]
#[should_panic(expected = "nothing of it")]
fn panics_otherwise() { panic!("by hand") }
#[test]
fn says_no() -> Result<(), String> { Err("no".into()) }
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("user")
    manifest = '[package]\nname = "user"\nversion = "0.1.0"\nedition = "2021"\n'
    for name, text in {
        "Cargo.toml": f'{manifest}[dev-dependencies]\nheald = {{ path = "{CRATE}" }}\n',
        "src/lib.rs": LIBRARY,
        "tests/each.rs": TESTS,
    }.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return folder


def cargo_heald(package: Path, *words: str) -> subprocess.CompletedProcess[str]:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["cargo", "heald", "test", *words],
        cwd=package,
        env=os.environ | {"PATH": tools},
        capture_output=True,
        text=True,
    )


@needs_cargo
def test_cargo_heald_test_prints_what_cargo_test_prints(package: Path) -> None:
    done = cargo_heald(package, "--offline")
    assert done.returncode == 101, done.stderr
    lines = [line for line in done.stdout.splitlines() if re.match("test |running", line)]
    told = [re.sub(r"finished in [\d.]+s$", "finished", line) for line in lines]
    assert told == [
        "running 1 test",
        "test tests::enough_under_sc ... ok",
        "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out; finished",
        "running 6 tests",
        "test left_out ... ignored, slow",
        "test not_planted ... FAILED",
        "test panics - should panic ... ok",
        "test planted ... ok",
        "test published ... ok",
        "test unpublished ... FAILED",
        "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; "
        "2 filtered out; finished",
    ]
    assert "failures:\n    not_planted\n    unpublished\n" in done.stdout
    assert "---- unpublished stdout ----\nunpublished: failed: " in done.stdout
    assert "main panicked at src/lib.rs:7:" in done.stdout
    assert "not_planted should show a data race, and shows nothing" in done.stdout
    assert "Running tests/each.rs" in done.stderr
    assert "to rerun pass `--offline --test each`" in done.stderr


@needs_cargo
def test_names_filter_and_a_pass_ends_with_zero(package: Path) -> None:
    done = cargo_heald(package, "--test", "each", "publ", "--", "--skip", "unp")
    assert done.returncode == 0, done.stderr
    assert "running 1 test\ntest published ... ok\n" in done.stdout
    assert "Explored 2 executions of 1 tests" in done.stderr


@needs_cargo
def test_tests_of_a_program_are_explored_one_by_one(
    package: Path, tmp_path: Path
) -> None:
    result = check([package], cflags=["--test", "each"], capsules=tmp_path)
    assert result.verdict is Verdict.FAILED
    words = {failure["test"]: failure["message"] for failure in result.failures}
    assert sorted(words) == ["panics_otherwise", "says_no", "unpublished"]
    assert 'has no "nothing of it"' in words["panics_otherwise"]
    assert any("7 tests, each explored by itself" in note for note in result.notes)
    again = replay(Path(result.failures[0]["capsule"]))
    assert again.verdict is Verdict.FAILED


@needs_cargo
def test_unit_tests_of_a_library_are_meant_by_lib(package: Path) -> None:
    result = check([package], cflags=["--lib"])
    assert result.verdict is Verdict.PASSED
    assert (result.model, result.executions) == ("sc and rc11", 3)


@needs_cargo
def test_plain_cargo_test_runs_the_same_on_real_threads(package: Path) -> None:
    words = ["cargo", "test", "-q", "--offline", "--lib"]
    done = subprocess.run(words, cwd=package, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


LISTED = """options\ttests::whole\tmodel=sc\tbudget=250ms\tmax_executions=10\tsymmetry=true
test\ttests::whole\t\t
ignored\tslow\tshould panic\ttoo slow
"""


def test_options_of_a_test_are_those_of_the_command() -> None:
    whole, slow = rust_tests.tests_listed(LISTED)
    chosen = whole.chosen(Options(budget_s=60, races="allow"))
    assert (chosen.model, chosen.budget_s, chosen.max_executions) == ("sc", 0.25, 10)
    assert chosen.symmetry
    assert chosen.races == "allow"
    assert (slow.is_ignored, slow.should_panic, slow.ignored_for) == (
        True,
        True,
        "too slow",
    )
    assert slow.options is None


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"modle": "sc"}, r"^#\[heald::test\] of a has no option modle$"),
        ({"model": "arm"}, r"^model must be sc or tso or rc11; got 'arm'$"),
        ({"bound": "two"}, r"bound is a number; got 'two'$"),
        ({"orders": "x"}, r"has no option orders$"),
    ],
)
def test_option_that_there_is_not_is_refused(option: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        RustTest("a", options=option).chosen(Options())


@needs_cargo
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#[heald::test] async fn a() {}", "block on the future"),
        ("#[heald::test] fn a(_n: i32) {}", "a test takes no arguments"),
        ('#[heald::test(model: "sc")] fn a() {}', "options are parted by commas"),
    ],
)
def test_what_cannot_be_a_test_is_refused_by_the_macro(
    package: Path, text: str, said: str, tmp_path: Path
) -> None:
    folder = tmp_path / "wrong"
    shutil.copytree(package, folder, ignore=shutil.ignore_patterns("target"))
    (folder / "tests" / "each.rs").write_text(text)
    words = ["cargo", "check", "-q", "--offline", "--tests"]
    env = os.environ | {"CARGO_TARGET_DIR": str(package / "target")}
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True)
    assert said in done.stderr
