from __future__ import annotations

import pytest

from heald import UsageError
from heald.durations import seconds_in, show_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("8h", 28800),
        ("1h30m", 5400),
        ("250ms", 0.25),
        ("1.5s", 1.5),
        ("2d", 172800),
        ("12", 12),
        (3, 3),
    ],
)
def test_duration_is_read(text: str | float, seconds: float) -> None:
    assert seconds_in(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "s", "8 h", "8hours", "-5s", "-5", "0s", "nan", "inf"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(
        UsageError, match=r"^(not a duration: '|a duration must be above zero; )"
    ):
        seconds_in(text)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.42, "0.4 s"),
        (12, "12 s"),
        (59.7, "1 min 00 s"),
        (185, "3 min 05 s"),
        (28800, "8 h 00 min"),
    ],
)
def test_duration_is_shown_shortly(seconds: float, shown: str) -> None:
    assert show_seconds(seconds) == shown
