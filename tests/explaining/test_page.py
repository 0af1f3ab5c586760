"""The failures that docs/reading-a-failure.md shows are what heald says today."""

from __future__ import annotations

import pytest

from heald.building.compilers import find_compiler
from tests.explaining.page import PAGE, SHOWN, block, made


@pytest.mark.parametrize("name", SHOWN)
def test_page_shows_what_is_said_today(name: str) -> None:
    if "clang" in find_compiler().name:
        pytest.skip("the page shows code that gcc compiled")
    shown = block(name).search(PAGE.read_text())
    assert shown is not None
    assert shown[2] == made(name), "python -m tests.explaining.page writes it anew"
