"""Fixtures that tests of several areas share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle.explored import Scripted


@pytest.fixture(scope="session")
def search() -> Iterator[Scripted]:
    with Scripted() as driver:
        yield driver


@pytest.fixture(params=["gcc", "clang"])
def compiler(request: pytest.FixtureRequest) -> str:
    """Each compiler in turn; skips where it is not installed."""
    name = str(request.param)
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return name


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("HEALD_CACHE", str(folder))
    return folder
