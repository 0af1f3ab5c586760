"""A scenario as numbers: the table of ``csrc/include/heald/subject.h``.

``lay_out`` gives the plain numbers, for whoever stores or sends them. Outcomes come back as
``int64_t`` slots, and ``Layout.outcome`` turns them into results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from heald.scenario import Call, Outcome, Scenario
from heald.subject.operation import BoundOperation, Slot
from heald.verdicts import UsageError


@dataclass(frozen=True)
class Layout:
    """Where each call's arguments and results are.

    Attributes
    ----------
    lengths
        Calls per sequence, threads + 2 numbers.
    calls
        (operation, first argument, first result) per call, sequence by sequence.
    arguments
        All argument slots, as signed 64-bit integers.
    result_count
        Slots of one outcome.
    """

    operations: tuple[BoundOperation, ...]
    lengths: tuple[int, ...]
    calls: tuple[tuple[int, int, int], ...]
    arguments: tuple[int, ...]
    result_count: int

    @property
    def threads(self) -> int:
        """Number of threads."""
        return len(self.lengths) - 2

    def outcome(self, slots: Sequence[int]) -> Outcome:
        """Turn ``result_count`` slots of one run into results per sequence."""
        if len(slots) != self.result_count:
            raise UsageError(
                f"an outcome has {self.result_count} slots; got {len(slots)}"
            )
        results = []
        for operation, (_, _, first) in zip(self.operations, self.calls, strict=True):
            width = len(operation.result_types)
            results.append(operation.decode(slots[first : first + width]))
        remaining = iter(results)
        return tuple(tuple(next(remaining) for _ in range(n)) for n in self.lengths)


def lay_out(operation_of: Callable[[str], BoundOperation], scenario: Scenario) -> Layout:
    """Lay a scenario out as numbers.

    Parameters
    ----------
    operation_of
        A subject's operation by its name, every type known.

    Raises
    ------
    UsageError
        For an unknown operation, a wrong number of arguments, or an argument that its C
        type cannot hold.
    """
    operations: list[BoundOperation] = []
    rows: list[tuple[int, int, int]] = []
    arguments: list[int] = []
    results = 0
    if not isinstance(scenario, Scenario):
        raise UsageError(f"a scenario is a heald.Scenario; got {scenario!r}")
    for call in scenario.calls:
        operation = operation_of(call.op)
        rows.append((operation.index, len(arguments), results))
        arguments += _arguments(operation, call)
        results += len(operation.result_types)
        operations.append(operation)
    lengths = tuple(len(sequence) for sequence in scenario.sequences)
    return Layout(tuple(operations), lengths, tuple(rows), tuple(arguments), results)


def _arguments(operation: BoundOperation, call: Call) -> list[int]:
    slots = operation.arguments
    if len(slots) != len(call.args):
        raise UsageError(
            f"{call}: {operation.name} takes {len(slots)} arguments, "
            f"got {len(call.args)}\n"
            f"    {operation.declaration.text}"
        )
    return [
        _argument(call, slot, value) for slot, value in zip(slots, call.args, strict=True)
    ]


def _argument(call: Call, slot: Slot, value: int) -> int:
    ctype = slot.value_type
    bits = ctype.bits or 64
    low = -(2 ** (bits - 1)) if ctype.signed else 0
    high = 2 ** (bits - 1) - 1 if ctype.signed else 2**bits - 1
    if not isinstance(value, int):
        raise UsageError(
            f"{call}: {value!r} is no whole number, as {slot.name!r} is "
            f"({slot.value_type.text}); what the operation's strategies draw must be"
        )
    if not low <= int(value) <= high:
        raise UsageError(
            f"{call}: {value} does not fit {slot.name!r}, "
            f"{ctype.text} holds {low}..{high}"
        )
    return (int(value) + 2**63) % 2**64 - 2**63
