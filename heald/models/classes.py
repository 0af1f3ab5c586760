"""Any model as the search in C asks for it: numbered sets of states, classes of equal calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from heald.history import Event
from heald.models.machine import Machine
from heald.scenario import Call, Result

if TYPE_CHECKING:
    import cffi

Words: TypeAlias = "tuple[int, int, int, int]"
"""Of a ``struct linear_call``: code with checked above it, two arguments, the result."""


class Classes:
    """Numbers sets of model states, and classes of equal calls; answers the search's steps.

    A set of states, because a model may have several next states for one result: the search
    follows them all at once, and stays deterministic.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.sets: list[frozenset[int]] = [frozenset({0})]
        self.numbers = {self.sets[0]: 0}
        self.classes: dict[tuple[Call, bool, Result], int] = {}
        self.calls: list[tuple[Call, bool, Result]] = []
        self.error: BaseException | None = None

    def code(self, event: Event) -> int:
        """Return the class of a call: its operation, arguments and result."""
        kind = (event.call, event.pending, None if event.pending else event.result)
        code = self.classes.setdefault(kind, len(self.calls))
        if code == len(self.calls):
            self.calls.append(kind)
        return code

    def words(self, event: Event) -> Words:
        """Return what the call is for the search in C."""
        return self.code(event), 0, 0, 0

    def callback(self, ffi: cffi.FFI) -> Any:
        """Return ``step`` as C calls it; valid as long as it is held."""
        return ffi.callback(
            "int64_t(void *, int64_t, uint32_t)",
            self.step,
            error=-2,
            onerror=self.failed,
        )

    def step(self, _context: Any, state: int, code: int) -> int:
        """Return the number of the set after the call, or -1."""
        call, pending, result = self.calls[code]
        after = frozenset(
            reached
            for each in self.sets[state]
            for reached, said in self.machine.steps(each, call)
            if pending or said == result
        )
        if not after:
            return -1
        number = self.numbers.setdefault(after, len(self.sets))
        if number == len(self.sets):
            self.sets.append(after)
        return number

    def failed(self, _kind: Any, error: Any, _trace: Any) -> None:
        """Keep what the model raised: C cannot carry it."""
        self.error = error
