"""Runs docs/adding-a-subject.md: the files in it, exactly as printed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "adding-a-subject.md"
BLOCK = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files() -> dict[str, str]:
    found = BLOCK.findall(PAGE.read_text())
    assert len({name for name, _ in found}) == len(found)
    return dict(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in files().items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.slow
def test_every_file_of_the_page_passes_as_printed(folder: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--heald-budget", "300ms"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout


def test_stack_is_described_in_ten_lines() -> None:
    lines = files()["test_stack.py"].splitlines()
    description = lines[lines.index("stack = heald.Subject(") :]
    assert len(description) <= 10


def test_place_of_the_page_has_the_campaigns_targets(folder: Path) -> None:
    from heald.targets.places import targets_in

    names = [target.name for target in targets_in(str(folder / "test_counter.py"))]
    assert names == ["counter/atomic", "counter/plain"]
