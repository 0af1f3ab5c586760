"""Heald checks lock-free C code and zero-copy I/O from Python. Only names are here.

They are loaded when first used, so that ``heald --version`` answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heald.drawn_schedule import find_drawn_failure
    from heald.exploring import explored
    from heald.finding import Finding
    from heald.history import Event, History
    from heald.models import NotYet, StepModel
    from heald.one_line import linearizable, must_catch, outcomes
    from heald.operation import op
    from heald.parsing import parser_subject
    from heald.scenario import Call, Outcome, Scenario
    from heald.strategies import scenarios
    from heald.subject import Subject
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
    "NotYet": "models",
    "explored": "exploring",
    "find_drawn_failure": "drawn_schedule",
    "linearizable": "one_line",
    "must_catch": "one_line",
    "outcomes": "one_line",
    "Outcome": "scenario",
    "Scenario": "scenario",
    "StepModel": "models",
    "Subject": "subject",
    "UsageError": "verdicts",
    "Verdict": "verdicts",
    "Violated": "violation",
    "op": "operation",
    "parser_subject": "parsing",
    "scenarios": "strategies",
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
