"""Faults come back at their exact byte, some ten thousand times in a row."""

from __future__ import annotations

from benchmarks.caught import measure


def test_every_fault_is_caught_where_it_is() -> None:
    found = measure(100_000)  # ends with an error where a fault is not at its byte
    assert {way: len(spent) for way, spent in found.items()} == {
        "bare": 9,
        "captured": 9,
        "fault": 9,
    }
