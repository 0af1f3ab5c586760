"""A finding: one thing that went wrong, in a form that every part of heald can carry.

The kind is data, not a class, so that a new detector needs no new type and a capsule of
any kind stays one small JSON file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heald.scenario import Outcome, Scenario


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
