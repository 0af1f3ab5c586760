"""What loom and shuttle say of store buffering, and what is so: the table of docs/rust.md.

loom takes sequentially consistent accesses for acquire and release, and fails a program that
is right; shuttle takes all orders for sequentially consistent ones, and passes one that is wrong.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.verdicts import Verdict
from tests.building.rust.test_crates import has_crates

BODY = """
    let both = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let other = Arc::clone(&both);
    let thread = thread::spawn(move || { other.0.store(1, STORE); other.1.load(LOAD) });
    both.1.store(1, STORE);
    let mine = both.0.load(LOAD);
    assert!(mine + thread.join().unwrap() > 0, "both read 0");
"""
HEAD = "use TOOL::sync::{Arc, atomic::{AtomicUsize, Ordering::*}};\nuse TOOL::thread;\n"
ORDERS = {"SeqCst": ("SeqCst", "SeqCst"), "Release": ("Release", "Acquire")}
CALLS = {
    "std": f"fn main() {{{BODY}}}",
    "loom": f"fn main() {{ loom::model(|| {{{BODY}}}); }}",
    "shuttle": f"fn main() {{ shuttle::check_dfs(|| {{{BODY}}}, None); }}",
}
DEPENDENCIES = 'loom = "=0.7.2"\nshuttle = "=0.8.1"\n'


def text(tool: str, order: str) -> str:
    store, load = ORDERS[order]
    body = CALLS[tool].replace("STORE", store).replace("LOAD", load)
    return HEAD.replace("TOOL", tool) + body


@pytest.mark.slow
def test_who_fails_and_who_passes(tmp_path: Path) -> None:
    if not has_crates():
        pytest.skip("no cargo, or no registry")
    programs = tmp_path / "src" / "bin"
    programs.mkdir(parents=True)
    manifest = '[package]\nname = "side"\nversion = "0.1.0"\nedition = "2021"\n'
    (tmp_path / "Cargo.toml").write_text(f"{manifest}[dependencies]\n{DEPENDENCIES}")
    for tool in ("loom", "shuttle"):
        for order in ORDERS:
            (programs / f"{tool}_{order.lower()}.rs").write_text(text(tool, order))
    subprocess.run(["cargo", "build", "-j1", "-q"], cwd=tmp_path, check=True)
    fails = {
        (tool, order): subprocess.run(
            [tmp_path / "target" / "debug" / f"{tool}_{order.lower()}"],
            capture_output=True,
        ).returncode
        != 0
        for tool in ("loom", "shuttle")
        for order in ORDERS
    }
    for order in ORDERS:
        program = tmp_path / f"{order.lower()}.rs"
        program.write_text(text("std", order))
        fails["std", order] = check([program]).verdict is Verdict.FAILED
    assert fails == {
        ("loom", "SeqCst"): True,  # a false alarm
        ("loom", "Release"): True,
        ("shuttle", "SeqCst"): False,
        ("shuttle", "Release"): False,  # missed
        ("std", "SeqCst"): False,
        ("std", "Release"): True,
    }
