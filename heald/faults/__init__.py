"""Transfers under faults: short counts, errors, peers that stall, against a byte oracle.

This file only holds names.
"""

from heald.faults.case import Action, Case, Result, Sink, Source, Step
from heald.faults.clauses import Clause, explain
from heald.faults.contract import Contract
from heald.faults.host import Host, Ran
from heald.faults.subject import TransferSubject
from heald.faults.target import TransferTarget

__all__ = [
    "Action",
    "Case",
    "Clause",
    "Contract",
    "Host",
    "Ran",
    "Result",
    "Sink",
    "Source",
    "Step",
    "TransferSubject",
    "TransferTarget",
    "explain",
]
