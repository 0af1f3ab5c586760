"""One operation of a description: what is called, and what is drawn for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from heald.describing.guesses import Part
from heald.subject.declarations import CType


@dataclass(frozen=True)
class Step:
    """One operation of the description.

    Attributes
    ----------
    name
        As the model's method is called.
    function
        The C function it calls, and ``signature`` its declaration.
    part
        What it was guessed to be for.
    arguments
        Names of what is drawn for it, each to the expression of its strategy.
    out
        Whether the value comes through a pointer, behind what is returned.
    """

    name: str
    function: str
    signature: str
    part: Part
    returns: CType
    arguments: dict[str, str] = field(default_factory=dict)
    out: bool = False
    role: str | None = None
