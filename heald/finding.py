"""A finding: one thing that went wrong, in a form that every part of heald can carry.

The kind is data, not a class, so that a new detector needs no new type and a capsule of
any kind stays one small JSON file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heald.scenario import Outcome, Scenario, outcome_from_json, outcome_to_json
from heald.verdicts import UsageError


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen, and with what.

    Attributes
    ----------
    kind
        A short stable word: ``"forbidden outcome"``, ``"broken invariant"``, ``"crash"``,
        ``"hang"``, ``"exit"``, ``"data race"``, ``"short transfer"``, ...
    message
        One line for people: what was seen, with counts.
    scenario, outcome
        For concurrent subjects; ``None`` elsewhere or where not known.
    seed
        Of the run that showed it.
    count
        How many samples of the run showed it.
    detail
        Anything else, JSON-able: signal, backtrace, runner settings, expected outcomes.
    """

    kind: str
    message: str
    scenario: Scenario | None = None
    outcome: Outcome | None = None
    seed: int | None = None
    count: int = 1
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain lists and dictionaries: the one form that files and pipes have."""
        return {
            "kind": self.kind,
            "message": self.message,
            "scenario": None if self.scenario is None else self.scenario.to_json(),
            "outcome": None if self.outcome is None else outcome_to_json(self.outcome),
            "seed": self.seed,
            "count": self.count,
            "detail": dict(self.detail),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Finding:
        """Read what ``to_json`` wrote, wherever it has been since.

        Raises
        ------
        UsageError, KeyError, TypeError, ValueError
            If it makes no sense.
        """
        scenario, outcome, seed = data["scenario"], data["outcome"], data["seed"]
        return cls(
            kind=str(data["kind"]),
            message=str(data["message"]),
            scenario=None if scenario is None else Scenario.from_json(scenario),
            outcome=None if outcome is None else outcome_from_json(outcome),
            seed=None if seed is None else int(seed),
            count=counted(data["count"]),
            detail=dict(data["detail"]),
        )


def counted(number: Any) -> int:
    """Return a count that a database can hold; ``UsageError`` if it is none."""
    if not isinstance(number, int) or not 0 <= number < 2**62:
        raise UsageError(f"{number!r} is no count")
    return number
