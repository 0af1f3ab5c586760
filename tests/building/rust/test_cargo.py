"""Packages of cargo: what is built, which program is meant, and what is said where it is not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.replaying.replay import replay
from heald.verdicts import UsageError, Verdict

pytestmark = pytest.mark.skipif(shutil.which("cargo") is None, reason="no cargo")

MANIFEST = """[package]
name = "signal"
version = "0.1.0"
edition = "2021"
[features]
weak = []
[dependencies]
flag = { path = "flag" }
"""
LIBRARY = """use std::sync::atomic::{AtomicBool, Ordering};
pub struct Flag(AtomicBool);
impl Flag {
    pub const fn new() -> Self { Flag(AtomicBool::new(false)) }
    pub fn raise(&self, order: Ordering) { self.0.store(true, order) }
    pub fn is_up(&self) -> bool { self.0.load(Ordering::Acquire) }
}
"""
PROGRAM = """use std::sync::atomic::Ordering::*;
static FLAG: flag::Flag = flag::Flag::new();
static mut DATA: i32 = 0;
fn main() {
    let other = std::thread::spawn(|| {
        unsafe { DATA = 1 };
        FLAG.raise(if cfg!(feature = "weak") { Relaxed } else { Release });
    });
    if FLAG.is_up() { assert_eq!(unsafe { DATA }, 1); }
    other.join().unwrap();
}
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "signal"
    for name, text in {
        "Cargo.toml": MANIFEST,
        "src/main.rs": PROGRAM,
        "examples/raised.rs": PROGRAM.replace("cfg!", "!cfg!"),
        "flag/Cargo.toml": '[package]\nname = "flag"\nversion = "0.1.0"\n',
        "flag/src/lib.rs": LIBRARY,
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def test_program_of_a_package_is_checked_with_its_features(package: Path) -> None:
    sound = check([package])
    assert sound.verdict is Verdict.PASSED, sound.failures
    assert sound.executions == 2
    (failure,) = check([package], cflags=["--features", "weak"]).failures
    assert failure["kind"] == "data race"
    assert {Path(spot["file"]).name for spot in failure["where"]} == {"main.rs"}


def test_example_is_meant_by_its_name(package: Path) -> None:
    assert check([package], cflags=["--example", "raised"]).verdict is Verdict.FAILED


def test_several_programs_are_told_by_name(package: Path) -> None:
    (package / "src" / "bin").mkdir()
    (package / "src" / "bin" / "other.rs").write_text("fn main() {}")
    with pytest.raises(UsageError, match=r"say which, --bin other or --bin signal$"):
        check([package])


def test_package_without_a_program_says_how_to_name_one(package: Path) -> None:
    with pytest.raises(UsageError, match=r"has no program: say which with --bin"):
        check([package / "flag"])


def test_capsule_of_a_package_replays_where_the_package_is_gone(
    package: Path, tmp_path: Path
) -> None:
    result = check([package], cflags=["--features", "weak"], capsules=tmp_path)
    shutil.rmtree(package)
    again = replay(Path(result.failures[0]["capsule"]))
    assert again.verdict is Verdict.FAILED


def test_what_cargo_says_is_said(package: Path) -> None:
    (package / "src" / "main.rs").write_text("fn main() { nothing(); }")
    with pytest.raises(UsageError, match=r"cannot find function `nothing`"):
        check([package])


def test_dependency_that_cannot_be_had_names_what_to_do(package: Path) -> None:
    with open(package / "Cargo.toml", "a") as file:
        file.write('crossbeam-nowhere = "99"\n')
    with pytest.raises(UsageError, match=r"run `cargo fetch` once where there is"):
        check([package], cflags=["--offline"])


def test_object_of_a_build_script_is_refused_by_name(package: Path) -> None:
    build = package / "flag" / "build.rs"
    unit, archive = package / "tally.o", package / "libtally.a"
    (package / "tally.c").write_text("int total; void tally(void) { total++; }")
    subprocess.run(["gcc", "-c", "-fPIC", package / "tally.c", "-o", unit], check=True)
    subprocess.run(["ar", "rcs", archive, unit], check=True)
    build.write_text(
        f'fn main() {{ println!("cargo:rustc-link-search=native={package}");\n'
        'println!("cargo:rustc-link-lib=static=tally"); }'
    )
    library = package / "flag" / "src" / "lib.rs"
    library.write_text(
        LIBRARY.replace("self.0.store", "unsafe { tally() }; self.0.store")
        + 'extern "C" { fn tally(); }'
    )
    with pytest.raises(UsageError, match=r"tally\.o was compiled without the explorer's"):
        check([package])
    trusted = check([package], trust=("tally.o",))
    assert any("tally.o is trusted" in note for note in trusted.notes)
