"""A journal knows which shares of a search are left."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald import UsageError
from heald.cluster.journal import Journal
from heald.explorer.shares import Share


def test_a_journal_goes_on_with_what_is_neither_done_nor_divided(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "journal"
    first = Journal(path, resume=False)
    kept, given = Share().divided({"after": "a.1", "until": "", "size": 0.75})
    first.divided(Share(), kept, given)
    left = given.divided({"after": "b", "until": "", "size": 0.5})
    first.divided(given, *left)
    first.done(kept, {"executions": 5})
    first.close()
    with open(path, "a") as file:
        file.write('{"share": ["b", "", 0.5],')  # killed while it wrote
    again = Journal(path, resume=True)
    assert [counts["executions"] for counts in again.results] == [5]
    assert again.waiting == [left[1], left[0]]
    again.done(left[1], {"executions": 1})
    again.close()
    third = Journal(path, resume=True)
    assert third.waiting == [left[0]]
    third.close()


def test_without_resume_a_journal_begins_anew(tmp_path: Path) -> None:
    for _ in range(2):
        journal = Journal(tmp_path / "journal", resume=False)
        assert (journal.waiting, journal.results) == ([Share()], [])
        journal.done(Share(), {"executions": 5})
        journal.close()


@pytest.mark.parametrize(
    "text",
    [
        "no JSON\n",
        "{}\n",
        '{"share": [1, 2, 3], "counts": {}}\n',
        '{"share": ["", "", 1.0], "kept": ["", "x", 0.5], "given": ["x", "", 0.5]}\n',
    ],
)
def test_what_is_no_journal_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "journal").write_text(text)
    with pytest.raises(UsageError, match="cannot go on with"):
        Journal(tmp_path / "journal", resume=True)
