"""Litmus shapes at full speed: this machine shows nothing that RC11 forbids."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from heald.native import NativeSession
from heald.native.trial import try_scenario
from heald.testing.native import found_natively
from heald.testing.repeated import HealdRun
from subjects.litmus import ORDERS, SHAPES, TABLE, Shape


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_this_machine_shows_nothing_that_is_forbidden(
    shape: Shape, native_session: NativeSession, heald_repetitions: Iterator[HealdRun]
) -> None:
    for run in heald_repetitions:
        subject = TABLE[shape, random.Random(run.seed).choice(ORDERS)]
        trial = try_scenario(
            native_session,
            subject,
            shape.scenario,
            seed=run.seed,
            budget_s=run.budget_s,
            check_power=run.number == 0,
        )
        for finding in trial.findings:
            raise found_natively(finding, subject)
        assert trial.samples > 0
