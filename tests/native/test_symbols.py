from __future__ import annotations

from pathlib import Path

import pytest

from heald.building import places
from heald.native.symbols import Frame, resolve
from tests.native.subjects import counter


def address_of(library: Path, function: str) -> int:
    import subprocess

    listed = subprocess.run(
        ["nm", "-D", library], capture_output=True, text=True, check=True
    )
    for line in listed.stdout.splitlines():
        address, _, name = line.partition(" ")
        if name.endswith(f" {function}"):
            return int(address, 16)
    raise LookupError(function)


BASE = 0x7F0000000000


def test_address_becomes_function_and_line() -> None:
    library = counter().build().path
    address = BASE + address_of(library, "counter_read")
    (frame,) = resolve([address], [(BASE, BASE + (1 << 20), str(library))])
    assert frame.function == "counter_read"
    assert frame.file is not None
    assert frame.file.endswith("c/counter.c")
    assert frame.is_in(library)
    assert str(frame) == f"counter_read at {frame.file}:{frame.line}"


def test_runner_and_glue_are_left_out() -> None:
    library = counter().build().path
    modules = [(BASE, BASE + (1 << 20), str(library)), (0x1000, 0x2000, "/proc/self/exe")]
    assert resolve([0x1800], modules) == []


def test_null_function_and_wild_address_are_named() -> None:
    shown = [str(frame) for frame in resolve([0, 0x1234], [])]
    assert shown == ["a null function pointer", "0x1234, not in any loaded object"]


def test_without_the_tool_a_frame_is_object_and_offset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places.shutil, "which", lambda name: None)
    (frame,) = resolve([BASE + 0x123], [(BASE, BASE + 0x1000, "/nowhere/gone.so")])
    assert frame == Frame("gone.so+0x123", loaded_from="/nowhere/gone.so")
