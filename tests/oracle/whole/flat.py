"""A thread's steps while they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .program import (
    Block,
    Whole,
)
from .simple import simple
from .steps import Registers, Step


@dataclass
class Flat:
    """What every statement needs: the steps so far, and how to append to them."""

    program: Whole
    thread: int
    steps: list[Step] = field(default_factory=list)
    held: list[str] = field(default_factory=list)  # mutexes that know their owner

    def block(self, block: Block, scratch: int) -> None:
        """Append the steps of a block; ``scratch`` is the first register that nobody uses."""
        for statement in block:
            make = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if make:
                make(statement, scratch)
            else:
                self.steps.append(simple(statement))

    def skip_unless(
        self,
        make: Callable[[], None],
        register: int | None = None,
        constant: int = 1,
        test: Callable[[Registers], int] | None = None,
    ) -> None:
        """Steps that are taken only if a register has a value, or a test holds."""
        at = len(self.steps)
        self.steps.append(Step("unless"))
        make()
        self.steps[at] = Step(
            "unless", register, constant=constant, test=test, target=len(self.steps)
        )

    def kept(self, register: int | None, source: int) -> Step:
        """Copy a register."""
        return Step("set", register, test=lambda r: r[source])
