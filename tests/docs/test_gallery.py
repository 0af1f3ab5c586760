"""Every failure of the gallery is found, and its last sentence is the one that the page prints."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "gallery.md").read_text()
ROWS = re.findall(r"^\| .*? \| \[(.+?)\].*? \| `heald (.+?)` \|", PAGE, re.MULTILINE)
#: Runs of real descriptors, whose sizes differ.
DRAWN = {"transfer.py": "short transfer: returned 0 (complete) after"}


def quoted() -> list[str]:
    quotes = re.findall(r"(?:^> .*\n)+", PAGE, re.MULTILINE)
    return [" ".join(re.sub(r"(?m)^> ", " ", quote).split()) for quote in quotes]


def test_every_file_of_the_gallery_is_in_its_table() -> None:
    there = {file.name for file in (DOCS / "gallery").iterdir() if file.is_file()}
    assert there == set(re.findall(r"\]\(gallery/([\w-]+\.(?:c|py))\)", PAGE))
    assert len(ROWS) == len(quoted()) == 9


def test_pictures_are_small() -> None:
    sizes = {file.name: file.stat().st_size for file in DOCS.rglob("pictures/**/*.*")}
    assert all(
        (DOCS / path).is_file() for path in re.findall(r"\]\((pictures/[^)]+)\)", PAGE)
    )
    assert max(sizes.values()) < 80_000
    assert sum(sizes.values()) < 700_000


@pytest.mark.parametrize(
    ("row", "quote"), [*zip(ROWS, quoted(), strict=True)], ids=[row[0] for row in ROWS]
)
def test_a_failure_of_the_gallery_says_what_its_page_says(
    row: tuple[str, str], quote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DOCS / "gallery", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    command = row[1].split()
    done = CliRunner().invoke(main, [*command, "--budget", "3s", "--html", "page.html"])
    assert done.exit_code == 1, done.output
    said = " ".join(done.stdout.split())
    expected = DRAWN.get(command[1], quote.replace("10, the", "10 the"))
    assert expected.rstrip(".") in said
    assert Path("page.html").stat().st_size > 10_000
