"""Fixtures that tests of several areas share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from heald.engine import engine_sources
from tests.oracle.explored import Scripted


@pytest.fixture(scope="session")
def search() -> Iterator[Scripted]:
    if not any(
        "\nint explore(" in p.read_text() for p in engine_sources().glob("explore/*.c")
    ):
        pytest.skip("the search is not in csrc/explore yet")
    with Scripted() as driver:
        yield driver
