"""Copies are told by the pages, and by time in units of one copy."""

from __future__ import annotations

import pytest

from benchmarks.copies import Seen, copies_saved, in_copies, measure, table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen() -> Seen:
    return measure(rounds=6, size=1 << 20)


@pytest.mark.parametrize("queue", ["pipe", "unix"])
@pytest.mark.parametrize(
    ("method", "share"),
    [("sendfile", 1.0), ("splice", 1.0), ("mmap_write", 0.0), ("read_write", 0.0)],
)
def test_a_reader_gets_the_pages_of_the_file_or_a_copy(
    seen: Seen, method: str, queue: str, share: float
) -> None:
    assert seen.shared[method, queue] == share


def test_every_method_has_a_row_with_its_pages(seen: Seen) -> None:
    rows = {line.split()[0]: line for line in table(seen).splitlines() if line.strip()}
    assert "100%" in rows["sendfile"]
    assert "0%" in rows["read_write"]


def test_time_is_counted_in_single_copies() -> None:
    cost = {
        "sendfile": [1.0] * 9,
        "read_write": [21.0] * 9,
        "copy_out": [8.0] * 9,
        "copy_in": [12.0] * 9,
    }
    assert in_copies(cost, "read_write").median == 2.1
    assert copies_saved(cost, "sendfile").median == 2.0
