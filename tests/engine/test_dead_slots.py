"""Frames are read for which slots are overwritten before anybody looks at them."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from .building import EXPLORE, SANITIZED, built

FILES = ("dead_slots", "frame_code", "machine_operand", "machine_code")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads code of x86-64")
def test_only_slots_that_every_way_overwrites_are_dead() -> None:
    files = [EXPLORE / "program" / f"{name}.c" for name in FILES]
    files.append(Path(__file__).with_name("unit_dead_slots.c"))
    done = subprocess.run(
        [built("unit_dead_slots", files, "-O1", *SANITIZED, link=())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
