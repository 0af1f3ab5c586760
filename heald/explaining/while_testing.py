"""What a failing test adds to its failure: the explorer's explanation, within limits.

A test on real threads that fails is worth a few seconds more, once. Hypothesis runs a
failing test many times while it shrinks, so the time is counted per subject: the same
failure is explained once, and no more is spent than a few failures are worth.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heald.finding import Finding
from heald.state import CAPSULES
from heald.verdicts import HealdError

if TYPE_CHECKING:
    from heald.explaining.explanation import Explained
    from heald.subject.subject import Subject

_MOST_FAILURES = 3  # of one subject, for as long as explaining takes all its time


@dataclass
class Explanations:
    """Explains failures as long as there is time.

    Attributes
    ----------
    budget_s
        Seconds for one failure (``--heald-explain``); 0: nothing is explained.
    """

    budget_s: float
    _spent_s: dict[str, float] = field(default_factory=dict)
    _known: dict[tuple[Any, ...], Explained | str] = field(default_factory=dict)

    def explain(self, subject: Subject, finding: Finding, place: str) -> Explained | str:
        """Return the explanation, or in a line why there is none; empty if not wanted."""
        if self.budget_s <= 0 or finding.scenario is None:
            return ""
        key = subject.name, id(subject), finding.kind, finding.scenario, finding.outcome
        if key not in self._known:
            self._known[key] = self._explain(subject, finding, place)
        return self._known[key]

    def _explain(self, subject: Subject, finding: Finding, place: str) -> Explained | str:
        from heald.explaining.explanation import explain_and_keep

        spent_s = self._spent_s.get(subject.name, 0.0)
        if spent_s >= _MOST_FAILURES * self.budget_s:
            return (
                "not explained: enough time went into it; heald replay --explain does it"
            )
        began = time.monotonic()
        try:
            return explain_and_keep(
                subject, finding, place=place, folder=CAPSULES, budget_s=self.budget_s
            )
        except HealdError as error:  # the failure itself must be told all the same
            return f"not explained: {str(error).splitlines()[0]}"
        finally:
            self._spent_s[subject.name] = spent_s + time.monotonic() - began


EXPLANATIONS = Explanations(budget_s=0.0)
"""Of this process. pytest's plugin gives it time; by itself nothing is explained."""
