"""A smaller case on which a transfer breaks the same promise.

Fewer steps of the script, fewer bytes, nothing that goes wrong beside: whatever can be left out
while the same clause stays broken is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from heald.faults.case import Action, Case
from heald.faults.clauses import Clause, clauses_of
from heald.faults.host import Ran

Ask = Callable[[Case], Ran]

#: Each costs seconds to see again.
_SLOW = Clause.HANG | Clause.TAIL
#: What a case is without, where that is not zero or false.
_OFF: dict[str, int] = {"limit": -1, "vanish_after": -1}
_EXTRAS = (
    *("hole", "sink_position", "send_buffer", "receive_buffer", "pipe_bytes", "stall_ms"),
    *("chunk", "pause_us", "storm_us", "limit", "vanish_after", "reset", "restart"),
    *("overwrite", "cut", "tail", "peer", "nonblock_in", "nonblock_out", "gap_bytes"),
    *("together", "after", "repeated"),
)


def smaller(ran: Ran, ask: Ask, *, whole: bool, seconds: float) -> Ran:
    """Return the failure on the smallest case that was found in time.

    Parameters
    ----------
    ask
        Runs a case as the failing one was run.
    whole
        Whether the transfer is only asked for all that there is: start and count stay so.
    seconds
        At most, wall clock; the last question may last longer.
    """
    if ran.broken & _SLOW or ran.result is None:
        return ran
    deadline = time.monotonic() + seconds
    best, tried = ran, set[Case]()
    progress = True
    while progress:
        progress = False
        for case in _simpler(best.case, whole=whole):
            if time.monotonic() >= deadline:
                return best
            if case in tried:
                continue
            tried.add(case)
            found = ask(case)
            if _first(found) is not None and _first(found) == _first(ran):
                best, progress = replace(found, seed=ran.seed, checked=ran.checked), True
                break
    return best


def _first(ran: Ran) -> Clause | None:
    return min(clauses_of(ran.broken), default=None)


def _simpler(case: Case, *, whole: bool) -> Iterator[Case]:
    # The last step stays: with it the shim, without which this is another method's case.
    for at in range(len(case.steps) if len(case.steps) > 1 else 0):
        yield case.with_(steps=case.steps[:at] + case.steps[at + 1 :])
    for name in _EXTRAS:
        off = _OFF.get(name, type(getattr(case, name))(0))
        if getattr(case, name) != off and not (case.outside or case.event_at):
            yield case.with_(**{name: off})
    yield from _shorter(case, whole=whole)
    for at, step in enumerate(case.steps):
        if step.action is not Action.ERRNO and step.value > 1:
            less = replace(step, value=step.value // 2)
            yield case.with_(steps=(*case.steps[:at], less, *case.steps[at + 1 :]))


def _shorter(case: Case, *, whole: bool) -> Iterator[Case]:
    if case.start > 0 and not whole:
        yield case.with_(start=0, size=max(1, case.size - case.start))
    for part in (16, 2):
        count = case.count // part
        if count < 1:
            continue
        beyond = case.start + case.count - case.size
        size = max(1, case.start + count - (beyond if beyond > 0 else 0))
        yield case.with_(count=count, size=count if whole else size)
