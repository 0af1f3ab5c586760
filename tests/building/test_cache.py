"""Where compiled things are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.building.cache import cache_directory


@pytest.mark.parametrize(
    ("heald", "xdg", "expected"),
    [
        ("/over/there", "/caches", "/over/there"),
        ("", "/caches", "/caches/heald"),
        ("", "", "/home/somebody/.cache/heald"),
        ("", "relative/is/ignored", "/home/somebody/.cache/heald"),
    ],
)
def test_it_is_the_one_that_was_named_else_the_users_own(
    heald: str, xdg: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("HEALD_CACHE", heald)
    monkeypatch.setenv("XDG_CACHE_HOME", xdg)
    assert cache_directory() == Path(expected)
