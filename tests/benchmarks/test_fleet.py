"""A leader keeps up with hundreds of agents, in processor time; its memory stays."""

from __future__ import annotations

import pytest

from benchmarks.fleet import measure

pytestmark = pytest.mark.slow


def test_a_leader_needs_little_time_a_slice_and_no_more_memory() -> None:
    seen = measure(300, 4.0, 0.5)
    assert seen.slices >= 300
    assert (
        seen.busy_s / seen.slices < 0.005
    )  # 200 slices/s on one processor, at the least
    first, *_, last = seen.memory_mb
    assert last < first * 1.5
