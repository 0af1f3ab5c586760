"""Maxima and minima of Rust: one update each, whatever stands beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.verdicts import Verdict

pytestmark = pytest.mark.skipif(shutil.which("rustc") is None, reason="no rustc")

BESIDE = """use std::sync::atomic::{AtomicI64, Ordering::*};
use std::thread;
static MOST: AtomicI64 = AtomicI64::new(-1);
fn main() {
    let other = thread::spawn(|| MOST.fetch_max(3, AcqRel));
    let swapped = MOST.compare_exchange(-1, 1, Relaxed, Relaxed);
    let seen = other.join().unwrap();
    assert_eq!(seen, if swapped.is_ok() { 1 } else { -1 });
    assert_eq!(MOST.load(Relaxed), 3);
}
"""


@pytest.mark.parametrize("model", ["rc11", "sc"])
def test_swap_beside_a_maximum_stays_a_swap(model: str, tmp_path: Path) -> None:
    program = tmp_path / "beside.rs"
    program.write_text(BESIDE)
    result = check([program], model=model)
    assert result.verdict is Verdict.PASSED, result.failures
    assert result.executions == 2  # in either order
