"""A scenario: which thread calls which operations with which arguments.

One immutable table serves everybody: Hypothesis draws it, C runs it (``heald.subject.layout``
turns it into numbers), a capsule stores it as JSON, a failure prints it. Calls stand in
*sequences*: sequence 0 runs before the threads, sequences 1 to n are the threads,
sequence n + 1 runs after them. An outcome has the same shape, with a result in place of
each call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TypeAlias

from heald.verdicts import UsageError

Result: TypeAlias = Any
"""What one call returned: an int, a bool, a tuple of them, or ``None`` for "empty"."""

Outcome: TypeAlias = tuple[tuple[Result, ...], ...]
"""Per sequence (before, thread 1, ..., after) the results of its calls. Hashable."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the operation's name and its arguments, in the order of the signature."""

    op: str
    args: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if type(self.args) is tuple and type(self.op) is str:
            return
        if not isinstance(self.op, str):
            raise UsageError(
                f"a call starts with the name of its operation; got {self.op!r}"
            )
        if isinstance(self.args, str) or not isinstance(self.args, Iterable):
            raise UsageError(
                f"the arguments of a call are a tuple: Call({self.op!r}, ({self.args!r},)); "
                f"got {self.args!r}"
            )
        object.__setattr__(self, "args", tuple(self.args))

    def __str__(self) -> str:
        return f"{self.op}({', '.join(map(str, self.args))})"

    def with_result(self, result: Result) -> str:
        """Show the call and what it returned; ``None`` reads as ``none``."""
        return f"{self} -> {show_result(result)}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Calls before the threads, per thread, and after them.

    Attributes
    ----------
    before, after
        Run by one thread, when no other runs.
    threads
        One entry per thread, at least one; they run at the same time.
    """

    threads: tuple[tuple[Call, ...], ...]
    before: tuple[Call, ...] = ()
    after: tuple[Call, ...] = ()

    def __post_init__(self) -> None:
        for name in ("threads", "before", "after"):
            part = getattr(self, name)
            if not _is_iterable(part):
                raise UsageError(
                    f"{name} of a scenario is a tuple of calls; got {part!r}"
                )
        object.__setattr__(self, "threads", tuple(map(_sequence, self.threads)))
        object.__setattr__(self, "before", _sequence(self.before))
        object.__setattr__(self, "after", _sequence(self.after))
        if not self.threads:
            raise UsageError("a scenario needs at least one thread; got none")

    @property
    def sequences(self) -> tuple[tuple[Call, ...], ...]:
        """Before, every thread, after: threads + 2 sequences."""
        return (self.before, *self.threads, self.after)

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls, sequence by sequence."""
        return tuple(call for sequence in self.sequences for call in sequence)

    def to_json(self) -> dict[str, Any]:
        """Return plain lists and dictionaries; ``from_json`` reads them back."""
        return {
            "before": _calls_to_json(self.before),
            "threads": [_calls_to_json(thread) for thread in self.threads],
            "after": _calls_to_json(self.after),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scenario:
        """Read what ``to_json`` wrote; ``UsageError`` where it is not of that form."""
        try:
            return cls(
                before=_calls_from_json(data.get("before", ())),
                threads=tuple(_calls_from_json(thread) for thread in data["threads"]),
                after=_calls_from_json(data.get("after", ())),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(
                f"not a scenario: {error!r}; a scenario is "
                '{"before": [["push", 1]], "threads": [[["pop"]], ...], "after": []}'
            ) from error

    def __str__(self) -> str:
        return self.line()

    def line(self, outcome: Outcome | None = None) -> str:
        """Show the scenario on one line, with the results of ``outcome`` if given."""
        shown = _shown_calls(self, outcome)
        parts = [" ".join(thread) or "-" for thread in shown[1:-1]]
        text = " || ".join(parts)
        if shown[0]:
            text = f"{' '.join(shown[0])} ; {text}"
        if shown[-1]:
            text = f"{text} ; {' '.join(shown[-1])}"
        return text

    def columns(self, outcome: Outcome | None = None) -> str:
        """Show the scenario with one column per thread, several lines, none indented."""
        shown = _shown_calls(self, outcome)
        threads = shown[1:-1]
        rows = [[f"thread {number}" for number in range(1, len(threads) + 1)]]
        rows += [list(row) for row in zip_longest(*threads, fillvalue="")]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "   ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
            for row in rows
        ]
        before = [f"before   {'  '.join(shown[0])}"] if shown[0] else []
        after = [f"after    {'  '.join(shown[-1])}"] if shown[-1] else []
        return "\n".join(line.rstrip() for line in (*before, *lines, *after))


def _is_iterable(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | Mapping)


def _sequence(calls: Iterable[Call]) -> tuple[Call, ...]:
    if not _is_iterable(calls):
        raise UsageError(f"a thread of a scenario is a tuple of calls; got {calls!r}")
    found = tuple(calls)
    for call in found:
        if not isinstance(call, Call):
            raise UsageError(
                f"a scenario is made of heald.Call(name, arguments); got {call!r}"
            )
    return found


def show_result(result: Result) -> str:
    """Show a result as C would: ``none``, ``true``, ``false``, numbers."""
    if result is None:
        return "none"
    if isinstance(result, bool):
        return str(result).lower()
    if isinstance(result, tuple):
        return f"({', '.join(map(show_result, result))})"
    return str(result)


def outcome_to_json(outcome: Outcome) -> list[list[Any]]:
    """Return nested lists; tuples inside results become lists, too."""
    return [[_thaw(result) for result in sequence] for sequence in outcome]


def outcome_from_json(data: Sequence[Sequence[Any]]) -> Outcome:
    """Read what ``outcome_to_json`` wrote."""
    return tuple(tuple(_freeze(result) for result in sequence) for sequence in data)


def _shown_calls(scenario: Scenario, outcome: Outcome | None) -> list[list[str]]:
    if outcome is None:
        return [[str(call) for call in sequence] for sequence in scenario.sequences]
    return [
        [call.with_result(result) for call, result in zip(calls, results, strict=True)]
        for calls, results in zip(scenario.sequences, outcome, strict=True)
    ]


def _calls_to_json(calls: Iterable[Call]) -> list[list[Any]]:
    return [[call.op, *call.args] for call in calls]


def _calls_from_json(data: Iterable[Sequence[Any]]) -> tuple[Call, ...]:
    return tuple(Call(str(op), tuple(int(arg) for arg in args)) for op, *args in data)


def _freeze(value: Any) -> Any:
    return tuple(map(_freeze, value)) if isinstance(value, list) else value


def _thaw(value: Any) -> Any:
    return [_thaw(item) for item in value] if isinstance(value, tuple) else value
