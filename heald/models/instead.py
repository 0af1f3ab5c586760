"""What a call should have returned, with all the others as they were.

Why       "The model accepts 11" speaks of one order of the calls, the longest that fits. Whoever
          reads a failure asks which results would have been right at all.
How       Each call in turn is let free: every order that the others allow is followed, and what
          the model returns for it is kept where the order can be completed.
Cost      Sets of calls times states of the model, for each call; so only for short histories.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from heald.models.machine import Machine
from heald.scenario import Call, Result, show_result

MOST_CALLS = 9
_MOST_SHOWN = 6
_MOST_STEPS = 20_000


@dataclass(frozen=True)
class Instead:
    """A call, what it returned, and every result with which the whole would be right."""

    call: Call
    result: Result
    right: tuple[Result, ...]

    def __str__(self) -> str:
        shown = [show_result(result) for result in self.right[:_MOST_SHOWN]]
        more = [f"{len(self.right) - _MOST_SHOWN} more"]
        return f"{self.call} -> {_or(shown + more * (len(self.right) > _MOST_SHOWN))}"


def right_instead(
    machine: Machine,
    calls: Sequence[tuple[Call, Result]],
    before: Sequence[Collection[int]],
) -> tuple[Instead, ...]:
    """Return the calls that are wrong alone, each with the results that would be right.

    Parameters
    ----------
    calls
        Of a history that the model does not allow, with what they returned.
    before
        For each call the indices of those that must come before it.

    Returns
    -------
    tuple
        Empty where more than one call is wrong, or where it would take long to know.
    """
    if len(calls) > MOST_CALLS:
        return ()
    masks = [sum(1 << index for index in {*each}) for each in before]
    found = []
    for free, (call, result) in enumerate(calls):
        right = _Search(machine, calls, masks, free).results()
        if right:
            found.append(Instead(call, result, right))
    return tuple(found)


def told_instead(
    found: Sequence[Instead], known: Sequence[tuple[Call, Sequence[Result]]] = ()
) -> str:
    """Say it in one line; empty if there is nothing to say beyond what is `known`."""
    said = [(each.call, {*each.right}) for each in found]
    if not found or said == [(call, {*results}) for call, results in known]:
        return ""
    return f"right here would be {'; or '.join(map(str, found))}"


class _Search:
    def __init__(
        self,
        machine: Machine,
        calls: Sequence[tuple[Call, Result]],
        masks: Sequence[int],
        free: int,
    ) -> None:
        self._machine, self._calls, self._masks = machine, calls, masks
        self._free, self._left = free, _MOST_STEPS
        self._known: dict[tuple[int, int], tuple[Result, ...] | None] = {}

    def results(self) -> tuple[Result, ...]:
        """Return what the free call may return; nothing where the search grew too long."""
        right = self._from(0, 0)
        return right if right and self._left > 0 else ()

    def _from(self, done: int, state: int) -> tuple[Result, ...] | None:
        """Return what it may still return from here; None where no order goes on to the end."""
        if done + 1 == 1 << len(self._calls):
            return ()
        if (done, state) not in self._known:
            self._known[done, state] = None
            self._known[done, state] = self._found(done, state)
        return self._known[done, state]

    def _found(self, done: int, state: int) -> tuple[Result, ...] | None:
        right: dict[Result, None] = {}
        completes = False
        for index in self._ready(done):
            call, result = self._calls[index]
            for after, said in self._machine.steps(state, call):
                self._left -= 1
                if self._left < 0 or (index != self._free and said != result):
                    continue
                later = self._from(done | 1 << index, after)
                if later is not None:
                    completes = True
                    right |= dict.fromkeys((said,) if index == self._free else later)
        return tuple(right) if completes else None

    def _ready(self, done: int) -> Iterator[int]:
        for index, mask in enumerate(self._masks):
            if not done >> index & 1 and mask & ~done == 0:
                yield index


def _or(texts: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))
