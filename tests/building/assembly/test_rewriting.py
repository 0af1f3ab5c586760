"""Random inline assembly and block moves leave what the processor leaves, in one thread."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.verdicts import Verdict

from .drawn_inline import Drawn
from .machine import needs_x86

pytestmark = needs_x86
FLAGS = ("-mcx16", "-mno-red-zone", "-w")


def difference(folder: Path, seed: int, optimise: str = "-O1") -> str | None:
    """Run one program both ways; say how they differ."""
    source, program = folder / f"drawn_{seed}.c", folder / "drawn"
    source.write_text(Drawn(seed).text)
    command = ["gcc", *FLAGS, optimise, source, "-o", program]
    subprocess.run(command, check=True)
    processor = subprocess.run([program], capture_output=True, text=True, check=True)
    result = check([source], cflags=[*FLAGS, optimise])
    if result.verdict is not Verdict.PASSED or result.notes:
        return f"seed {seed}: {result.verdict} {result.failures} {result.notes}"
    if result.output != processor.stdout:
        return f"seed {seed}: {result.output}\n\nis not\n\n{processor.stdout}"
    return None


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("optimise", ["-O0", "-O1", "-O2"])
def test_what_is_left_is_what_the_processor_leaves(
    tmp_path: Path, compiler: str, optimise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    monkeypatch.setenv("CC", compiler)
    for seed in range(4):
        assert difference(tmp_path, seed, optimise) is None
