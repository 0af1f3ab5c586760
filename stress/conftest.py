"""What the stress tests share: one variant on real threads, again and again.

``pytest stress --count N`` makes N repetitions inside each test, not N tests: each has its
own seed, which the printed ``--heald-seed`` decides, and the seed decides the scenario and
the schedule of this layer: skew, jitter, layout, order of the states, where threads run.
A hang is found by the runner's watchdog within a second or two; pytest's own timeout is only
for a runner that is broken itself, and grows with the count.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from heald.native import NativeSession
from heald.native.trial import try_scenario
from heald.targets.of_subject import draw_scenarios
from heald.testing.native import found_natively
from heald.testing.repeated import HealdRun
from subjects.expectations import Variant

Stress = Callable[[Variant], None]

DRAWN = 12
CATCH_S = 60.0
"""Seconds within which a flaw that real threads show must be caught."""


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    repetitions = config.getoption("count", 1) or 1
    budget_s = config.getoption("--heald-budget") or 60.0
    longest_s = 2 * CATCH_S + repetitions * (budget_s + 5.0)
    for item in items:
        if item.path.is_relative_to(config.rootpath / "stress"):
            item.add_marker(pytest.mark.timeout(longest_s))


@pytest.fixture(scope="session")
def native_session() -> Iterator[NativeSession]:
    with NativeSession() as session:
        yield session


@pytest.fixture
def holds(native_session: NativeSession, heald_repetitions: Iterator[HealdRun]) -> Stress:
    """Ask whether every repetition passes."""

    def stress(variant: Variant) -> None:
        subject = variant.subject
        samples = 0
        known = list(subject.interesting)
        for run in heald_repetitions:
            if run.number == 0:
                known += draw_scenarios(subject, run.seed, DRAWN)
            trial = try_scenario(
                native_session,
                subject,
                random.Random(run.seed).choice(known),
                seed=run.seed,
                budget_s=run.budget_s,
                check_power=run.number == 0,
                until_failure=True,
            )
            for finding in trial.findings:
                raise found_natively(finding, subject)
            assert run.number > 0 or trial.trustworthy, trial.doubts
            samples += trial.samples
        assert samples > 0

    return stress


@pytest.fixture
def caught(
    native_session: NativeSession, heald_repetitions: Iterator[HealdRun]
) -> Stress:
    """Ask whether every repetition catches the flaw, in the way that is written down."""

    def stress(variant: Variant) -> None:
        subject = variant.subject
        for run in heald_repetitions:
            trial = try_scenario(
                native_session,
                subject,
                subject.interesting[0],
                seed=run.seed,
                budget_s=CATCH_S,
                check_power=False,
                until_failure=True,
            )
            kinds = {finding.kind for finding in trial.findings}
            assert kinds, f"not caught in {trial.samples:,} samples: {variant.why}"
            assert kinds <= variant.native

    return stress
