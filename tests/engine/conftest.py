"""The search behind scripted programs, compiled under the address and UB sanitizers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
CSRC = HERE.parents[1] / "csrc"
SEARCH = [
    *(
        "arena",
        "behaviour",
        "clock",
        "execution",
        "explore",
        "failure",
        "graph",
        "linear",
        "live",
    ),
    *("memory", "psc", "revisit", "schedule", "search", "total_order", "view"),
]

Explore = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def run_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("engine") / "run_script"
    subprocess.run(
        [
            "cc",
            *("-std=c11", "-O1", "-g", "-fsanitize=address,undefined"),
            *(
                "-fno-sanitize-recover=all",
                f"-I{CSRC / 'include'}",
                f"-I{CSRC / 'explore'}",
            ),
            *(str(CSRC / "explore" / f"{name}.c") for name in SEARCH),
            *(str(HERE / "scripted.c"), str(HERE / "run_script.c"), "-o", str(program)),
        ],
        check=True,
    )
    return program


@pytest.fixture
def explore(run_script: Path) -> Explore:
    """Explore a text and return what was printed, the last line of each key."""

    def run(text: str, *arguments: str, model: str = "rc11") -> dict[str, str]:
        done = subprocess.run(
            [str(run_script), "-m", model, *arguments, text],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return dict(
            line.split(" ", 1) for line in done.stdout.splitlines() if " " in line
        )

    return run
