"""Shares of a search are divided as the engine says, and nothing else is believed."""

from __future__ import annotations

from typing import Any

import pytest

from heald import EngineError
from heald.explorer.shares import Share, is_point


def test_a_share_is_divided_at_a_point_of_its_own() -> None:
    kept, given = Share("1", "f.2", 0.5).divided(
        {"after": "e.1", "until": "f.2", "size": 0.2}
    )
    assert (kept, given) == (Share("1", "e.1", 0.3), Share("e.1", "f.2", 0.2))
    assert kept.words() == ["--shared", "0", "--after", "1", "--until", "e.1"]
    assert Share().words(3) == ["--shared", "3"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({"after": "", "until": "f", "size": 0.1}, "what is none"),
        ({"after": "x", "until": "f", "size": 0.1}, "what is none"),
        ({"after": "1", "until": "f", "size": "much"}, "what is none"),
        ({"after": "1", "until": "f"}, "what is none"),
        ({"after": "1", "until": "e", "size": 0.1}, "not its own"),
    ],
)
def test_what_is_no_share_is_an_error(line: dict[str, Any], why: str) -> None:
    with pytest.raises(EngineError, match=why):
        Share(until="f").divided(line)


def test_what_is_left_is_the_size_less_what_was_visited() -> None:
    share = Share(size=0.5)
    assert [share.left(line) for line in ({}, {"visited": 0.125}, {"visited": 0.7})] == [
        0.5,
        0.375,
        0.0,
    ]


@pytest.mark.parametrize("text", ["", "0", "ab.1", "0123456789abcdef"])
def test_points_are_keys(text: str) -> None:
    assert is_point(text)


@pytest.mark.parametrize("text", [".", "a.", ".a", "a..b", "0123456789abcdef0", "A", 5])
def test_others_are_none(text: object) -> None:
    assert not is_point(text)
