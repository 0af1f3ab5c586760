"""The search behind scripted programs, compiled under the address and UB sanitizers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .building import SANITIZED, SCRIPT, built, search_sources

HERE = Path(__file__).resolve().parent


class Explore:
    """Explores scripted programs with one compiled `run_script`."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def raw(self, text: str, *arguments: str, model: str = "rc11") -> str:
        """Explore a text and return all that was printed."""
        done = subprocess.run(
            [str(self.program), "-m", model, *arguments, text],
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def __call__(self, text: str, *arguments: str, model: str = "rc11") -> dict[str, str]:
        """Explore a text and return the last line of each key."""
        said = self.raw(text, *arguments, model=model)
        return dict(line.split(" ", 1) for line in said.splitlines() if " " in line)


@pytest.fixture(scope="session")
def run_script() -> Path:
    files = [*search_sources(), *SCRIPT, HERE / "run_script.c"]
    # At the same addresses each time: hashes of graphs have them.
    return built("run_script", files, *SANITIZED, "-fno-pie", link=("-lm", "-no-pie"))


@pytest.fixture
def explore(run_script: Path) -> Explore:
    return Explore(run_script)
