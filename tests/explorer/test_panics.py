"""Panics that nobody takes are failures with their words and place; taken ones are not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

pytestmark = pytest.mark.skipif(shutil.which("rustc") is None, reason="no rustc")

DETACHED = 'drop(thread::spawn(|| { panic!("lost") }));'
KEPT = 'std::mem::forget(thread::spawn(|| { panic!("lost") }));'
SLOWLY = (
    'drop(thread::spawn(|| { X.load(Relaxed); panic!("lost") })); X.store(1, Relaxed);'
)
SECOND = (
    'let a = thread::spawn(|| panic!("taken")); let b = thread::spawn(|| panic!("lost"));'
)

UNTAKEN = {
    "detached": DETACHED,
    "detached, either before or after it": SLOWLY,
    "never joined before main ends": KEPT,
    "never joined before the process ends": KEPT + " std::process::exit(0);",
    "one of two": SECOND + " a.join().unwrap_err(); drop(b);",
    "by an index": "drop(thread::spawn(|| { let n: Vec<u8> = vec![]; n[X.load(Relaxed)] }));",
    "after one that was caught": "drop(thread::spawn(|| { "
    'panic::catch_unwind(|| panic!("taken")).unwrap_err(); panic!("lost") }));',
    "of a thread with a name": 'drop(thread::Builder::new().name("worker".into())'
    '.spawn(|| { panic!("lost") }).unwrap());',
}

TAKEN = {
    "joined": 'thread::spawn(|| panic!("taken")).join().unwrap_err();',
    "joined by another thread": 'let a = thread::spawn(|| panic!("taken")); '
    "thread::spawn(move || a.join().unwrap_err()).join().unwrap();",
    "caught in main": 'panic::catch_unwind(|| panic!("taken")).unwrap_err();',
    "caught in a thread that nobody joins": "drop(thread::spawn(|| "
    'panic::catch_unwind(|| panic!("taken")).is_err()));',
    "of a scope whose panic is caught": "panic::catch_unwind(|| thread::scope(|s| { "
    's.spawn(|| panic!("taken")); })).unwrap_err();',
    "joined within a scope": "thread::scope(|s| "
    '{ s.spawn(|| panic!("taken")).join().unwrap_err(); });',
}


def checked(body: str, **options: Any) -> CheckResult:
    program = written(
        "use std::{panic, thread, sync::atomic::{AtomicUsize, Ordering::Relaxed}};\n"
        "static X: AtomicUsize = AtomicUsize::new(0);\n"
        f"#[allow(unused)] fn main() {{\n{body}\n}}\n",
        "thrown.rs",
    )
    return check([program], budget_s=600, **options)  # of the clock


@pytest.mark.parametrize("body", UNTAKEN.values(), ids=UNTAKEN)
def test_panic_that_nobody_takes_is_a_failure(body: str) -> None:
    result = checked(body)
    (failure,) = result.failures
    assert failure["kind"] == "panic"
    words = "index out of bounds" if "n[X" in body else "lost"
    assert words in failure["message"]
    assert failure["message"].endswith(", and nobody joined it")
    assert Path(failure["where"][0]["file"]).name == "thrown.rs"
    assert failure["where"][0]["line"] == 4
    assert checked(body, panics="allow").verdict is Verdict.PASSED


@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN)
def test_panic_that_is_taken_is_the_programs_own_business(body: str) -> None:
    result = checked(body)
    assert result.verdict is Verdict.PASSED, result.failures
    assert result.exhaustive


JOINED = """use std::sync::{Arc, Mutex};
fn main() {
    let place = Arc::new(Mutex::new(1));
    let its = Arc::clone(&place);
    let other = std::thread::spawn(move || {
        let value = *its.lock().unwrap();
        assert_eq!(value, WANTED, "words");
    });
    drop(place.lock().unwrap());
    let _ = other.join();
}
"""


@pytest.mark.parametrize("allow", [False, True])
def test_panic_that_aborts_is_a_failure_whoever_would_take_it(
    tmp_path: Path, allow: bool
) -> None:
    program = tmp_path / "aborting.rs"
    program.write_text(JOINED.replace("WANTED", "1"))
    flags = {"cflags": ["-Cpanic=abort"], "panics": "allow" if allow else "fail"}
    sound = check([program], **flags)
    assert sound.verdict is Verdict.PASSED, sound.failures
    program.write_text(JOINED.replace("WANTED", "2"))
    assert check([program]).verdict is Verdict.PASSED  # join takes it
    (failure,) = check([program], **flags).failures
    assert failure["kind"] == "panic"
    assert failure["message"].startswith("thread 1 panicked at ")
    assert "words" in failure["message"]


def test_thread_is_called_by_its_name() -> None:
    (failure,) = checked(UNTAKEN["of a thread with a name"]).failures
    assert failure["message"].startswith("thread 1 'worker' panicked at ")


def test_panic_without_words_is_a_failure_all_the_same() -> None:
    (failure,) = checked("panic::set_hook(Box::new(|_| ())); " + KEPT).failures
    assert failure["message"] == "thread 1 panicked, and nobody joined it"


def test_status_of_main_is_not_taken_for_a_panic() -> None:
    (failure,) = checked("std::process::exit(101);").failures
    assert failure["kind"] == "exit status"


@pytest.mark.parametrize(
    ("body", "noted"),
    [
        ('assert!(std::env::var("SPEED").is_err());', True),
        ("assert_eq!(std::env::vars().count(), 0);", True),
        ("thread::spawn(|| ()).join().unwrap();", False),
    ],
    ids=["a variable", "all of them", "none"],
)
def test_environment_that_a_program_asks_for_is_noted(body: str, noted: bool) -> None:
    result = checked(body)
    assert result.verdict is Verdict.PASSED
    assert any("environment" in note for note in result.notes) == noted


def test_file_that_a_program_asks_for_is_noted() -> None:
    result = checked('assert!(std::fs::File::open("settings").is_err());')
    assert result.verdict is Verdict.PASSED
    assert any("file" in note for note in result.notes), result.notes
