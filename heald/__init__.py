"""Heald checks lock-free C code and zero-copy I/O from Python. Only names are here.

They are loaded when first used, so that ``heald --version`` answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heald.explorer.drawn import find_drawn_failure
    from heald.finding import Finding
    from heald.generating.strategies import scenarios
    from heald.history import Event, History
    from heald.models.machine import NotYet, StepModel
    from heald.parsing import parser_subject
    from heald.scenario import Call, Outcome, Scenario
    from heald.subject.operation import op
    from heald.subject.subject import Subject
    from heald.testing.explored import explored
    from heald.testing.linearizable import linearizable, must_catch, outcomes
    from heald.verdicts import EngineError, HealdError, UsageError, Verdict
    from heald.violation import Violated

__version__ = "0.1.0"

_HOMES = {
    "Call": "scenario",
    "EngineError": "verdicts",
    "Event": "history",
    "Finding": "finding",
    "HealdError": "verdicts",
    "History": "history",
    "NotYet": "models.machine",
    "explored": "testing.explored",
    "find_drawn_failure": "explorer.drawn",
    "linearizable": "testing.linearizable",
    "must_catch": "testing.linearizable",
    "outcomes": "testing.linearizable",
    "Outcome": "scenario",
    "Scenario": "scenario",
    "StepModel": "models.machine",
    "Subject": "subject.subject",
    "UsageError": "verdicts",
    "Verdict": "verdicts",
    "Violated": "violation",
    "op": "subject.operation",
    "parser_subject": "parsing",
    "scenarios": "generating.strategies",
}

__all__ = [
    "Call",
    "EngineError",
    "Event",
    "Finding",
    "HealdError",
    "History",
    "NotYet",
    "Outcome",
    "Scenario",
    "StepModel",
    "Subject",
    "UsageError",
    "Verdict",
    "Violated",
    "__version__",
    "explored",
    "find_drawn_failure",
    "linearizable",
    "must_catch",
    "op",
    "outcomes",
    "parser_subject",
    "scenarios",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'heald' has no attribute {name!r}")
    return getattr(import_module(f"heald.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
