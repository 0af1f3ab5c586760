"""Parsers that read a buffer in place, held against an oracle in every place it can lie.

Only names are here, loaded when first used: a worker that has died starts again at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heald.names import lazily

if TYPE_CHECKING:
    from heald.parsing.finding import ParserFinding as ParserFinding
    from heald.parsing.finding import Status as Status
    from heald.parsing.session import BulkResult as BulkResult
    from heald.parsing.session import CaseResult as CaseResult
    from heald.parsing.session import ParserSession as ParserSession
    from heald.parsing.subject import Parsed as Parsed
    from heald.parsing.subject import ParserSubject as ParserSubject
    from heald.parsing.target import ParserTarget as ParserTarget

_HOMES = {
    "BulkResult": "session",
    "CaseResult": "session",
    "Parsed": "subject",
    "ParserFinding": "finding",
    "ParserSession": "session",
    "ParserSubject": "subject",
    "ParserTarget": "target",
    "Status": "finding",
}

__all__ = [*_HOMES]

__getattr__, __dir__ = lazily(__name__, _HOMES)
