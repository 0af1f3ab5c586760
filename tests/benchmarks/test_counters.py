from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.counters import (
    WAYS,
    draw,
    measure,
    medians,
    ratios,
    rule_of_thumb,
    table,
)


def test_every_way_is_measured_and_only_the_plain_one_loses(tmp_path: Path) -> None:
    threads = [1, 2]
    cells = measure(threads, rounds=2, target_ms=1, seed=1)
    assert cells.keys() == {(way, count) for way in WAYS for count in threads}
    for (way, count), measured in cells.items():
        assert len(measured) == 2
        assert all(m.ns > 0 for m in measured)
        if way != "plain" or count == 1:
            assert [m.kept for m in measured] == [1.0, 1.0]
    values = medians(cells)
    assert ratios(cells)["relaxed", 2] == 1.0
    assert len(table("ns", values, threads, ".2f").splitlines()) == 1 + len(WAYS)
    assert rule_of_thumb(values, threads).startswith("1 threads: ")
    pytest.importorskip("matplotlib")
    draw(values, threads, tmp_path / "counters.svg")
    assert (tmp_path / "counters.svg").stat().st_size > 1000
