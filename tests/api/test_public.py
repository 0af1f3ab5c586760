"""The public names: all there, on a page, loaded when first used, hidden by no module."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import heald
from tests.api.page import PACKAGES, PAGE, PARTS, page

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(set(heald.__all__) - {"__version__"})


@pytest.mark.parametrize("name", NAMES)
def test_name_is_there_and_says_what_it_is(name: str) -> None:
    assert name in dir(heald)
    assert name == "Outcome" or getattr(heald, name).__doc__


def test_every_name_has_its_place_on_the_page() -> None:
    placed = [name for names in PARTS.values() for name in names]
    assert sorted([*placed, *PACKAGES]) == NAMES


def test_page_is_what_the_docstrings_say() -> None:
    assert PAGE.read_text() == page(), "python -m tests.api.page writes it anew"


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(
        AttributeError, match=r"^module 'heald' has no attribute 'nothing'$"
    ):
        heald.nothing  # noqa: B018


def test_no_module_hides_a_name_once_everything_is_loaded() -> None:
    for found in walk_packages(heald.__path__, "heald."):
        if not found.name.endswith(("__main__", "parsing.worker")):
            import_module(found.name)
    for verb in PARTS["Verbs"] + PARTS["Tests"] + ("scenarios", "op"):
        assert callable(getattr(heald, verb)), verb


def test_import_of_heald_loads_nothing_else() -> None:
    script = (
        "import sys, heald; "
        "print(*(m for m in sys.modules if m.startswith('heald.')), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == ["heald.names", "heald.version"]


def test_pages_import_public_names_only() -> None:
    modules = {"heald", *(f"heald.{package}" for package in PACKAGES)}
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    wrong = {}
    for each in pages:
        text = each.read_text()
        for module, names in re.findall(r"^from (heald[\w.]*) import (.+)$", text, re.M):
            public = modules & {module} and set(import_module(module).__all__)
            asked = {name.strip() for name in names.split(",")}
            if not public or not asked <= public:
                wrong[each.name] = f"from {module} import {names}"
    assert wrong == {}
