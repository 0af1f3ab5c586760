"""Shares cover a tree once, however they are divided; a journal knows what is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heald import UsageError
from heald.cluster.journal import Journal
from heald.cluster.shares import Share, whole


def has(share: Share, number: int, value: int) -> bool:
    return number >= share.start and share.first <= value % share.of < share.end


@given(
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40)), max_size=12),
    st.lists(st.integers(0, 2**64 - 1), min_size=40, max_size=40),
)
def test_every_subtree_is_visited_once_however_shares_are_divided(
    parts: int, cuts: list[tuple[int, int]], hashes: list[int]
) -> None:
    shares = [(share, len(hashes)) for share in whole(parts)]  # each up to its number
    for which, number in cuts:
        share, until = shares.pop(which % len(shares))
        cut = max(share.start, min(number, until))
        shares.append((share, cut))
        shares += [(rest, until) for rest in share.rest(cut)]
    for number, value in enumerate(hashes):
        owners = [s for s, until in shares if number < until and has(s, number, value)]
        assert len(owners) == 1


def test_a_range_is_halved_before_its_modulus_is_doubled() -> None:
    assert Share(2, 6, 8).rest(5) == (Share(2, 4, 8, 5), Share(4, 6, 8, 5))
    assert Share(2, 3, 8).rest(5) == (Share(2, 3, 16, 5), Share(10, 11, 16, 5))


@pytest.mark.parametrize(
    "data", [[0, 0, 1, 0], [1, 2, 1, 0], [0, 1, 1], "x", [0, 1, 1.0, 0]]
)
def test_what_is_no_share_is_refused(data: object) -> None:
    with pytest.raises(UsageError, match="is no share of a search"):
        Share.from_json(data)


def test_a_journal_goes_on_with_what_is_neither_done_nor_left(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "journal"
    first = Journal(path, whole(3), 16, resume=False)
    first.done(Share(0, 1, 3), {"executions": 5}, ())
    first.done(Share(1, 2, 3), {"executions": 7}, Share(1, 2, 3).rest(9))
    first.close()
    with open(path, "a") as file:
        file.write('{"share": [2, 3,')  # killed while it wrote
    again = Journal(path, whole(1), 99, resume=True)
    assert again.deal == 16
    assert [counts["executions"] for counts in again.results] == [5, 7]
    left = {Share(2, 3, 3), Share(1, 2, 6, 9), Share(4, 5, 6, 9)}
    assert set(again.waiting) == left
    again.done(Share(2, 3, 3), {"executions": 1}, ())
    again.close()
    third = Journal(path, whole(1), 99, resume=True)
    assert set(third.waiting) == left - {Share(2, 3, 3)}
    third.close()


def test_without_resume_a_journal_begins_anew(tmp_path: Path) -> None:
    for resume in (False, False):
        journal = Journal(tmp_path / "journal", whole(2), 16, resume=resume)
        assert (journal.waiting, journal.results) == (whole(2), [])
        journal.done(Share(0, 1, 2), {"executions": 5}, ())
        journal.close()


@pytest.mark.parametrize("text", ["no JSON\n", "{}\n", '{"deal": 1, "shares": [[5]]}\n'])
def test_what_is_no_journal_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "journal").write_text(text)
    with pytest.raises(UsageError, match="cannot go on with"):
        Journal(tmp_path / "journal", whole(2), 16, resume=True)
