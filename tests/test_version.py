"""The version is told at once."""

from __future__ import annotations

import resource
import subprocess
import sys

import heald
from tests.cli.test_main import HEALD


def test_version_is_told_before_anything_heavy_is_imported() -> None:
    program = "import sys, heald.cli; print([m for m in sys.modules if m in HEAVY])"
    heavy = (
        "hypothesis",
        "scipy",
        "rich",
        "pycparser",
        "cffi",
        "pytest",
        "sqlite3",
        "jinja2",
    )
    answer = subprocess.run(
        [sys.executable, "-c", program.replace("HEAVY", repr(heavy))],
        check=True,
        capture_output=True,
        text=True,
    )
    assert answer.stdout == "[]\n"


def test_version_is_quick() -> None:
    # Processor time, and the best of five: other work on the machine only adds to it.
    times = []
    for _ in range(5):
        began = _time_of_children()
        answer = subprocess.run([HEALD, "--version"], check=True, capture_output=True)
        times.append(_time_of_children() - began)
    assert answer.stdout.decode() == f"heald, version {heald.__version__}\n"
    assert min(times) < 0.3


def _time_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
