"""Fixtures that tests of several areas share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oracle.explored import Scripted


@pytest.fixture(scope="session")
def search() -> Iterator[Scripted]:
    with Scripted() as driver:
        yield driver
