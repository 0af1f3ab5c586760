"""The pool's ABA, by every way there is: searched, sampled, shrunk, and cured by a tag."""

from __future__ import annotations

import time

import pytest

from heald import Verdict
from heald.exploration import explore_scenario
from subjects import stack

SUBJECTS = {each.name: each for each in stack.TARGETS}
POOL = SUBJECTS["stack/pool"]


def test_exhaustive_search_finds_it_in_under_two_seconds() -> None:
    took = []
    for _ in range(5):  # the machine may be busy with something else
        began = time.monotonic()
        found = explore_scenario(POOL, stack.ABA, races="allow")
        took.append(time.monotonic() - began)
        assert found.exhaustive
        assert "wrong outcome" in {each.kind for each in found.findings}
        assert found.executions < 1_000  # what the time is short for, anywhere
    assert min(took) < 2.0


@pytest.mark.parametrize("seed", range(20))
def test_each_seed_finds_it_within_ten_thousand_samples(seed: int) -> None:
    found = explore_scenario(
        POOL,
        stack.ABA,
        races="allow",
        search="random",
        seed=seed,
        max_executions=10_000,
    )
    assert found.findings
    assert found.executions <= 10_000


@pytest.mark.parametrize("races", ["allow", "fail"])
def test_tag_of_one_bit_wraps_and_one_of_a_word_does_not(races: str) -> None:
    wrapped = explore_scenario(SUBJECTS["stack/tag-1-bit"], stack.TAG_WRAP_1, races=races)
    assert wrapped.verdict is Verdict.FAILED
    whole = explore_scenario(SUBJECTS["stack/tagged"], stack.TAG_WRAP_1, races=races)
    assert (whole.verdict, whole.exhaustive) == (Verdict.PASSED, True)
