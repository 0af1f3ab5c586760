"""Heald checks lock-free C code and zero-copy I/O from Python. Only names are here.

They are loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heald.names import lazily
from heald.version import VERSION as __version__

if TYPE_CHECKING:
    from heald import faults as faults
    from heald import models as models
    from heald import native as native
    from heald import parsing as parsing
    from heald import testing as testing
    from heald.capsule import Capsule as Capsule
    from heald.explorer.exploration import explore_scenario as explore  # noqa: F401
    from heald.explorer.program import check as check
    from heald.faults.subject import TransferSubject as TransferSubject
    from heald.finding import Finding as Finding
    from heald.generating.strategies import scenarios as scenarios
    from heald.history import Event as Event
    from heald.history import History as History
    from heald.models.linearize import linearize as linearize
    from heald.models.machine import NotYet as NotYet
    from heald.models.machine import StepModel as StepModel
    from heald.mutation.mutation import mutate as mutate
    from heald.native.session import run_native as run  # noqa: F401
    from heald.parsing.subject import ParserSubject as ParserSubject
    from heald.replaying.replay import replay as replay
    from heald.scenario import Call as Call
    from heald.scenario import Outcome as Outcome
    from heald.scenario import Scenario as Scenario
    from heald.subject.operation import op as op
    from heald.subject.subject import Subject as Subject
    from heald.testing.explored import explored as explored
    from heald.testing.linearizable import linearizable as linearizable
    from heald.testing.linearizable import must_catch as must_catch
    from heald.testing.linearizable import shows_only as shows_only
    from heald.verdicts import EngineError as EngineError
    from heald.verdicts import HealdError as HealdError
    from heald.verdicts import UsageError as UsageError
    from heald.verdicts import Verdict as Verdict
    from heald.verifying.as_test import verify as verify
    from heald.violation import Violated as Violated


_HOMES = {
    # What is checked, and with what.
    "Subject": "subject.subject",
    "op": "subject.operation",
    "scenarios": "generating.strategies",
    "StepModel": "models.machine",
    "NotYet": "models.machine",
    "ParserSubject": "parsing.subject",
    "TransferSubject": "faults.subject",
    # Words.
    "Call": "scenario",
    "Scenario": "scenario",
    "Outcome": "scenario",
    "Event": "history",
    "History": "history",
    "Finding": "finding",
    "Capsule": "capsule",
    "Verdict": "verdicts",
    "Violated": "violation",
    # Tests.
    "linearizable": "testing.linearizable",
    "explored": "testing.explored",
    "must_catch": "testing.linearizable",
    "shows_only": "testing.linearizable",
    "verify": "verifying.as_test",
    # Verbs.
    "check": "explorer.program",
    "explore": "explorer.exploration:explore_scenario",
    "run": "native.session:run_native",
    "linearize": "models.linearize",
    "mutate": "mutation.mutation",
    "replay": "replaying.replay",
    # Errors.
    "HealdError": "verdicts",
    "UsageError": "verdicts",
    "EngineError": "verdicts",
    # Packages.
    "models": "models",
    "native": "native",
    "faults": "faults",
    "parsing": "parsing",
    "testing": "testing",
}

__all__ = [*_HOMES, "__version__"]

__getattr__, __dir__ = lazily(__name__, _HOMES)
