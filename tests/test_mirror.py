"""Each package of heald has its folder of tests, whose tests know it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = sorted(file.parent.name for file in (ROOT / "heald").glob("*/__init__.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_has_its_tests(package: str) -> None:
    texts = [file.read_text() for file in (ROOT / "tests" / package).glob("test_*.py")]
    knows = re.compile(rf"\bheald\.{package}\b|from heald import .*\b{package}\b")
    assert any(knows.search(text) for text in texts)
