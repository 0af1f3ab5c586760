"""What became of each variable that matters, in one line: ``top: A -> B (#3) -> A (#7)``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from heald.showing.words import Step, place_of, value_of

_MOST_VARIABLES = 4
_FIRST, _LAST = 4, 5
_WRITES = frozenset({"store", "write", "rmw", "cas"})


def histories(
    steps: Sequence[Step], marked: Collection[int], where: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Return a line for each variable that the failure is about, and that changed.

    Parameters
    ----------
    marked
        Steps that matter: their variables do.
    where
        The places that the failure names.
    """
    matter = [steps[index].get("at") for index in sorted(marked)]
    matter += [place.get("at") for place in where]
    chosen = [at for at in dict.fromkeys(matter) if at]
    told = [line for at in chosen if (line := _history(steps, at))]
    return told[:_MOST_VARIABLES]


def _history(steps: Sequence[Step], at: str) -> str:
    changes = [
        (index, step)
        for index, step in enumerate(steps)
        if step.get("at") == at
        and step["op"] in _WRITES
        and step.get("succeeded") is not False
        and "new" in step
    ]
    if not changes:
        return ""
    first = value_of(changes[0][1], "old")
    parts = [] if first is None else [first]
    parts += [f"{value_of(step, 'new')} (#{index + 1})" for index, step in changes]
    if len(parts) > _FIRST + _LAST + 1:
        left = len(parts) - _FIRST - _LAST
        parts = [*parts[:_FIRST], f"({left} more)", *parts[-_LAST:]]
    return f"{place_of(changes[0][1])}: {' -> '.join(parts)}"
