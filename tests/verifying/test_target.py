"""A transfer or a parser is verified until something fails."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from heald import Finding, Verdict
from heald.stop import Stop
from heald.targets.so_far import so_far
from heald.targets.target import SliceResult
from heald.verifying.target import verify_target

FAILURE = Finding("short transfer", "returned 0 (complete) after 1 of 2 bytes")


class LongTarget:
    """Tells a failure at once, and goes on until it is told to stop."""

    name = "long"
    place = None
    expected = None

    def __init__(self, found: list[Finding]) -> None:
        self.found = found

    def prepare(self) -> None:
        """Nothing is compiled."""

    def identity(self) -> Mapping[str, Any]:
        return {}

    def run_slice(self, *, seconds: float, seed: int, stop: Stop) -> SliceResult:
        del seed
        begin = time.monotonic()
        so_far(SliceResult(1, 0.0, findings=self.found))
        while not stop.is_set() and time.monotonic() - begin < seconds:
            time.sleep(0.01)
        spent_s = time.monotonic() - begin
        return SliceResult(int(spent_s) + 1, spent_s, findings=self.found)


@pytest.mark.parametrize("found", [[FAILURE], []], ids=["fails", "sound"])
def test_the_first_failure_ends_it_and_nothing_else_does(found: list[Finding]) -> None:
    verified = verify_target(LongTarget(found), budget_s=60.0 if found else 1.2)
    assert verified.verdict is (Verdict.FAILED if found else Verdict.PASSED)
    [step] = verified.steps
    assert step.seconds < 20.0 if found else step.seconds > 1.0
    if found:
        told = verified.to_json()["failure"]
        assert told["diagnosis"]["name"] == "short transfer"
        assert "call again for what is left" in told["diagnosis"]["advice"]
