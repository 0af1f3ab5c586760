"""The search's C under the address and undefined-behaviour sanitizers, on the same histories."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import heald.building.build
from heald.building.engine import engine_include, engine_sources
from heald.building.flavours import CHECKED
from heald.building.sanitizer_runtime import checked_environment

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import sys
import heald.models.linearize as module
from heald.building.interfaces import interface
from heald.verdicts import Verdict

ffi = interface("linearize")
library = ffi.dlopen(sys.argv[1])
module._library = lambda: (ffi, library)

from tests.models.test_linearize import KNOWN, LONG, Criterion
from benchmarks.simulated_history import simulate

for kind, make in LONG.items():
    for seed in range(3):
        for model in (KNOWN[kind][0], lambda kind=kind: KNOWN[kind][0]()):
            calls = 2000 if model is KNOWN[kind][0] else 60
            for criterion in Criterion:
                answer = module.linearize(
                    make(calls, seed), model, criterion=criterion, max_steps=20_000
                )
                assert answer.verdict is not Verdict.FAILED, (kind, criterion)
            module.linearize(make(calls, seed), model, max_bytes=1 << 15)
print("clean")
"""


def test_search_is_clean_under_the_sanitizers() -> None:
    library = heald.building.build.compile(
        sorted((engine_sources() / "linearize").glob("*.c")),
        flavour=CHECKED,
        cflags=[f"-I{engine_include()}"],
        name="linearize-checked",
    )
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(library)],
        cwd=ROOT,
        env={**checked_environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "clean\n", run.stderr[-3000:]


def test_a_planted_overflow_would_be_seen(tmp_path: Path) -> None:
    planted = tmp_path / "planted.c"
    planted.write_text(
        "#include <stdlib.h>\nint planted(int n);\n"
        "int planted(int n) { int *a = malloc(4); int r = a[n]; free(a); return r; }\n"
    )
    library = heald.building.build.compile([planted], flavour=CHECKED)
    script = "import ctypes, sys; ctypes.CDLL(sys.argv[1]).planted(1)"
    run = subprocess.run(
        [sys.executable, "-c", script, str(library)],
        env=checked_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert "planted.c:3" in run.stderr
