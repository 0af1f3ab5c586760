"""Scenarios with a schedule, both drawn by Hypothesis, so that they shrink together.

Why       A scenario too big to exhaust is sampled. If the explorer draws the schedules, only
          the scenario shrinks; if Hypothesis draws both, what is left at the end has the
          fewest threads, calls and departures from the plainest schedule.
Form      The explorer takes one byte a choice; 0 goes on with the thread that runs and reads
          the latest store. A schedule is drawn as a list of departures: so many plain
          choices, then another one. A shorter list is a simpler schedule.
Cost      One short process an example, some 10 ms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import hypothesis
from hypothesis import strategies as st

from heald.explorer.exploration import Exploration, explore_scenario
from heald.explorer.options import Options
from heald.finding import Finding
from heald.generating.drawing import draw_failing
from heald.scenario import Scenario

if TYPE_CHECKING:
    from heald.subject.subject import Subject

Drawn: TypeAlias = tuple[Scenario, bytes]
"""A scenario, and the choices of one run of it."""

_LONGEST_PLAIN = 40  # choices between two departures
_MOST_DEPARTURES = 8
_WAYS = 3  # another thread, or an older store: which one, at most


def departures(most: int = _MOST_DEPARTURES) -> st.SearchStrategy[bytes]:
    """Draw the choices of a run: plain ones with at most `most` others among them."""
    one = st.tuples(st.integers(0, _LONGEST_PLAIN), st.integers(1, _WAYS))
    return st.lists(one, max_size=most).map(
        lambda drawn: b"".join(bytes(plain) + bytes([other]) for plain, other in drawn)
    )


def scheduled(
    scenarios: st.SearchStrategy[Scenario], *, most_departures: int = _MOST_DEPARTURES
) -> st.SearchStrategy[Drawn]:
    """Draw a scenario and a schedule for it."""
    return st.tuples(scenarios, departures(most_departures))


def run_drawn(
    subject: Subject, drawn: Drawn, *, model: str = "rc11", races: str = "fail"
) -> Exploration:
    """Run a scenario once, by drawn choices, and judge what came of it.

    Within a Hypothesis test it says what the run covered: failed compare-exchanges, blocks
    used again and calls that overlap as events, switches between threads as what to look
    for more of.
    """
    scenario, choices = drawn
    options = Options(
        model=model, races=races, search="choices", choices=choices, traces=1
    )
    run = explore_scenario(subject, scenario, **vars(options))
    if hypothesis.currently_in_test_context():
        _tell(run)
    return run


def _tell(run: Exploration) -> None:
    for trace in run.traces:
        steps = trace["trace"]["steps"]
        retries = sum(step.get("succeeded") is False for step in steps)
        hypothesis.event("failed compare-exchanges", min(retries, 3))
        taken = [step["at"] for step in steps if step["op"] == "alloc"]
        hypothesis.event("blocks used again", len(taken) > len(set(taken)))
        hypothesis.event("calls that overlap", min(_overlapping(steps), 3))
        threads = [step["thread"] for step in steps]
        switches = sum(a != b for a, b in pairwise(threads))
        hypothesis.target(float(switches), label="switches between threads")


def _overlapping(steps: Sequence[Mapping[str, Any]]) -> int:
    """Count the calls that began while a call of another thread was open."""
    open_in: set[int] = set()
    count = 0
    for step in steps:
        if step["op"] == "call":
            count += bool(open_in - {step["thread"]})
            open_in.add(step["thread"])
        elif step["op"] == "return":
            open_in.discard(step["thread"])
    return count


@dataclass(frozen=True)
class ShrunkFailure:
    """The smallest failing scenario, with the plainest choices that make it fail."""

    scenario: Scenario
    choices: bytes
    finding: Finding
    options: Options

    @property
    def departures(self) -> int:
        """How often the schedule departs from the plainest one."""
        return sum(choice != 0 for choice in self.choices)


def find_drawn_failure(
    subject: Subject,
    scenarios: st.SearchStrategy[Scenario],
    *,
    seed: int = 0,
    max_examples: int = 1000,
    model: str = "rc11",
    races: str = "fail",
) -> ShrunkFailure | None:
    """Search for a failing run, and shrink scenario and schedule together.

    Returns
    -------
    ShrunkFailure
        ``None`` if none of the examples failed. The same seed gives the same answer.
    """
    failed: dict[Drawn, Exploration] = {}

    def fails(drawn: Drawn) -> bool:
        run = run_drawn(subject, drawn, model=model, races=races)
        if run.findings:
            failed[drawn] = run
        return bool(run.findings)

    smallest = draw_failing(
        scheduled(scenarios), fails, most=max_examples, seed=seed, aim=True
    )
    if smallest is None:
        return None
    run = failed[smallest]
    scenario, choices = smallest
    options = replace(run.options, traces=0)
    return ShrunkFailure(scenario, choices, run.findings[0], options)
