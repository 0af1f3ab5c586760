"""Rust as it ships: without hooks, optimised, on real threads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from heald.native.program import NativeProgram

pytestmark = pytest.mark.skipif(shutil.which("cargo") is None, reason="no cargo")

IN_RUST = """\
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static COUNTER: AtomicU32 = AtomicU32::new(0);
const TIMES: u32 = if cfg!(debug_assertions) { 1 } else { 200_000 };
fn add() {
    for i in 0..TIMES {
        if i < 1 {
            COUNTER.fetch_add(1, SeqCst);
        } else {
            OTHERS;
        }
    }
}
fn main() {
    let other = std::thread::spawn(add);
    add();
    other.join().unwrap();
    assert_eq!(COUNTER.load(SeqCst), 2 * TIMES);
}
"""
LOST_IN_RUST = "COUNTER.store(COUNTER.load(SeqCst) + 1, SeqCst)"


@pytest.mark.slow
@pytest.mark.parametrize("is_package", [False, True], ids=["file", "package"])
def test_a_rust_program_is_run_as_it_ships(
    is_package: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("src/main.rs") if is_package else Path("counter.rs")
    file.parent.mkdir(exist_ok=True)
    file.write_text(IN_RUST.replace("OTHERS", LOST_IN_RUST))
    if is_package:
        Path("Cargo.toml").write_text(
            '[package]\nname = "counter"\nversion = "0.1.0"\nedition = "2021"\n'
        )
    program = NativeProgram(["Cargo.toml" if is_package else str(file)], [])
    found = program.run([], 20.0)
    assert found.kind == "exit status"
    assert "right: 400000" in found.message
