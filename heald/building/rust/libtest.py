"""Tests under libtest's harness: its ``main`` gives way to one that runs a test by its name.

What takes its place (``csrc/rust/tests.rs``) reads libtest's own table of tests, whose types
are not for stable code: that one file is compiled with ``RUSTC_BOOTSTRAP``, the program is not.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from heald import deadline
from heald.building.cache import cache_directory, make_once
from heald.building.manifest import hash_text
from heald.building.rust.hooks import OPTIONS as HOOKS
from heald.building.rust.hooks import put_in_hooks
from heald.building.rust.toolchain import Toolchain
from heald.verdicts import UsageError

_ENTRY = "heald_test_main"
_MAIN = re.compile(
    r"\b(_R\w+4test16test_main_static|_ZN4test16test_main_static17h[0-9a-f]{16}E)\b"
)
_OPTIONS = (
    "--edition=2021",
    "--crate-type=lib",
    "--crate-name=heald_tests",
    "-Copt-level=1",
    "-Cdebuginfo=2",
    "-Clinker-plugin-lto",
    "-Ccodegen-units=1",
    "-Crelocation-model=static",
)


def harness_source() -> Path:
    """Return the Rust of what takes the place of libtest's ``main``."""
    from heald.building.engine import engine_sources

    return engine_sources() / "rust" / "tests.rs"


def has_tests(program: Path) -> bool:
    """Whether a built program is one of tests under libtest's harness."""
    return _ENTRY.encode() in program.read_bytes()


def harness(toolchain: Toolchain) -> Path:
    """Return the object that takes the place of libtest's ``main``, made if it is not there."""
    recipe = [toolchain.identity, *HOOKS, *_OPTIONS, harness_source().read_text()]
    target = cache_directory() / "rust" / f"tests-{hash_text(chr(0).join(recipe))[:24]}.o"
    return make_once(target, lambda made: _make(toolchain, made))


def _make(toolchain: Toolchain, made: Path) -> None:
    source = harness_source()
    with tempfile.TemporaryDirectory(dir=made.parent) as scratch:
        bitcode = Path(scratch) / "tests.bc"
        # Under the name of std: what it does is told with what std does.
        words = [f"--remap-path-prefix={source.parent}=/rustc/heald"]
        done = deadline.run(
            [toolchain.rustc, *_OPTIONS, *words, f"--emit=obj={bitcode}", str(source)],
            environment=os.environ | {"RUSTC_BOOTSTRAP": "1"},
        )
        if done.returncode:
            raise UsageError(
                f"the tests of {toolchain.name} are not ones that heald knows; a test with "
                f"a main of its own is checked (harness = false): {done.stderr.strip()}"
            )
        put_in_hooks(toolchain.linker, bitcode, made)


def in_place_of_main(hooked: Sequence[Path], harness: Path) -> list[str]:
    """Return what to link for a program whose main is libtest's; nothing for any other."""
    for unit in hooked:
        asked = subprocess.run(["nm", "-u", str(unit)], capture_output=True, text=True)
        found = _MAIN.search(asked.stdout)
        if found:
            return [str(harness), f"-Wl,--defsym={found[1]}={_ENTRY}"]
    return []
