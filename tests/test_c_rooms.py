"""The rooms of the explorer's C and which may know which; docs/explorer.md walks through them.

An arrow is an include, or a function or object that one file uses and another defines, whatever
header it took the declaration from. A header and its source are one file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .c_text import bare, functions, names, objects

EXPLORE = Path(__file__).resolve().parents[1] / "csrc" / "explore"

#: The words that both halves may use: files beside the rooms, which use no room themselves.
BORDER = {"action.h", "failure.h", "value.h"}

#: Each room to those it may know besides itself and the border. Files beside the rooms are rooms.
MAY_KNOW: dict[str, set[str]] = {
    "program": set(),
    "calls": {"program"},
    "graph": set(),
    "models": {"graph"},
    "execution": {"graph", "models"},
    "view": {"graph", "execution"},
    "search": {"graph", "models", "execution"},
    "lean": set(),
    "sampling": {"graph", "models", "execution", "view", "lean"},
    "explore.c": {"graph", "execution", "search", "sampling"},
    "host": {"calls", "program", "explore.c", "view"},
    "driver": set(),
}


def room_of(file: Path) -> str:
    """Return the folder below ``csrc/explore``, or the name of a file beside the folders."""
    return file.relative_to(EXPLORE).parts[0]


def arrows(files: dict[Path, str], root: Path = EXPLORE) -> Iterator[tuple[Path, Path]]:
    """Yield which file knows which other, by include or by name."""
    home = {
        name: file
        for file, text in files.items()
        if file.suffix == ".c"
        for name in (functions(text) | objects(text)) - {"main"}
    }
    for file, text in files.items():
        for name in re.findall(r'^#include "([^"]+)"', text, re.M):
            if (root / name) in files:
                yield file, root / name
        if file.suffix == ".c":
            yield from ((file, home[name]) for name in names(text) & home.keys())


def read(root: Path = EXPLORE) -> dict[Path, str]:
    return {file: bare(file.read_text()) for file in sorted(root.rglob("*.[ch]"))}


def wrong_arrows(files: dict[Path, str]) -> set[str]:
    found = set()
    for file, other in arrows(files):
        here, there = room_of(file), room_of(other)
        if here != there and there not in BORDER | MAY_KNOW.get(here, set()):
            found.add(f"{file.relative_to(EXPLORE)} -> {other.relative_to(EXPLORE)}")
    return found


def circle(files: dict[Path, str], root: Path = EXPLORE) -> set[str]:
    """Return the files that know each other in a circle, and what stands on them."""
    known: dict[str, set[str]] = {}
    for file, other in arrows(files, root):
        here, there = (str(f.relative_to(root).with_suffix("")) for f in (file, other))
        known.setdefault(here, set())
        known.setdefault(there, set())
        if here != there:
            known[here].add(there)
    below: set[str] = set()
    while above := {file for file, others in known.items() if others <= below} - below:
        below |= above
    return known.keys() - below


def test_rooms_know_only_what_they_may() -> None:
    assert wrong_arrows(read()) == set()


@pytest.mark.parametrize("part", ["explore", "faults", "linearize", "parse", "stress"])
def test_no_files_know_each_other_in_a_circle(part: str) -> None:
    root = EXPLORE.parent / part
    assert circle(read(root), root) == set()


def test_every_folder_is_in_the_table() -> None:
    rooms = {room_of(file) for file in EXPLORE.rglob("*.[ch]")}
    assert rooms == MAY_KNOW.keys() | BORDER


def test_the_table_has_no_way_back() -> None:
    below: set[str] = set()
    while above := {room for room, known in MAY_KNOW.items() if known <= below} - below:
        below |= above
    assert below == MAY_KNOW.keys()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('#include "execution/explorer.h"\n', "psc.c -> execution/explorer.h"),
        ("int f(void) { return live_learn(0, 0) != 0; }\n", "psc.c -> execution/live.c"),
        ("/* live_learn */ int f(void) { return 0; }\n", None),
        ('#include "graph/graph.h"\n', None),
    ],
)
def test_an_arrow_that_points_the_wrong_way_is_seen(text: str, wrong: str | None) -> None:
    files = read() | {EXPLORE / "models" / "psc.c": bare(text)}
    seen = {arrow for arrow in wrong_arrows(files) if arrow.startswith("models/psc.c")}
    assert seen == ({f"models/{wrong}"} if wrong else set())


def test_a_circle_is_seen() -> None:
    files = read() | {EXPLORE / "graph" / "arena.c": '#include "graph/mo.h"\n'}
    assert {"graph/arena", "graph/mo"} <= circle(files)


@pytest.mark.parametrize("page", ["explorer.md", "extending-the-explorer.md"])
def test_a_page_names_files_that_are_there(page: str) -> None:
    text = (EXPLORE.parents[1] / "docs" / page).read_text()
    rooms = "|".join(room for room in MAY_KNOW if "." not in room)
    named = set(re.findall(rf"`((?:{rooms})/\w+\.[ch])`", text))
    assert len(named) >= 5
    assert {name for name in named if not (EXPLORE / name).is_file()} == {
        *({"sampling/policy_NAME.c"} & named)
    }


def test_the_page_has_every_room() -> None:
    text = (EXPLORE.parents[1] / "docs" / "explorer.md").read_text()
    rooms = {room for room in MAY_KNOW if "." not in room}
    assert {room for room in rooms if f"**`{room}/`**" not in text} == set()
