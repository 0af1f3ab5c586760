"""An operation of a subject: what the user says of it, and how its calls become numbers.

``op`` records what the user wrote; ``bind`` decides what each parameter is, once the
subject's state is known:

* the pointer to the state, and the pointer to the thread's own state, are filled in;
* a scalar is an argument, drawn from the strategy given under its name;
* another pointer is an out parameter: what the call leaves there is a result. If a
  strategy is given under its name it is an argument as well (``int *expected``).

Arguments and results travel as ``int64_t`` slots. The results of one call are its return
value, unless void, and then its out parameters in the order of the signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from heald.scenario import Result
from heald.subject.declarations import CType, Declaration, parse_declaration
from heald.verdicts import UsageError

WHEN = ("before", "threads", "after")
"""The parts of a scenario, in order; an operation may be limited to some of them."""


@dataclass(frozen=True)
class Operation:
    """One operation as its author describes it; made by ``op``."""

    declaration: Declaration
    result: Callable[..., Result] | None
    strategies: dict[str, Any]
    role: str | None
    when: frozenset[str]
    may_return: tuple[Result, ...]


def op(
    signature: str,
    *,
    result: Callable[..., Result] | None = None,
    role: str | None = None,
    when: str | Sequence[str] = WHEN,
    may_return: Sequence[Result] = (),
    args: dict[str, Any] | None = None,
    **strategies: Any,
) -> Operation:
    """Describe one operation.

    Parameters
    ----------
    signature
        Its C declaration.
    result
        Makes the result that the model is compared with, from the return value (unless
        void) followed by the out parameters. Without it: ``None``, the only value, or a
        tuple of all values.
    role
        Operations of one role are called by one thread only, and each role has a thread
        of its own; ``role="producer"`` for the pushing side of a single-producer queue.
        When no thread runs, before and after, every operation may be called.
    when
        ``"before"``, ``"threads"``, ``"after"`` or several of them; all by default.
    may_return
        Results that the call may give at any time, without effect, whatever the model
        says: ``may_return=[False]`` for a single compare-exchange that is not tried
        again.
    args, **strategies
        A Hypothesis strategy for each argument, by its name in the signature. ``args`` is
        for arguments named like one of the parameters above.

    Raises
    ------
    UsageError
        If the declaration cannot be read, or a name is not in it.
    """
    declaration = parse_declaration(signature)
    given = {**(args or {}), **strategies}
    known = {parameter.name for parameter in declaration.parameters}
    for name in given:
        if name not in known:
            raise UsageError(
                f"{declaration.name} has no parameter named {name!r}; named ones are "
                f"{sorted(filter(None, known))}\n    {declaration.text}"
            )
    moments = frozenset([when] if isinstance(when, str) else when)
    if not moments or not moments <= set(WHEN):
        raise UsageError(f"when={when!r}: accepted are {', '.join(map(repr, WHEN))}")
    return Operation(declaration, result, given, role, moments, tuple(may_return))


class Place(Enum):
    """What a parameter is for."""

    STATE = "state"
    LOCAL = "local"
    ARGUMENT = "argument"
    OUT = "out"
    IN_OUT = "in and out"


@dataclass(frozen=True)
class Slot:
    """One parameter of a bound operation."""

    place: Place
    type: CType
    name: str

    @property
    def value_type(self) -> CType:
        """The type of the value that travels; for out parameters, what is pointed to."""
        if self.place in (Place.OUT, Place.IN_OUT):
            assert self.type.target is not None
            return self.type.target
        return self.type


@dataclass(frozen=True)
class BoundOperation:
    """An operation of a subject, numbered, with every parameter's place decided."""

    name: str
    index: int
    operation: Operation
    slots: tuple[Slot, ...]

    @property
    def declaration(self) -> Declaration:
        """The C declaration."""
        return self.operation.declaration

    @property
    def arguments(self) -> tuple[Slot, ...]:
        """Slots that a call brings values for, in the order of the signature."""
        return tuple(s for s in self.slots if s.place in (Place.ARGUMENT, Place.IN_OUT))

    @property
    def result_types(self) -> tuple[CType, ...]:
        """The return value's type, unless void, then those of the out parameters."""
        returned = self.declaration.returns
        out = [s.value_type for s in self.slots if s.place in (Place.OUT, Place.IN_OUT)]
        return tuple(out if returned.kind == "void" else [returned, *out])

    def decode(self, slots: Sequence[int]) -> Result:
        """Turn the result slots of one call into the result that the model knows.

        Raises
        ------
        UsageError
            If the user's ``result=`` function raises; its own error is the cause.
        """
        values = [_decode(t, v) for t, v in zip(self.result_types, slots, strict=True)]
        if self.operation.result is not None:
            return self._apply(values)
        if len(values) > 1:
            return tuple(values)
        return values[0] if values else None

    def _apply(self, values: list[int]) -> Result:
        assert self.operation.result is not None
        try:
            return self.operation.result(*values)
        except Exception as error:
            raise UsageError(
                f"result= of operation {self.name!r} failed on {tuple(values)}: "
                f"{error!r}\n"
                f"    {self.declaration.text}\n"
                "it is called with the return value, unless void, then each out parameter"
            ) from error


def _decode(ctype: CType, slot: int) -> int:
    if ctype.kind == "bool":
        return bool(slot)
    if ctype.kind in ("integer", "pointer") and (ctype.bits == 64 and not ctype.signed):
        return slot & (2**64 - 1)
    return slot


def bind(
    name: str, index: int, operation: Operation, *, state: str | None, local: str | None
) -> BoundOperation:
    """Decide what each parameter of an operation is.

    Parameters
    ----------
    state, local
        The types of the shared and of the per-thread state, normalised as
        ``heald.subject.declarations`` does, or ``None``.

    Raises
    ------
    UsageError
        For an argument without a strategy, or a parameter that nothing can fill.
    """
    places: list[Slot] = []
    for number, parameter in enumerate(operation.declaration.parameters):
        given = parameter.name is not None and parameter.name in operation.strategies
        place = _place(parameter.type, given, [s.place for s in places], state, local)
        slot = Slot(place, parameter.type, parameter.name or f"argument {number + 1}")
        _check(name, operation, slot, given)
        places.append(slot)
    return BoundOperation(name, index, operation, tuple(places))


def _place(
    ctype: CType, given: bool, taken: list[Place], state: str | None, local: str | None
) -> Place:
    if ctype.kind != "pointer":
        return Place.ARGUMENT
    if (
        not given
        and state is not None
        and ctype.text == state
        and Place.STATE not in taken
    ):
        return Place.STATE
    if (
        not given
        and local is not None
        and ctype.text == local
        and Place.LOCAL not in taken
    ):
        return Place.LOCAL
    if ctype.target is not None and not ctype.const:
        return Place.IN_OUT if given else Place.OUT
    return Place.ARGUMENT


def _check(name: str, operation: Operation, slot: Slot, given: bool) -> None:
    if slot.place is not Place.ARGUMENT or given:
        return
    if slot.type.kind == "pointer":
        raise UsageError(
            f"operation {name!r}: nothing is known to pass for {slot.name!r} "
            f"({slot.type.c.strip()})\n    {operation.declaration.text}\n"
            "say which type the state is with state=..., the thread's own with local=, "
            "or draw the pointer's value as an integer with a strategy of that name"
        )
    raise UsageError(
        f"operation {name!r}: argument {slot.name!r} has no strategy\n"
        f"    {operation.declaration.text}\n"
        f"add {slot.name if slot.name.isidentifier() else 'name'}=st.integers(0, 9), "
        "under the name that the argument has in the declaration"
    )
