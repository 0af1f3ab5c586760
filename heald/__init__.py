"""Heald checks lock-free C code and zero-copy I/O from Python. Only names are here."""

from heald.finding import Finding
from heald.history import Event, History
from heald.operation import op
from heald.parsing import parser_subject
from heald.scenario import Call, Outcome, Scenario
from heald.subject import Subject
from heald.verdicts import EngineError, HealdError, UsageError, Verdict

__version__ = "0.1.0"

__all__ = [
    "Call",
    "EngineError",
    "Event",
    "Finding",
    "HealdError",
    "History",
    "Outcome",
    "Scenario",
    "Subject",
    "UsageError",
    "Verdict",
    "__version__",
    "op",
    "parser_subject",
]
