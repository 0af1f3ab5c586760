"""With one thread every variant does exactly what its model says: nothing may refuse.

Models allow some calls to fail when others run; here none runs, so the model is taken
without that licence.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import heald
from heald import Scenario
from heald.models.grading import allowed_outcomes
from heald.native import NativeSession
from subjects import cas, counter, publish, refcount, ring, stack
from subjects.expectations import Variant

VARIANTS = [
    variant
    for module in (counter, publish, cas, stack, ring, refcount)
    for variant in module.VARIANTS
]


@pytest.fixture(scope="module")
def session() -> Iterator[NativeSession]:
    with NativeSession() as native:
        yield native


def alone(scenario: Scenario) -> Scenario:
    """Put all calls of a scenario into one thread, one thread's after another's."""
    calls = tuple(call for thread in scenario.threads for call in thread)
    return Scenario(before=scenario.before, threads=(calls,), after=scenario.after)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_alone_it_does_exactly_what_the_model_says(
    variant: Variant, session: NativeSession
) -> None:
    subject = variant.subject

    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(heald.scenarios(subject).map(alone), st.integers(0, 99))
    def does(scenario: Scenario, seed: int) -> None:
        result = session.run(
            subject,
            scenario,
            seed=seed,
            budget_s=2.0,
            check_power=False,
            most_samples=100,
        )
        assert not result.findings
        assert subject.model is not None
        assert set(result.histogram) == allowed_outcomes(subject.model, scenario)

    does()
