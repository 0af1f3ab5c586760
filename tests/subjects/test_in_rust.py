"""The Rust listings in the explorer: each cell of their table, and their C forms' counts."""

from __future__ import annotations

import pytest

from heald import Verdict
from heald.explorer.exploration import explore_scenario
from heald.subject.subject import Subject
from subjects import counter, in_rust, publish
from subjects.expectations import MODELS, Variant

BESIDE = {
    "counter/rust-fetch-add": (counter.VARIANTS, "counter/fetch-add-relaxed"),
    "publish/rust-release-acquire": (publish.VARIANTS, "publish/release-acquire"),
}


def found(subject: Subject, model: str, races: str = "fail") -> set[str]:
    results = [
        explore_scenario(subject, scenario, model=model, races=races)
        for scenario in subject.interesting
    ]
    return {finding.kind for result in results for finding in result.findings}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("variant", in_rust.VARIANTS, ids=lambda v: v.name)
def test_listing_shows_what_its_row_says(variant: Variant, model: str) -> None:
    assert found(variant.subject, model) == set(variant.exploring[model])


@pytest.mark.parametrize("variant", in_rust.VARIANTS, ids=lambda v: v.name)
def test_with_races_allowed_it_shows_what_comes_of_them(variant: Variant) -> None:
    expected = variant.races_allowed or variant.exploring
    assert found(variant.subject, "rc11", "allow") == set(expected["rc11"])


@pytest.mark.parametrize("variant", in_rust.VARIANTS, ids=lambda v: v.name)
def test_listing_has_as_many_executions_as_its_c(variant: Variant) -> None:
    if variant.name not in BESIDE:
        pytest.skip("a flawed one, or with another interface")
    variants, name = BESIDE[variant.name]
    other = next(each for each in variants if each.name == name)
    for scenario in variant.subject.interesting:
        mine = explore_scenario(variant.subject, scenario)
        theirs = explore_scenario(other.subject, scenario)
        assert mine.verdict is theirs.verdict is Verdict.PASSED
        assert mine.executions == theirs.executions
