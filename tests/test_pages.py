"""What pages say of files is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
]


def test_files_that_pages_name_are_there() -> None:
    named = re.compile(
        r"`((?:heald|csrc|tests|subjects|properties|stress)/[\w./-]+\.(?:py|c|h|j2))`"
    )
    gone = {
        page.name: missing
        for page in PAGES
        if (
            missing := [
                name
                for name in named.findall(page.read_text())
                if not (ROOT / name).exists()
            ]
        )
    }
    assert gone == {}


def test_a_newcomers_walk_has_ten_stations_and_no_room_twice() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    walk = text.partition("## A newcomer's walk")[2].partition("\n## ")[0]
    stations = re.findall(r"^(\d+)\. `((?:heald|csrc/explore)/\w+)/", walk, re.MULTILINE)
    rooms = [room for _, room in stations]
    assert [int(number) for number, _ in stations] == list(range(1, 11))
    assert len(set(rooms)) == len(rooms)
    assert all((ROOT / room).is_dir() for room in rooms)


def test_every_room_of_the_table_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| \d+ \| (.+?) \|", text, re.MULTILINE)
    rooms = {room for row in rows for room in re.findall(r"`(\w+)`", row)}
    folders = {path.parent.name for path in (ROOT / "heald").glob("*/__init__.py")}
    assert folders <= rooms
