"""Which scenarios a subject's orders are judged by: what it passes itself, within counts.

First the subject runs through all as it is. A scenario in which it has too many executions is
left out (an interesting one is sampled), so that the bounds depend on counts and never on the
machine. Cheap scenarios come first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heald.generating.small import SmallScenarios
from heald.scenario import Scenario

SAMPLES = 2000
"""Executions of a scenario that is too big to be explored."""
MUTANTS_MORE = 20
"""So many times the executions that the subject was allowed."""
_NOTHING = SmallScenarios((), 0, True)


@dataclass(frozen=True)
class Bounds:
    """How much is explored.

    Attributes
    ----------
    scenarios
        Small ones, at most, besides the interesting ones.
    executions
        Of one scenario of the subject; one that has more is left out.
    all_executions
        Of all scenarios of the subject together; what comes later is left out.
    """

    scenarios: int = 120
    executions: int = 20_000
    all_executions: int = 100_000


@dataclass(frozen=True)
class Grounds:
    """What weaker orders are explored over.

    Attributes
    ----------
    explored
        Scenarios whose every execution the subject passes, cheapest first.
    executions
        Of the subject, in all of those.
    sampled
        Interesting ones that are too big.
    left_out
        How many others there are: too big for the bounds, or a call may wait for ever.
    small
        What the small ones were chosen from.
    failure
        Of the subject itself, in the form of ``heald check --json``: nothing can be said of
        its orders.
    complete
        Whether the budget was enough to lay them.
    """

    explored: tuple[Scenario, ...] = ()
    executions: int = 0
    sampled: tuple[Scenario, ...] = ()
    left_out: int = 0
    small: SmallScenarios = _NOTHING
    failure: Mapping[str, Any] | None = None
    failed_in: Scenario | None = None
    complete: bool = True

    def __str__(self) -> str:
        text = (
            f"every execution of {len(self.explored):,} scenarios "
            f"({self.executions:,} of the subject itself), from {self.small}"
        )
        if self.left_out:
            text += f"; {self.left_out:,} left out (too many executions, or a call waits for ever)"
        if self.sampled:
            text += f"; {len(self.sampled)} too big, {SAMPLES:,} executions sampled"
        return text

    def to_json(self) -> dict[str, Any]:
        """Return ``bounds`` in the JSON of ``heald mutate``."""
        return {
            "text": str(self),
            "scenarios": len(self.explored),
            "executions": self.executions,
            "sampled": len(self.sampled),
            "left_out": self.left_out,
        }
