"""Nothing in Python is there for nobody: what no file names but its own definition is deleted."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def unused(folder: Path, others: Iterable[Path] = ()) -> set[str]:
    """Return functions, classes and constants of a folder that only their own definition names.

    Tests do not count: what nobody else calls is there for its test.
    """
    texts = {file: file.read_text() for file in folder.rglob("*.py")}
    more = [*folder.rglob("*.j2"), *folder.rglob("*.html"), *others]
    every = [*texts.values(), *(file.read_text() for file in more)]
    named = Counter(word for text in every for word in re.findall(r"\w+", text))
    return {
        f"{file.relative_to(folder.parent)}: {name}"
        for file, text in texts.items()
        for name in defined(ast.parse(text))
        if named[name] == 1 and not name.startswith(("__", "pytest_"))
    }


def defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
    for node in tree.body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else []
        targets = node.targets if isinstance(node, ast.Assign) else targets
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_no_python_is_there_for_its_test_alone() -> None:
    users = ("subjects", "properties", "stress", "benchmarks", "docs")
    others = [f for name in users for f in (ROOT / name).rglob("*.py")]
    others += [
        *(ROOT / "docs").rglob("*.md"),
        *ROOT.glob("*.md"),
        ROOT / "pyproject.toml",
        ROOT / "Makefile",
    ]
    assert unused(ROOT / "heald", others) == set()


def test_what_nobody_uses_is_seen(tmp_path: Path) -> None:
    package = tmp_path / "heald"
    package.mkdir()
    (package / "a.py").write_text(
        "LEFT = 1\nKEPT = 2\ndef left(): pass\ndef kept(): left_()\n"
    )
    (package / "b.py").write_text(
        "class Left:\n    def of(self): return KEPT\ndef left_(): of()\n"
    )
    page = tmp_path / "page.md"
    page.write_text("Call `kept`.")
    assert unused(package, [page]) == {
        "heald/a.py: LEFT",
        "heald/a.py: left",
        "heald/b.py: Left",
    }
