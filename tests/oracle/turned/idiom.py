"""What an idiom is made of; see ``idioms``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Idiom:
    """``roles`` are thread bodies; ``most`` times each; counted: no loop that may go on."""

    shared: str
    roles: tuple[str, ...]
    least: int = 2
    most: int = 3
    counted: bool = False
    options: tuple[str, ...] = ()
