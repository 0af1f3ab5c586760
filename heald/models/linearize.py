"""Whether results could have come from one object, used by one call at a time.

The search is in C (``csrc/linearize``): Wing and Gong's with Lowe's memory of visited
configurations. Here histories and models are put into its form, and its answer into words.

Answers are yes, no, or undecided with the limit that ended the search; a search that ran out
of time is never a pass.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

import cffi

from heald.history import Event, History
from heald.models.classes import Classes, Words
from heald.models.in_order import both_orders, has_ties, program_order, quiescent
from heald.models.instead import MOST_CALLS, Instead, right_instead, told_instead
from heald.models.known import KINDS, KnownModel
from heald.models.machine import HasMachine, Machine, Model
from heald.scenario import Call, Result, show_result
from heald.verdicts import EngineError, Verdict

_NEVER, _NONE = -1, -(2**63)  # as 64 signed bits
_CHECKED = 1 << 32  # above the code

_LIMITS = {1: "the limit on steps", 2: "the time limit", 3: "the memory limit"}


class Criterion(Enum):
    """Which orders are looked at; the value is the word in messages.

    ``LINEARIZABLE``: a call that returned before another began comes before it (Herlihy and
    Wing, TOPLAS 1990). ``SEQUENTIALLY_CONSISTENT``: only each thread's own order counts
    (Lamport, IEEE TC 1979). ``QUIESCENTLY_CONSISTENT``: only calls with a moment between
    them at which no call was in progress are ordered (Aspnes, Herlihy, Shavit, JACM 1994).
    """

    LINEARIZABLE = "linearizable"
    SEQUENTIALLY_CONSISTENT = "sequentially consistent"
    QUIESCENTLY_CONSISTENT = "quiescently consistent"


@dataclass(frozen=True)
class Linearization:
    """The answer for one history.

    Attributes
    ----------
    verdict
        ``PASSED``, ``FAILED`` or ``UNDECIDED``.
    criterion
        What was asked.
    order
        Passed: an order that the model accepts (it may end early for a queue of distinct
        values, where no order is needed to be sure). Else: the longest run of calls that
        was accepted.
    stuck
        Failed: a call that cannot be placed after that.
    accepted
        What the model would have returned for it; empty where it would wait.
    reason
        Undecided: the limit that ended the search.
    steps
        How often the model was applied.
    instead
        Failed, of a short history: calls that are wrong alone, and what would be right.
    """

    verdict: Verdict
    criterion: Criterion
    order: tuple[Event, ...] = ()
    stuck: Event | None = None
    accepted: tuple[Result, ...] = ()
    reason: str = ""
    steps: int = 0
    instead: tuple[Instead, ...] = ()

    def __str__(self) -> str:
        if self.verdict is Verdict.PASSED:
            return f"{self.criterion.value}: yes ({self.steps:,} steps)"
        if self.verdict is Verdict.UNDECIDED:
            return (
                f"{self.criterion.value}: undecided, {self.reason} came first after "
                f"{self.steps:,} steps; the longest accepted order has "
                f"{len(self.order)} calls"
            )
        lines = [f"not {self.criterion.value}"]
        if self.order:
            shown = [each.call.with_result(each.result) for each in self.order[-8:]]
            more = "... " if len(self.order) > 8 else ""
            lines.append(
                f"the model agrees with {len(self.order)} calls: {more}{', '.join(shown)}"
            )
        if self.stuck is not None:
            accepts = " or ".join(map(show_result, self.accepted))
            instead = (
                f"the model accepts {accepts}" if accepts else "the model would wait"
            )
            lines.append(f"then {self.stuck} cannot be placed: {instead}")
            known = [(self.stuck.call, self.accepted)]
            lines += filter(None, [told_instead(self.instead, known)])
        return "\n".join(lines)


def linearize(
    history: History,
    specification: HasMachine | Machine | Model | KnownModel,
    *,
    criterion: Criterion = Criterion.LINEARIZABLE,
    before: Sequence[Collection[int]] | None = None,
    partition: Callable[[Call], Hashable] | None = None,
    timeout_s: float = 60.0,
    max_steps: int = 0,
    max_bytes: int = 256 << 20,
) -> Linearization:
    """Search for an order of the calls that the model accepts.

    Parameters
    ----------
    history
        Any number of calls, pending ones as well: those may have happened or not.
    specification
        A subject with a model, a model, or the machine of one; a ``KnownModel`` is run in C.
    before
        An order of one's own in place of the criterion's: for each event of the history the
        indices of those that must come before it, without cycles.
    partition
        For a model of independent parts: the part of a call. Each part is searched by
        itself (not for sequential consistency, which is not local). Sets and maps of
        ``known_models`` fall apart by key without it.
    timeout_s, max_steps, max_bytes
        Limits; 0 for none. ``max_bytes`` is for visited configurations, 16 bytes each.

    Returns
    -------
    Linearization
        Never raises for a history that does not fit.
    """
    limits = _Limits(timeout_s, max_steps, max_bytes)
    machine, known = _machine(specification)
    timed = before is None and criterion is not Criterion.SEQUENTIALLY_CONSISTENT
    if partition is None or not timed:
        return _decide(history.events, machine, known, criterion, before, limits)
    parts: dict[Hashable, list[Event]] = defaultdict(list)
    for event in history.events:
        parts[partition(event.call)].append(event)
    answers = []
    for part in sorted(parts.values(), key=len):
        answer = _decide(tuple(part), machine, known, criterion, None, limits)
        if answer.verdict is Verdict.FAILED:
            return answer
        answers.append(answer)
    undecided = [each for each in answers if each.verdict is Verdict.UNDECIDED]
    order = tuple(event for each in answers for event in each.order)
    steps = sum(each.steps for each in answers)
    return (
        undecided[0]
        if undecided
        else Linearization(Verdict.PASSED, criterion, order, steps=steps)
    )


@dataclass(frozen=True)
class _Limits:
    seconds: float
    steps: int
    bytes: int


def _machine(specification: Any) -> tuple[Machine, KnownModel | None]:
    if isinstance(specification, Machine):
        machine = specification
    elif isinstance(getattr(specification, "machine", None), Machine):
        machine = specification.machine
    else:
        machine = Machine(specification)
    return machine, machine.model if isinstance(machine.model, KnownModel) else None


def _decide(
    events: Sequence[Event],
    machine: Machine,
    known: KnownModel | None,
    criterion: Criterion,
    before: Sequence[Collection[int]] | None,
    limits: _Limits,
) -> Linearization:
    ffi, library = _library()
    classes = Classes(machine) if known is None else None
    stamps = quiescent(events) if criterion is Criterion.QUIESCENTLY_CONSISTENT else None
    rows = _rows(events, stamps, _coder(known) if classes is None else classes.words)
    calls: Any = ffi.from_buffer("struct linear_call[]", rows)
    options: Any = ffi.new("struct linear_options *")
    options.model = KINDS[known.kind if known else "table"]
    options.by_key = known is not None and known.kind in ("set", "map")
    options.initial = known.initial if known else 0
    options.max_seconds, options.max_steps = limits.seconds, limits.steps
    options.max_bytes = limits.bytes
    step = None if classes is None else classes.callback(ffi)
    if step is not None:
        options.step = step
    if before is None and criterion is Criterion.SEQUENTIALLY_CONSISTENT:
        before = program_order(events)
    if before is None and criterion is Criterion.LINEARIZABLE and has_ties(events):
        before = both_orders(events)
    kept = _set_predecessors(ffi, options, before)
    order: Any = ffi.new("uint32_t[]", len(events) + 1)
    result: Any = ffi.new("struct linear_result *")
    library.linearize(calls, len(events), options, order, result)
    del kept, step
    if classes is not None and classes.error is not None:
        raise classes.error
    indices: Any = ffi.unpack(order, result.prefix)
    placed = tuple([events[i] for i in indices])
    answer = _answer(result, placed, events, machine, criterion)
    if answer.verdict is not Verdict.FAILED or stamps is not None:
        return answer
    return replace(answer, instead=_instead(machine, events, before))


def _instead(
    machine: Machine, events: Sequence[Event], before: Sequence[Collection[int]] | None
) -> tuple[Instead, ...]:
    if len(events) > MOST_CALLS or any(event.pending for event in events):
        return ()
    if before is None:
        before = [
            [i for i, a in enumerate(events) if a.returned < b.called]  # type: ignore[operator]
            for b in events
        ]
    return right_instead(machine, [(e.call, e.result) for e in events], before)


def _rows(
    events: Sequence[Event],
    stamps: Sequence[tuple[int, int | None]] | None,
    words_of: Callable[[Event], Words],
) -> array[int]:
    """Put the calls into the form of ``struct linear_call``: six words of 64 bits each.

    Most of a search's time goes here where all goes well, so it is one pass, without an
    object of C for each call.
    """
    # Stamps may be negative, and a processor's counter may be beyond 63 bits.
    origin = 0 if stamps else min([event.called for event in events], default=0)
    words: list[int] = []
    for index, event in enumerate(events):
        called, returned = stamps[index] if stamps else (event.called, event.returned)
        end = _NEVER if returned is None else returned - origin
        words += (called - origin, end)
        words += words_of(event)
    return array("q", words)


def _coder(known: KnownModel | None) -> Callable[[Event], Words]:
    """Return what a call is for a model that C knows; each kind of call is looked up once."""
    assert known is not None
    codes: dict[tuple[str, int], tuple[int, bool]] = {}

    def words_of(event: Event) -> Words:
        call = event.call
        args = call.args
        kind = call.op, len(args)
        found = codes.get(kind)
        if found is None:
            found = codes[kind] = known.code(call), not known.is_silent(call)
        code, counts = found
        first = args[0] if args else 0
        second = args[1] if len(args) > 1 else 0
        if not counts or event.returned is None:
            return code, first, second, 0
        result = event.result
        return code | _CHECKED, first, second, _NONE if result is None else int(result)

    return words_of


def _set_predecessors(
    ffi: cffi.FFI, options: Any, before: Sequence[Collection[int]] | None
) -> Any:
    """Point the options at the predecessors; return what must outlive the call."""
    if before is None:
        return None
    first, flat = [0], []
    for each in before:
        flat += sorted(each)
        first.append(len(flat))
    kept = ffi.new("uint32_t[]", first), ffi.new("uint32_t[]", [*flat, 0])
    options.first, options.predecessor = kept
    return kept


def _answer(
    result: Any,
    placed: tuple[Event, ...],
    events: Sequence[Event],
    machine: Machine,
    criterion: Criterion,
) -> Linearization:
    if result.answer == 0:
        return Linearization(Verdict.PASSED, criterion, placed, steps=result.steps)
    if result.answer == 2:
        if result.limit not in _LIMITS:
            raise EngineError(f"the search gave up without a reason ({result.limit})")
        reason = _LIMITS[result.limit]
        return Linearization(
            Verdict.UNDECIDED, criterion, placed, reason=reason, steps=result.steps
        )
    stuck = events[result.stuck]
    accepted = _accepted(machine, placed, stuck.call)
    return Linearization(
        Verdict.FAILED, criterion, placed, stuck, accepted, steps=result.steps
    )


def _accepted(
    machine: Machine, placed: Sequence[Event], call: Call
) -> tuple[Result, ...]:
    """Compute what the model returns for `call` after the calls in `placed`."""
    states = {0}
    for event in placed:
        states = {
            after
            for state in states
            for after, said in machine.steps(state, event.call)
            if event.pending or said == event.result
        }
    results = [said for state in states for _, said in machine.steps(state, call)]
    return tuple(dict.fromkeys(results))


@cache
def _library() -> tuple[cffi.FFI, Any]:
    from heald.building.engine import engine_path
    from heald.building.interfaces import interface

    ffi = interface("linearize")
    return ffi, ffi.dlopen(str(engine_path("linearize")))
