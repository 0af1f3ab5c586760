"""The weakest memory orders under which every execution of a program is still right.

The other direction of ``mend.py``: orders may only become weaker, and of all assignments that
pass the cheapest is taken. What is found holds for the program as it is, with its threads and
its bounds; that an order is stronger than needed here says nothing of other callers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from heald.deadline import undisturbed
from heald.explorer.options import Options
from heald.explorer.order import Operation, weaker_than
from heald.orders.answer import Answer
from heald.orders.cheapest import Search
from heald.orders.explorable import Explorable, OutOfTime
from heald.orders.overrides import Place
from heald.orders.patch import Patch, changed_orders, patched, refused_changes
from heald.orders.program import OrderedProgram
from heald.orders.saving import Saving, savings
from heald.orders.subject import OrderedSubject
from heald.orders.variables import AS_WRITTEN, OrderText, Texts
from heald.subject.subject import Subject
from heald.verdicts import EngineError, Verdict

_TIMES = 20
_AND = 10_000
"""A weaker program may have so many times the executions of the one that is there, and more."""


@dataclass(frozen=True)
class Tightening(Answer):
    """What became of it; ``FAILED``: the program itself does.

    Attributes
    ----------
    weakest
        Whether nothing weaker passes. False if some assignments had far too many executions
        to be decided; the patch is verified all the same.
    untouched
        How many operations stay as they are, since no text that can be changed gives their order.
    unchanged
        Where these are, and what could be written there.
    saving
        Instructions, by machine.
    """

    weakest: bool = True
    untouched: int = 0
    unchanged: Sequence[str] = ()
    saving: Mapping[str, Saving] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``heald tighten --json`` prints."""
        return {
            **super().to_json(),
            "weakest": self.weakest,
            "untouched": self.untouched,
            "unchanged": list(self.unchanged),
            "saving": {name: each.to_json() for name, each in self.saving.items()},
        }


def tighten(
    sources: Sequence[str],
    *,
    cflags: Sequence[str] = (),
    arguments: Sequence[str] = (),
    on_progress: Callable[[int], None] | None = None,
    **options: Any,
) -> Tightening:
    """Find the weakest orders under which a program passes.

    Parameters
    ----------
    sources
        C or C++ files of one program.
    cflags, arguments
        As for ``heald.check``.
    on_progress
        Called with the number of explorations so far.
    **options
        The attributes of ``heald.check.Options``; ``budget_s`` is that of everything.

    Raises
    ------
    UsageError
        If the program does not compile, or cannot be modelled.
    """
    try:
        program = OrderedProgram(
            list(sources), list(cflags), list(arguments), Options(**options), on_progress
        )
    except OutOfTime as ended:
        return Tightening(Verdict.UNDECIDED, reason=str(ended))
    return tighten_explorable(program)


def tighten_subject(
    subject: Subject,
    *,
    scenarios: int = 120,
    on_progress: Callable[[int], None] | None = None,
    **options: Any,
) -> Tightening:
    """Find the weakest orders under which a subject passes, over small scenarios.

    Parameters
    ----------
    scenarios
        Small ones, at most, besides the interesting ones.
    on_progress, **options
        As of `tighten`.
    """
    try:
        program = OrderedSubject.over_small_scenarios(
            subject, most=scenarios, options=Options(**options), on_progress=on_progress
        )
        program.leave_out_what_waits()
    except OutOfTime as ended:
        return Tightening(Verdict.UNDECIDED, reason=str(ended))
    return tighten_explorable(program)


def tighten_explorable(program: Explorable) -> Tightening:
    """Tighten a program or a subject."""
    try:
        first = program.explore()
        if not first.passes:
            return Tightening(
                Verdict.FAILED,
                reason="the program itself fails",
                failure=first.failures[0],
                explorations=program.explorations,
            )
        return _tightened(program, first.executions)
    except OutOfTime as ended:
        return Tightening(
            Verdict.UNDECIDED, reason=str(ended), explorations=program.explorations
        )


def _tightened(program: Explorable, executions: int) -> Tightening:
    texts = Texts(program)
    most = _TIMES * executions + _AND
    undecided = 0

    def passes(assignment: Mapping[str, str], *, briefly: bool = False) -> bool:
        nonlocal undecided
        answer = program.try_exploring(
            texts.orders(texts.each(assignment)), max_executions=most, briefly=briefly
        )
        undecided += answer is None
        return answer is not None and answer.passes

    while True:
        texts.learn()
        variables = texts.for_search(OrderText.weaker)
        weakest = Search(variables, partial(passes, briefly=True), passes).cheapest()
        if texts.learn():
            continue
        if weakest is None:
            raise EngineError("the orders that are there do not pass any more")
        found = texts.each(weakest)
        patch = patched(program, texts, found)
        if not patch.failures:
            break
        if texts.leave_out_guesses(texts.written(found)):
            continue
        if not patch.is_refused or not texts.written(found):
            break
        texts.leave_as_written(refused_changes(program, texts, found))
    if patch.failures:
        raise EngineError(
            "the orders that are enough for this program are not, once they are written: "
            f"{patch.failures[0]['message']}\n{patch.diff}"
        )
    with undisturbed():
        return Tightening(
            Verdict.PASSED,
            patch=patch.diff,
            changes=changed_orders(program, texts, found, without=_one_weaker),
            reason="" if patch.diff else _nothing_weaker(texts),
            executions=patch.executions,
            explorations=program.explorations,
            weakest=not undecided,
            untouched=len(_strong(texts)),
            unchanged=unchanged(texts),
            saving=_saving(program, patch),
            after=patch.after,
        )


def _nothing_weaker(texts: Texts) -> str:
    named = " that your files name" if _strong(texts) else ""
    return f"no order{named} can be weaker"


def _strong(texts: Texts) -> list[Place]:
    """Return the operations whose order no text gives, and that could have a weaker one."""
    places = (texts.program.places[site] for site in sorted(texts.unwritten))
    return [each for each in places if set(each.orders) != {"relaxed"}]


def unchanged(texts: Texts) -> list[str]:
    """Say where orders are that no text gives, and what to write there."""
    found: dict[str, None] = {}
    for place in _strong(texts):
        frames = texts.program.frames(place.site)
        own = [each for each in frames if each.file in texts.program.files.paths]
        for spot in own[:1]:
            where = f"{os.path.relpath(spot.file)}:{spot.line}"
            found[f"{where} {_ways[place.operation]}"] = None
    return list(found)


_ways = {
    Operation.LOAD: "atomic_load_explicit(&x, order)",
    Operation.STORE: "atomic_store_explicit(&x, value, order)",
    Operation.UPDATE: "atomic_fetch_add_explicit(&x, value, order) or its like",
    Operation.EXCHANGE_IF_EQUAL: "atomic_compare_exchange_strong_explicit(..., order, order)",
    Operation.FENCE: "atomic_thread_fence(order)",
    Operation.PLAIN: "",
}
"""What names an order."""


def _saving(program: Explorable, patch: Patch) -> dict[str, Saving]:
    if not patch.diff:
        return {}
    before = {path: program.files.text(path) for path in program.files.paths}
    after = {**before, **patch.after}
    try:
        return savings(program.compiled, program.cflags, before, after)
    except OutOfTime:  # what the patch saves is the least of it
        return {}


def _one_weaker(texts: Texts, name: str, order: str) -> list[str]:
    """Return what the new order could still be made."""
    text = texts.by_name[name]
    if order == AS_WRITTEN:
        return []
    return list(weaker_than(order, text.operation))[::-1]
