"""Transfers under faults: short counts, errors, peers that stall, against a byte oracle.

Only names are here, loaded when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heald.names import lazily

if TYPE_CHECKING:
    from heald.faults.case import Action as Action
    from heald.faults.case import Case as Case
    from heald.faults.case import Result as Result
    from heald.faults.case import Sink as Sink
    from heald.faults.case import Source as Source
    from heald.faults.case import Step as Step
    from heald.faults.clauses import Clause as Clause
    from heald.faults.clauses import explain as explain
    from heald.faults.contract import Contract as Contract
    from heald.faults.host import Host as Host
    from heald.faults.host import Ran as Ran
    from heald.faults.subject import TransferSubject as TransferSubject
    from heald.faults.target import TransferTarget as TransferTarget

_HOMES = {
    "Action": "case",
    "Case": "case",
    "Clause": "clauses",
    "Contract": "contract",
    "Host": "host",
    "Ran": "host",
    "Result": "case",
    "Sink": "case",
    "Source": "case",
    "Step": "case",
    "TransferSubject": "subject",
    "TransferTarget": "target",
    "explain": "clauses",
}

__all__ = [*_HOMES]

__getattr__, __dir__ = lazily(__name__, _HOMES)
