"""What a check concludes, and the three voices in which things go wrong.

A check that ends in time has one of four verdicts. Two more exit codes belong to the
command line: the caller erred (``UsageError``) or heald itself did (``EngineError``).
The numbers are a contract: scripts depend on them.
"""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """The conclusion of a check; the value is the word used in JSON and in tables."""

    PASSED = "passed"
    FAILED = "failed"
    USAGE_ERROR = "usage error"
    UNDECIDED = "undecided"
    UNTRUSTWORTHY = "untrustworthy"
    ENGINE_ERROR = "engine error"

    @property
    def exit_code(self) -> int:
        """The process exit code, 0 to 5, in the order of the members."""
        return list(Verdict).index(self)


class HealdError(Exception):
    """Base of the errors that heald raises on purpose."""


class UsageError(HealdError):
    """The caller, the file or the compiler said no: what was given, what is accepted."""


class EngineError(HealdError):
    """Heald itself is at fault; the text always starts with ``engine bug:``."""

    def __init__(self, message: str) -> None:
        super().__init__(f"engine bug: {message}")
