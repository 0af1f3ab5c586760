"""Orders of Rust and C++ programs: mended, made weaker, judged, each in the words of its text."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main
from heald.orders.mend import mend
from heald.orders.mutate import mutate_program
from heald.orders.tighten import tighten

needs_rust = pytest.mark.skipif(shutil.which("cargo") is None, reason="no cargo")

PUBLISHED = """IMPORT
use std::thread;
static DATA: AtomicI32 = AtomicI32::new(0);
static READY: AtomicBool = AtomicBool::new(false);
fn main() {
    let other = thread::spawn(|| {
        DATA.store(42, Relaxed);
        READY.store(true, WRITTEN);
    });
    if READY.load(Acquire) {
        assert_eq!(DATA.load(Relaxed), 42);
    }
    other.join().unwrap();
}
"""
STYLES = {
    "by the name of the enumeration": (
        "use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};",
        "Ordering::",
    ),
    "all imported": (
        "use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::*};",
        "",
    ),
}
IN_CXX = """#include <atomic>
#include <cassert>
#include <thread>
std::atomic<int> data;
std::atomic<bool> ready;
int main() {
    std::thread other([] {
        data.store(42, std::memory_order_relaxed);
        ready.store(true, std::memory_order_relaxed);
    });
    if (ready.load(std::memory_order_acquire))
        assert(data.load(std::memory_order_relaxed) == 42);
    other.join();
}
"""


def written(import_: str, prefix: str, order: str) -> str:
    text = PUBLISHED.replace("IMPORT", import_).replace("WRITTEN", order)
    for word in ("Relaxed", "Acquire", "Release", "SeqCst"):
        text = text.replace(f" {word})", f" {prefix}{word})")
        text = text.replace(f"({word})", f"({prefix}{word})")
    return text


def program(folder: Path, text: str, name: str = "published.rs") -> list[str]:
    file = folder / name
    file.write_text(text)
    return [str(file)]


def added(diff: str) -> list[str]:
    lines = diff.splitlines()
    return [line[1:].strip() for line in lines if line[:1] == "+" and line[:3] != "+++"]


@needs_rust
@pytest.mark.parametrize(("import_", "prefix"), STYLES.values(), ids=STYLES)
def test_mending_writes_the_order_as_the_file_does(
    import_: str, prefix: str, tmp_path: Path
) -> None:
    text = written(import_, prefix, "Relaxed")
    (line,) = added(mend(program(tmp_path, text)).patch)
    assert line == f"READY.store(true, {prefix}Release);"


@needs_rust
def test_tightening_leaves_the_order_that_is_needed(tmp_path: Path) -> None:
    import_, prefix = STYLES["by the name of the enumeration"]
    text = written(import_, prefix, "SeqCst")
    (line,) = added(tighten(program(tmp_path, text)).patch)
    assert line == "READY.store(true, Ordering::Release);"


@needs_rust
def test_orders_of_the_standard_library_are_not_the_users(tmp_path: Path) -> None:
    import_, prefix = STYLES["all imported"]
    file = tmp_path / "published.rs"
    file.write_text(written(import_, prefix, "Release"))
    places = {
        (Path(mutant.spot.file).name, mutant.spot.line): mutant.state
        for mutant in mutate_program([str(file)]).mutants
    }
    assert places == {("published.rs", 8): "needed", ("published.rs", 10): "needed"}


@needs_rust
def test_package_is_mended_in_the_file_that_is_wrong(tmp_path: Path) -> None:
    import_, prefix = STYLES["all imported"]
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.rs").write_text(written(import_, prefix, "Relaxed"))
    (tmp_path / "Cargo.toml").write_text(
        '[package]\nname = "published"\nversion = "0.1.0"\nedition = "2021"\n'
    )
    result = mend([str(tmp_path)])
    assert added(result.patch) == ["READY.store(true, Release);"]
    assert "src/main.rs" in result.patch


IN_A_LIBRARY = """use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::*};
static DATA: AtomicI32 = AtomicI32::new(0);
static READY: AtomicBool = AtomicBool::new(false);
pub fn publish() -> i32 {
    DATA.store(1, Relaxed);
    READY.store(true, Relaxed);
    0
}
pub fn taken() -> Option<i32> { READY.load(Acquire).then(|| DATA.load(Relaxed)) }
#[cfg(test)]
mod tests {
    #[test]
    fn alone() { assert_eq!(super::publish(), 0) }
    #[test]
    fn together() {
        let writer = std::thread::spawn(super::publish);
        if let Some(seen) = super::taken() { assert_eq!(seen, 1); }
        writer.join().unwrap();
    }
}
"""


@needs_rust
@pytest.mark.slow
def test_tests_of_a_package_are_what_it_is_mended_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("src").mkdir()
    Path("src/lib.rs").write_text(IN_A_LIBRARY)
    manifest = '[package]\nname = "published"\nversion = "0.1.0"\nedition = "2021"\n'
    Path("Cargo.toml").write_text(manifest)
    done = CliRunner().invoke(main, ["mend", ".", "--lib"])
    assert done.exit_code == 0, done.stderr
    assert added(done.stdout) == ["READY.store(true, Release);"]
    # One of the test that is alone, two of the other.
    assert "with it all 3 executions are right" in done.stderr


def test_cxx_is_mended_with_the_orders_of_std(tmp_path: Path) -> None:
    (line,) = added(mend(program(tmp_path, IN_CXX, "published.cpp")).patch)
    assert line == "ready.store(true, std::memory_order_release);"


RING = """use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
const ROOM: usize = 1;
struct Ring<T> {
    head: AtomicUsize,
    tail: AtomicUsize,
    slots: [UnsafeCell<T>; ROOM],
}
unsafe impl<T: Send> Sync for Ring<T> {}
impl<T: Copy> Ring<T> {
    fn push(&self, value: T) -> bool {
        let at = self.tail.load(Ordering::Relaxed);
        if at - self.head.load(Ordering::Acquire) == ROOM {
            return false;
        }
        unsafe { *self.slots[at % ROOM].get() = value };
        self.tail.store(at + 1, Ordering::Release);
        true
    }
    fn pop(&self) -> Option<T> {
        let at = self.head.load(Ordering::Relaxed);
        if self.tail.load(Ordering::Acquire) == at {
            return None;
        }
        let value = unsafe { *self.slots[at % ROOM].get() };
        self.head.store(at + 1, Ordering::Release);
        Some(value)
    }
}
static RING: Ring<i32> = Ring {
    head: AtomicUsize::new(0),
    tail: AtomicUsize::new(0),
    slots: [UnsafeCell::new(0)],
};
fn main() {
    let producer = thread::spawn(|| (RING.push(1), RING.push(2)));
    let first = loop {
        if let Some(value) = RING.pop() {
            break value;
        }
    };
    assert_eq!(first, 1);
    if let Some(value) = RING.pop() {
        assert_eq!(value, 2);
    }
    producer.join().unwrap();
}
"""


@needs_rust
def test_each_order_of_a_ring_is_needed(tmp_path: Path) -> None:
    result = mutate_program(program(tmp_path, RING, "ring.rs"), budget_s=60)
    lines = {m.spot.line: (m.old, m.new, m.state) for m in result.mutants}
    assert lines == {
        14: ("acquire", "relaxed", "needed"),
        18: ("release", "relaxed", "needed"),
        23: ("acquire", "relaxed", "needed"),
        27: ("release", "relaxed", "needed"),
    }
    assert result.score == 1.0
