from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from heald.native import shared
from heald.native.plausible import implausible


def _look(change: Callable[[Any], None]) -> str | None:
    memory = bytearray(shared.SHARED_BYTES)
    recorder = shared.Recorder.from_buffer(memory)
    recorder.magic, recorder.abi = shared.MAGIC, shared.ABI
    recorder.sizes[:] = shared.sizes()
    recorder.state, recorder.seed, recorder.samples = shared.DONE, 7, 1000
    recorder.slot_count = 3
    change(recorder)
    view = memoryview(memory)
    return implausible(recorder, view, seed=7, seconds=1.0, width=3, threads=2)


def test_what_a_run_records_is_believed() -> None:
    assert _look(lambda recorder: None) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("magic", 0),
        ("state", 77),
        ("seed", 8),
        ("slot_count", 4),
        ("samples", 2**64 - 1),
        ("uncounted", 2**63),
        ("power_samples", 2**40),
        ("probes", 2**64 - 1),
        ("overlapped", 1),
    ],
)
def test_what_no_run_can_record_is_named(field: str, value: int) -> None:
    assert _look(lambda recorder: setattr(recorder, field, value)) is not None


def test_impossible_places_and_outcomes_are_named() -> None:
    def move(recorder: Any) -> None:
        recorder.threads[1].position = 2**64 - 1

    assert _look(move) == "the position of thread 2 (255)"

    def count(recorder: Any) -> None:
        recorder.entry_count = 1

    assert _look(count) is None  # an entry of zeroes is none
