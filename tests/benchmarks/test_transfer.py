"""System calls are counted by the shim, for every sink that a contract has."""

from __future__ import annotations

import pytest

from benchmarks.transfer import calls_a_transfer, calls_table, table


@pytest.mark.slow
def test_calls_are_those_that_the_methods_make_by_their_nature() -> None:
    calls = calls_a_transfer(65536)
    assert calls["sendfile", "file"] == 1
    assert calls["read_write", "file"] == 2  # one buffer
    assert calls["splice", "file"] == 2  # in and out of the pipe
    assert ("vmsplice", "tcp") not in calls


def test_a_method_without_a_sink_has_an_empty_cell() -> None:
    shown = calls_table({("sendfile", "file"): 1, ("event", "tcp"): 1234})
    assert [line.split() for line in shown.splitlines()] == [
        ["file", "tcp"],
        ["sendfile", "1"],
        ["event", "1,234"],
    ]


def test_a_table_has_a_row_per_sink_and_method() -> None:
    values = {("sendfile", "tcp", 4096): 1.5, ("memcpy", "memory", 4096): 20.0}
    rows = [line.split() for line in table("GB/s", values, [4096]).splitlines()]
    assert rows == [
        ["GB/s", "4", "KiB"],
        ["memory", "memcpy", "20.00"],
        ["tcp", "sendfile", "1.50"],
    ]
