from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heald import UsageError
from heald.targets.places import targets_in

MODULE = """
class Target:
    expected = None
    def __init__(self, name): self.name = name
    def run_slice(self, *, seconds, seed, stop): ...

TARGETS = [Target("NAME/one"), Target("NAME/two")]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to be in; modules imported from it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    before, path = set(sys.modules), list(sys.path)
    yield tmp_path
    assert sys.path == path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def written(file: Path, name: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(MODULE.replace("NAME", name))


def names(place: str) -> list[str]:
    return [target.name for target in targets_in(place)]


def test_file_folder_and_module_are_places(here: Path) -> None:
    written(here / "mine" / "b.py", "b")
    written(here / "mine" / "a.py", "a")
    assert names("mine/b.py") == ["b/one", "b/two"]
    assert names("mine") == ["a/one", "a/two", "b/one", "b/two"]
    assert names("mine.a") == ["a/one", "a/two"]


def test_folder_leaves_out_tests_and_private_files(here: Path) -> None:
    written(here / "a.py", "a")
    for private in ("test_a.py", "_a.py", "__init__.py"):
        (here / private).write_text("raise RuntimeError\n")
    (here / "__init__.py").unlink()
    assert names(".") == ["a/one", "a/two"]


def test_tests_of_a_folder_are_found_and_strange_files_not_executed(here: Path) -> None:
    written(here / "test_a.py", "a")
    (here / "setup.py").write_text("raise RuntimeError\n")
    (here / "script.py").write_text("import os\nraise SystemExit(3)\n")
    assert names(".") == ["a/one", "a/two"]


def test_what_a_test_imports_is_there_once(here: Path) -> None:
    written(here / "a.py", "a")
    (here / "test_a.py").write_text("import heald\nfrom a import TARGETS\n")
    (here / "b.py").write_text("import heald\nimport json\n")
    assert names(".") == ["a/one", "a/two"]


def test_two_of_one_name_are_refused_with_their_files(here: Path) -> None:
    written(here / "a.py", "a")
    written(here / "b.py", "a")
    with pytest.raises(
        UsageError, match=r"^two targets are called a/one: one in .*a\.py, one in .*b\.py"
    ):
        names(".")


def test_file_of_a_package_is_imported_as_part_of_it(here: Path) -> None:
    written(here / "pack" / "a.py", "a")
    (here / "pack" / "__init__.py").write_text("")
    (here / "pack" / "b.py").write_text("from pack.a import TARGETS\n")
    assert names("pack/b.py") == ["a/one", "a/two"]


def test_file_of_a_known_module_name_is_still_its_own(here: Path) -> None:
    written(here / "json.py", "mine")
    assert names("json.py") == ["mine/one", "mine/two"]
    assert sys.modules.get("json") is not sys.modules["heald_place_json"]


@pytest.mark.parametrize(
    ("place", "text", "complaint"),
    [
        ("gone.py", None, r"^there is no file gone\.py$"),
        ("gone", None, r"^there is no folder, Python file or module 'gone' here"),
        ("a b", None, r"^there is no folder, Python file or module 'a b' here"),
        ("a.md", "# A\n", r"^a\.md is no Python file: its name does not end in \.py"),
        ("a.py", "x = 1\n", r"^no targets in a\.py: a target is a heald\.Subject"),
        (
            "a.py",
            "import nothing_like_it\n",
            r"cannot be imported: ModuleNotFoundError: No mod",
        ),
        ("a.py", "x = (\n", r"cannot be imported: SyntaxError: "),
        (
            "a.py",
            "import heald, sys\nsys.exit(0)\n",
            r"cannot be imported: SystemExit: 0",
        ),
        (
            "a.py",
            "import heald, os\nos._exit(0)\n",
            r"cannot be imported: SystemExit: 0\n  line 2: os\._exit\(0\)$",
        ),
        (
            "a.py",
            "TARGETS = [3]\n",
            r"TARGETS holds 3, which is no target: a target has name,",
        ),
    ],
    ids=[
        "file",
        "module",
        "no name",
        "a page",
        "nothing in it",
        "import",
        "syntax",
        "exit",
        "exit at once",
        "no target",
    ],
)
def test_mistake_in_a_place_is_named(
    here: Path, place: str, text: str | None, complaint: str
) -> None:
    if text is not None:
        (here / place).write_text(text)
    with pytest.raises(UsageError, match=complaint):
        targets_in(place)


def test_pipe_in_a_folder_is_not_waited_for(here: Path) -> None:
    os.mkfifo(here / "test_pipe.py")
    with pytest.raises(UsageError, match=r"^no targets in \."):
        targets_in(".")


def test_end_of_a_child_of_a_file_is_its_own(here: Path) -> None:
    (here / "a.py").write_text(
        "import os\nTARGETS = []\nif (child := os.fork()) == 0:\n    os._exit(7)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7\n"
    )
    with pytest.raises(UsageError, match=r"^no targets in a\.py"):
        targets_in("a.py")
    assert os._exit.__module__ == "posix"
