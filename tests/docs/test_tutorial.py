"""Every command of the tutorial prints what the tutorial says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "tutorial.md").read_text()


def commands() -> dict[str, list[str]]:
    """Return each command with the parts of lines that it must print."""
    found: dict[str, list[str]] = {}
    for block in re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                told = found.setdefault(line[2:], [])
            else:
                told.append(line)
    return found


COMMANDS = commands()
#: What others need first.
FIRST = ("gcc -o copy copy.c", "heald examples demo")


@pytest.fixture(scope="module")
def listings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    docs = tmp_path_factory.mktemp("docs")
    for name in ("tutorial", "gallery"):
        shutil.copytree(DOCS / name, docs / name)
    shutil.copy(DOCS / "tutorial.md", docs / "tutorial")
    for command in FIRST:
        run(command, docs / "tutorial")
    return docs / "tutorial"


def run(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", f"set -f; {command}"],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("command", [each for each in COMMANDS if each not in FIRST])
def test_a_command_of_the_tutorial_prints_what_it_says(
    command: str, listings: Path
) -> None:
    if ".rs" in command and shutil.which("rustc") is None:
        pytest.skip("rustc is not installed")
    said = " ".join(run(command, listings).split())
    for line in COMMANDS[command]:
        assert " ".join(line.split()) in said


def test_every_listing_has_a_question() -> None:
    for file in (DOCS / "tutorial").iterdir():
        assert f"{file.name}" in PAGE
