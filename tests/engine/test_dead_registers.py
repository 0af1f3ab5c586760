"""Code is read for which registers it overwrites before it looks at them."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from .building import EXPLORE, built


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads code of x86-64")
def test_only_what_is_overwritten_whole_on_every_way_is_dead() -> None:
    files = [EXPLORE / "program" / f"{n}.c" for n in ("dead_registers", "machine_code")]
    files.append(Path(__file__).with_name("unit_dead_registers.c"))
    done = subprocess.run(
        [built("unit_dead_registers", files, "-O1", link=())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)
