"""Parsers that read a buffer in place, held against an oracle in every place it can lie."""

from heald.parsing.finding import ParserFinding, Status
from heald.parsing.session import BulkResult, CaseResult, ParserSession
from heald.parsing.subject import Parsed, ParserSubject
from heald.parsing.target import ParserTarget

__all__ = [
    "BulkResult",
    "CaseResult",
    "Parsed",
    "ParserFinding",
    "ParserSession",
    "ParserSubject",
    "ParserTarget",
    "Status",
]
