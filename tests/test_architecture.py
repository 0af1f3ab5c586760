"""Dependencies point one way; docs/architecture.md draws what these tests hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

#: Each Python folder to those of ours that it may import.
MAY_IMPORT = {
    "heald": {"heald"},
    "subjects": {"subjects", "heald"},
    "properties": {"properties", "subjects", "heald"},
    "stress": {"stress", "subjects", "heald"},
    "benchmarks": {"benchmarks", "subjects", "heald", "tests"},
}
OURS = {*MAY_IMPORT, "tests"}

#: Each C folder to those of ours whose headers it may include, besides its own.
MAY_INCLUDE = {
    "rust": set(),
    "cxx": set(),
    "include": {"heald"},
    "explore": {"heald"},
    "stress": {"heald"},
    "faults": {"heald"},
    "linearize": {"heald"},
    "parse": {"heald"},
    "subjects": set(),
}


def imported_folders(text: str, package: str) -> Iterator[str]:
    """Yield the top folder of everything that a Python file imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield package if node.level else (node.module or "").split(".")[0]


def wrong_imports(text: str, folder: str) -> set[str]:
    return set(imported_folders(text, folder)) & OURS - MAY_IMPORT[folder]


def wrong_includes(text: str, folder: str, own: set[str]) -> set[str]:
    """Return the headers in quotes or of ours that a file of `folder` must not include."""
    wrong = set()
    for mark, name in re.findall(
        r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', text, re.MULTILINE
    ):
        top, slash, _ = name.partition("/")
        of_ours = mark == '"' or (slash and top in {"heald", *MAY_INCLUDE})
        allowed = top in MAY_INCLUDE[folder] if slash else False
        if of_ours and not allowed and Path(name).name not in own:
            wrong.add(name)
    return wrong


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_python_imports_point_one_way(folder: str) -> None:
    wrong = {
        str(file.relative_to(ROOT)): names
        for file in sorted((ROOT / folder).rglob("*.py"))
        if (names := wrong_imports(file.read_text(), folder))
    }
    assert wrong == {}


@pytest.mark.parametrize("folder", MAY_INCLUDE)
def test_c_includes_point_one_way(folder: str) -> None:
    files = sorted((ROOT / "csrc" / folder).rglob("*.[ch]"))
    own = {file.name for file in files}
    wrong = {
        str(file.relative_to(ROOT)): names
        for file in files
        if (names := wrong_includes(file.read_text(), folder, own))
    }
    assert wrong == {}


def test_every_folder_of_c_has_its_rule() -> None:
    folders = {
        path.name for path in (ROOT / "csrc").iterdir() if any(path.rglob("*.[ch]"))
    }
    assert folders <= set(MAY_INCLUDE)


def test_library_names_no_subject_of_this_repository() -> None:
    pattern = re.compile(r"csrc/subjects/\w+|^(?:from|import) subjects\b", re.MULTILINE)
    found = {
        str(file.relative_to(ROOT)): names
        for file in sorted((ROOT / "heald").rglob("*.py"))
        if (names := pattern.findall(file.read_text()))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("text", "folder", "wrong"),
    [
        ("import subjects.stack", "heald", {"subjects"}),
        ("from properties import x", "subjects", {"properties"}),
        ("def f():\n    from tests.campaign import fakes", "stress", {"tests"}),
        ("from . import y\nimport heald", "subjects", set()),
    ],
)
def test_import_against_the_arrows_is_seen(
    text: str, folder: str, wrong: set[str]
) -> None:
    assert wrong_imports(text, folder) == wrong


@pytest.mark.parametrize(
    ("text", "folder", "wrong"),
    [
        ('#include "../explore/graph.h"', "stress", {"../explore/graph.h"}),
        ("#include <heald/subject.h>", "subjects", {"heald/subject.h"}),
        ('#include "crew.h"\n#include <stdio.h>\n#include <sys/mman.h>', "stress", set()),
        ("#  include <heald/subject.h>", "stress", set()),
    ],
)
def test_include_against_the_arrows_is_seen(
    text: str, folder: str, wrong: set[str]
) -> None:
    assert wrong_includes(text, folder, {"crew.h"}) == wrong
