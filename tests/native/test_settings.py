from __future__ import annotations

import pytest

from heald import UsageError
from heald.native import Settings


def test_settings_survive_json() -> None:
    settings = Settings(stride=7, layout=2, shuffled=1, skew=3, jitter=4, load=2)
    assert Settings.from_json(settings.to_json()) == settings


def test_unknown_and_missing_knobs_do_not_matter() -> None:
    assert Settings.from_json({"stride": 3, "colour": "red"}) == Settings(stride=3)


@pytest.mark.parametrize(
    ("knob", "value", "message"),
    [
        ("stride", 0, r"^stride is 1 to 1048576; got 0$"),
        ("layout", 3, r"^layout is 0 to 2; got 3$"),
        ("load", 9, r"^load is 0 to 8; got 9$"),
        ("skew", -1, r"^skew is 0 to 1048576; got -1$"),
    ],
)
def test_value_out_of_range_is_refused(knob: str, value: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Settings(**{knob: value})
