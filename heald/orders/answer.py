"""What became of a search for other orders, in either direction: a patch, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heald.orders.patch import Change
from heald.showing.brief import with_name
from heald.verdicts import Verdict


@dataclass(frozen=True)
class Answer:
    """What became of it.

    Attributes
    ----------
    verdict
        ``PASSED``: `patch` is verified, or nothing has to change. ``FAILED``: there is no patch.
        ``UNDECIDED``: the budget ended first.
    patch
        A unified diff.
    changes
        What it changes, each with an execution that fails: without it (mended), or if it is made
        weaker still (tightened).
    reason
        Why there is no patch, in a sentence.
    failure
        The one that is mended, or that stands in the way.
    executions
        Of the patched program: all of them are right.
    explorations
        How many searches it took.
    after
        The whole text of each file that the patch changes.
    """

    verdict: Verdict
    patch: str = ""
    changes: Sequence[Change] = ()
    reason: str = ""
    failure: Mapping[str, Any] | None = None
    executions: int = 0
    explorations: int = 0
    after: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``heald mend --json`` and ``heald tighten --json`` print."""
        return {
            "verdict": self.verdict.value,
            "patch": self.patch,
            "changes": [change.to_json() for change in self.changes],
            "reason": self.reason,
            "failure": None if self.failure is None else with_name(self.failure),
            "executions": self.executions,
            "explorations": self.explorations,
        }
