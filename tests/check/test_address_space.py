"""A limit on addresses is the user's to lift: said so, with the command that does it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

MIB = 1 << 20


@pytest.mark.parametrize("limit", [4000 * MIB, 1000 * MIB])
def test_too_few_addresses_are_a_usage_error_with_a_remedy(
    tmp_path: Path, limit: int
) -> None:
    program = tmp_path / "program.c"
    program.write_text("int main(void) { return 0; }\n")
    command = [sys.executable, "-m", "heald", "check", str(program)]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "lift the limit: ulimit -v unlimited" in done.stdout + done.stderr
