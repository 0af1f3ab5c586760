"""Every order of the sound variants is needed, or stronger than needed for a stated reason.

Three variants in their interesting scenarios by default; all of them within the bounds that
``docs/mutation.md`` names with ``--heald-profile thorough`` (about three minutes).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import settings

from heald.mutation.mutation import Bounds, mutate
from heald.mutation.tables import markdown_table
from heald.subject.subject import Subject
from subjects.stronger_than_needed import REASONS, SOUND, table_in, unexplained

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "mutation.md").read_text()
ROWS = [row[:4] for row in table_in(PAGE)]

THOROUGH = settings.get_current_profile_name() in ("thorough", "nightly")
QUICK = [
    s
    for s in SOUND
    if s.name in ("publish/fences", "ring/release-acquire", "refcount/acq-rel")
]


def rows_now(subject: Subject, bounds: Bounds) -> list[Sequence[str]]:
    result = mutate(subject, bounds=bounds, budget_s=600)
    assert unexplained(result) == []
    page = f"<!-- table: begin -->\n{markdown_table([result])}\n<!-- table: end -->\n"
    return [row[:4] for row in table_in(page)]


def rows_of(subject: Subject) -> list[Sequence[str]]:
    return [row for row in ROWS if row[0] == subject.name]


@pytest.mark.slow
@pytest.mark.parametrize("subject", QUICK, ids=lambda subject: subject.name)
def test_page_says_what_interesting_scenarios_show(subject: Subject) -> None:
    assert len(rows_of(subject)) >= 2
    assert rows_now(subject, Bounds(scenarios=0)) == rows_of(subject)


@pytest.mark.slow
@pytest.mark.skipif(not THOROUGH, reason="takes minutes: --heald-profile thorough")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("subject", SOUND, ids=lambda subject: subject.name)
def test_page_says_what_its_bounds_show(subject: Subject) -> None:
    assert rows_now(subject, Bounds()) == rows_of(subject)


def test_page_has_every_sound_variant() -> None:
    bare = PAGE.partition("Nothing to weaken (relaxed orders, or none): ")[2]
    listed = {row[0] for row in ROWS} | set(bare.partition(".")[0].split(", "))
    assert listed == {subject.name for subject in SOUND}


def test_page_has_no_undecided_order_and_a_reason_for_each_survivor() -> None:
    states = {row[3] for row in ROWS}
    assert states == {"needed", "stronger"}
    survivors = [row for row in table_in(PAGE) if row[3] == "stronger"]
    assert len(survivors) == len(REASONS)
    assert all(any(why in row[4] for why in REASONS.values()) for row in survivors)
