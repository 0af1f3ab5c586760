from __future__ import annotations

import pytest

from heald.campaign.record import Record
from heald.campaign.table import attention, closing_line, show_count
from heald.finding import Finding
from heald.targets.target import SliceResult


def record(name: str, *results: SliceResult, expected: str | None = "sound") -> Record:
    made = Record(name, "place", expected)
    for result in results:
        made.add(result)
    return made


def test_only_what_did_not_pass_needs_attention_and_one_reason_is_one_line() -> None:
    failed = record("b/failed", SliceResult(5, 1.0, findings=(Finding("crash", "m"),)))
    failed.capsules += ["1.json", "2.json"]
    refused = record("b/refused")
    refused.error = ("usage error", "b.c:3: error")
    records = [
        record("a/never"),
        record("a/passed", SliceResult(1000, 1.0)),
        failed,
        record("c/never"),
        refused,
    ]
    assert attention(records) == [
        "b/failed: failed: crash x 1",
        "  heald replay 1.json",
        "  heald replay 2.json",
        "b/refused: usage error: b.c:3: error",
        "undecided: never run: the budget was too short: a/never, c/never",
    ]
    assert closing_line(records) == (
        "failed: 5 targets, 1 passed, 1 failed, 1 usage error, 2 undecided"
    )


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1k"),
        (12_345, "12.3k"),
        (999_900, "1M"),
        (4.56e6, "4.56M"),
        (7e9, "7G"),
        (2.5e12, "2.5T"),
    ],
)
def test_count_is_shown_in_five_characters(count: float, shown: str) -> None:
    assert show_count(count) == shown
