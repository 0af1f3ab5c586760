"""The rooms of heald/: floors, one above the other, and every import points down."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEALD = ROOT / "heald"

#: From the ground up: a room stands on the words and on the rooms of the floors below it.
#: Rooms of one floor know nothing of each other.
FLOORS = (
    {"building"},
    {"naming"},
    {"models"},
    {"subject"},
    {"generating", "describing"},
    {"showing"},
    {"native", "explorer"},
    {"orders"},
    {"targets"},
    {"replaying", "faults", "parsing"},
    {"explaining", "cluster"},
    {"testing", "mutation", "litmus"},
    {"campaign", "verifying"},
    {"doctor"},
    {"cli", "pytest_plugin"},
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

#: Single files that are the words of the design: they know each other, and nothing else.
WORDS = {
    *(
        "caller",
        "capsule",
        "carried",
        "given",
        "deadline",
        "durations",
        "examples",
        "finding",
        "history",
        "intervals",
        "kinds",
        "names",
        "plain",
        "precedence",
    ),
    *("scenario", "state", "stop", "topology", "verdicts", "version", "violation"),
}

#: Stands on these alone, so that it can be taken out by itself.
ALONE = {
    "faults": {"building", "targets"},
    "parsing": {"building", "targets", "faults"},
}

#: A module with the name of a public verb would hide it as soon as it is imported.
VERBS = {"check", "explore", "run", "linearize", "mutate", "replay", "scenarios"}


def imported(text: str) -> Iterator[str]:
    """Yield the modules of heald that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("heald."))
        elif isinstance(node, ast.ImportFrom) and node.module == "heald":
            yield from (f"heald.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "heald."
        ):
            yield str(node.module)


def room_of(file: Path) -> str:
    return file.relative_to(HEALD).parts[0].removesuffix(".py")


def wrong_imports(text: str, room: str) -> set[str]:
    """Return what a file of `room` must not import."""
    wrong = set()
    for module in imported(text):
        other = module.split(".")[1]
        if other in WORDS or other == room or not is_room(other):
            continue
        below = room not in WORDS and FLOOR_OF[other] < FLOOR_OF[room]
        if not below or other not in ALONE.get(room, {other}):
            wrong.add(module)
    return wrong


def is_room(name: str) -> bool:
    return (HEALD / name).is_dir() or (HEALD / f"{name}.py").is_file()


def python_files() -> list[Path]:
    own = {HEALD / "__init__.py", HEALD / "__main__.py"}
    return [file for file in sorted(HEALD.rglob("*.py")) if file not in own]


def test_every_room_has_its_floor() -> None:
    assert {room_of(file) for file in python_files()} <= set(FLOOR_OF) | WORDS


def test_imports_point_down() -> None:
    wrong = {
        str(file.relative_to(ROOT)): names
        for file in python_files()
        if (names := wrong_imports(file.read_text(), room_of(file)))
    }
    assert wrong == {}


def known_modules(file: Path) -> set[Path]:
    """Return the files of heald that a file imports: ``from a.b import c`` may mean a/b/c.py."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("heald"):
            names = [str(node.module), *(f"{node.module}.{a.name}" for a in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {ROOT / f"{name.replace('.', '/')}.py" for name in names}
    return {path for path in found if path.is_file() and path != file}


def test_modules_know_each_other_in_no_circle() -> None:
    left = {file: known_modules(file) for file in python_files()}
    while True:  # take away what nobody left knows, and what knows nobody left
        known = {other for others in left.values() for other in others}
        rest = {
            file: others & left.keys()
            for file, others in left.items()
            if file in known and others & left.keys()
        }
        if rest == left:
            break
        left = rest
    assert {str(file.relative_to(HEALD).with_suffix("")) for file in left} == set()


@pytest.mark.parametrize(
    "room", sorted(path.parent.name for path in HEALD.glob("*/__init__.py"))
)
def test_the_tests_of_a_room_lie_in_a_folder_of_its_name(room: str) -> None:
    texts = [file.read_text() for file in (ROOT / "tests" / room).glob("test_*.py")]
    knows = re.compile(rf"\bheald\.{room}\b|from heald import .*\b{room}\b")
    assert any(knows.search(text) for text in texts)


def test_the_page_draws_the_same_floors() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    drawn: dict[int, set[str]] = {}
    for floor, rooms in re.findall(
        r"^\| (\d+) \| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE
    ):
        drawn.setdefault(int(floor), set()).update(re.findall(r"\w+", rooms))
    assert drawn == dict(enumerate(FLOORS, 1))


def test_the_walk_on_the_page_enters_each_room_once() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    walk = page.split("## A newcomer's walk")[1].split("\n## ")[0]
    stations = re.findall(r"^\d+\. `([\w/.]+)`", walk, re.MULTILINE)
    rooms = [station.removeprefix("csrc/explore/").split("/")[:2] for station in stations]
    assert all((ROOT / station).exists() for station in stations)
    named = [room[1] if room[0] == "heald" else room[0] for room in rooms]
    assert 5 <= len(named) == len(set(named)) <= 10


#: What is made or written in one place: a pattern, and the modules that have it.
PLACES = {
    r"\bViolated\((?!AssertionError)": {"testing/violated.py"},
    # Structs of ours are read from their headers (heald/building/interfaces.py). These are the
    # kernel's, machine code, the bits of a float, and how long the next line is.
    r"\bstruct\.\w*pack": {
        "building/rust/channels.py",
        "explorer/served.py",
        "naming/values.py",
        "replaying/confined.py",
    },
}


@pytest.mark.parametrize("pattern", PLACES)
def test_one_place_makes_it(pattern: str) -> None:
    found = {
        str(file.relative_to(HEALD))
        for file in python_files()
        if re.search(pattern, file.read_text(), re.MULTILINE)
    }
    assert found == PLACES[pattern]


def test_no_module_hides_a_verb() -> None:
    assert {room_of(file) for file in python_files()} & VERBS == set()


@pytest.mark.parametrize(
    ("text", "room", "wrong"),
    [
        ("from heald.cli import main", "campaign", {"heald.cli"}),
        (
            "from heald.subject.subject import Subject",
            "models",
            {"heald.subject.subject"},
        ),
        ("def f():\n    import heald.native", "explorer", {"heald.native"}),
        ("from heald.building import build", "finding", {"heald.building"}),
        ("from heald.models.machine import Machine", "faults", {"heald.models.machine"}),
        ("from heald.finding import Finding\nfrom heald import Call", "models", set()),
        ("from heald.targets.target import Target", "faults", set()),
    ],
)
def test_import_that_points_up_is_seen(text: str, room: str, wrong: set[str]) -> None:
    assert wrong_imports(text, room) == wrong
