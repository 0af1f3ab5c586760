"""The examples are copied whole, run where they are, and write over nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main
from heald.examples import FOLDERS, examples_folder


def run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", *words],
        cwd=directory,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("examples") / "demo"
    done = CliRunner().invoke(main, ["examples", str(directory)])
    assert done.exit_code == 0, done.output
    assert [line.partition(":")[0] for line in done.output.splitlines()] == [
        *(f"{directory / folder}/" for folder in FOLDERS),
        "next",
    ]
    return directory


def test_every_file_of_the_examples_is_there(demo: Path) -> None:
    for folder in FOLDERS:
        source = examples_folder() / folder
        files = {p.relative_to(source) for p in source.rglob("*.[chp]*") if p.is_file()}
        wanted = {f for f in files if "__pycache__" not in f.parts and f.suffix != ".pyc"}
        copied = {p.relative_to(demo / folder) for p in (demo / folder).rglob("*")}
        assert wanted <= copied


def test_what_help_texts_print_runs_there(demo: Path) -> None:
    listed = run(demo, "heald", "list")
    assert listed.returncode == 0, listed.stderr
    assert "stack/tagged" in listed.stdout
    mended = run(demo, "heald", "list", "subjects/stack.py")
    assert "stack/tagged" in mended.stdout
    assert "transfer" not in mended.stdout


def test_the_properties_run_there(demo: Path) -> None:
    words = ["properties/test_message.py", "-q", "-p", "no:cacheprovider", "-x"]
    words += [
        "-k",
        "(agrees and copy) or (shrinks and textbook)",
    ]  # a sound one and a flawed one: all run here
    tested = run(demo, "pytest", *words, "--heald-budget", "0.2s")
    assert tested.returncode == 0, tested.stdout
    assert " passed" in tested.stdout


def test_nothing_is_written_over(demo: Path) -> None:
    mine = demo / "subjects" / "stack.py"
    text = mine.read_text()
    mine.write_text("mine")
    done = CliRunner().invoke(main, ["examples", str(demo)])
    assert done.exit_code == 2
    assert "is there already" in done.output
    assert mine.read_text() == "mine"
    mine.write_text(text)
