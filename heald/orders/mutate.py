"""Which orders of a program are needed: each that executes, weakened step by step, by its place.

needed       Some execution fails without it; the failure says how.
stronger     Every execution is right without it: stronger than needed for this program, with
             its threads and bounds, and not a word more. Where reading would no longer come
             before later writes, or a write no longer after earlier reads, only load buffering
             could need it, which rc11 does not have: the result says so. It is weakened
             further, until something fails or nothing is left of it.
never run    The operation is in the program and was executed in no execution: a gap of the
             test, and no part of any score.
undecided    The budget ended first, or the weaker program has far more executions.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from heald.explorer.options import Options
from heald.explorer.order import (
    ORDERS,
    Operation,
    failing,
    is_weaker_or_equal,
    weaker_than,
)
from heald.orders.explorable import Answer, Explorable, OutOfTime
from heald.orders.grounds import MUTANTS_MORE, Bounds, Grounds
from heald.orders.groups import Group, groups_of, spot_of
from heald.orders.overrides import Pair, Place
from heald.orders.place_mutants import PlaceMutant, PlaceMutation, State
from heald.orders.program import OrderedProgram
from heald.orders.static import atomic_sites
from heald.verdicts import Verdict

_TIMES = 20
_AND = 10_000


def mutate_program(
    sources: Sequence[str],
    *,
    cflags: Sequence[str] = (),
    arguments: Sequence[str] = (),
    on_progress: Callable[[int], None] | None = None,
    **options: Any,
) -> PlaceMutation:
    """Weaken every order that a program executes, one at a time, step by step.

    Parameters
    ----------
    sources, cflags, arguments
        As for ``heald.check``.
    on_progress
        Called with the number of explorations so far.
    **options
        The attributes of ``heald.explorer.options.Options``; ``budget_s`` is for everything.

    Raises
    ------
    UsageError
        If the program does not compile, or cannot be modelled.
    """
    chosen = Options(**options)
    try:
        program = OrderedProgram(
            list(sources), list(cflags), list(arguments), chosen, on_progress
        )
    except OutOfTime:
        name = " ".join(sources)
        return PlaceMutation(name, chosen.model, Verdict.UNDECIDED, unwatched=False)
    return mutate_explorable(program)


def mutate_explorable(
    program: Explorable, grounds: Grounds | None = None
) -> PlaceMutation:
    """Weaken every order that a program or a subject executes, one at a time.

    Parameters
    ----------
    grounds
        Of a subject: what was chosen for it to be judged by.
    """
    began = time.monotonic()
    mutants: list[PlaceMutant] = []
    failure: Mapping[str, Any] | None = None
    executions = 0
    unwatched = True
    is_over = False
    try:
        first = program.explore()
        executions = first.executions
        if first.passes:
            mutants += _mutants(program, executions, grounds)
            never = _never_run(program)
            unwatched = never is None
            mutants += never or []
        else:
            failure = first.failures[0]
    except OutOfTime:
        is_over = True
    verdict = _verdict(mutants, failure, executions)
    return PlaceMutation(
        program.name,
        program.options.model,
        Verdict.UNDECIDED if is_over and failure is None else verdict,
        mutants,
        executions,
        time.monotonic() - began,
        failure,
        unwatched,
        grounds or Grounds(),
    )


def _verdict(
    mutants: Sequence[PlaceMutant], failure: Mapping[str, Any] | None, executions: int
) -> Verdict:
    if failure is not None:
        return Verdict.FAILED
    states = {mutant.state for mutant in mutants}
    if "undecided" in states or not (executions or mutants):
        return Verdict.UNDECIDED
    decided = states & {"needed", "stronger"}
    return Verdict.PASSED if decided else Verdict.UNTRUSTWORTHY


@dataclass(frozen=True)
class _Weaker:
    group: Group
    old: str
    new: str
    is_fail: bool = False
    step: int = 1

    @property
    def operation(self) -> Operation:
        """What has the order: a compare-exchange that fails is a load."""
        return Operation.LOAD if self.is_fail else self.group.operation

    @property
    def override(self) -> str:
        """The change as ``--order`` takes it."""
        if not self.is_fail:
            return self.group.override(self.old, self.new)
        order = self.group.orders[0]
        return self.group.override(order, f"{order}/{self.new}")


def _mutants(
    program: Explorable, executions: int, grounds: Grounds | None
) -> Iterator[PlaceMutant]:
    """Yield every order of the program weakened, as far as the budget goes."""
    most = _TIMES * executions + _AND
    if grounds is not None:
        most = MUTANTS_MORE * Bounds().executions
    samples_only = grounds is not None and not grounds.explored

    def judge(weaker: _Weaker) -> PlaceMutant:
        answer, why = _answer(program, weaker, most)
        if samples_only and answer is not None and answer.passes:
            answer, why = None, "no scenario is small enough to be explored to the end"
        return _judged(weaker, answer, why)

    for whole in list(_orders(groups_of(program))):
        yield from _step_by_step(whole, judge)


def _orders(groups: Sequence[Group]) -> Iterator[_Weaker]:
    """Yield every order as it is, those of compare-exchanges that fail by themselves."""
    for group in groups:
        for old in group.orders:
            yield _Weaker(group, old, old, step=0)
        for old in group.fail_orders:
            yield _Weaker(group, old, old, is_fail=True, step=0)


def _step_by_step(
    whole: _Weaker, judge: Callable[[_Weaker], PlaceMutant]
) -> Iterator[PlaceMutant]:
    """Weaken one order until it is needed; what is above something too strong is too strong."""
    waiting, asked, enough = deque([whole]), {whole.new}, set[str]()
    while waiting:
        above = waiting.popleft()
        for new in _next_weaker(above):
            if new in asked or any(is_weaker_or_equal(each, new) for each in enough):
                continue
            asked.add(new)
            below = replace(above, new=new, step=above.step + 1)
            mutant = judge(below)
            yield mutant
            if mutant.state == "stronger":
                enough.add(new)
                waiting.append(below)


def _next_weaker(above: _Weaker) -> list[str]:
    """Return the orders right below; that a fence may go altogether is asked first of all."""
    below = weaker_than(above.new, above.operation)
    found = [
        each
        for each in below
        if not any(each != other and is_weaker_or_equal(each, other) for other in below)
    ]
    is_whole_fence = above.operation is Operation.FENCE and not above.step
    if is_whole_fence and above.old != "relaxed":
        found = list(dict.fromkeys((*found, "relaxed")))
    return found


def _answer(program: Explorable, weaker: _Weaker, most: int) -> tuple[Answer | None, str]:
    """Explore it; None and why, if that says nothing."""
    try:
        answer = program.try_exploring(given=_overrides(weaker), max_executions=most)
    except OutOfTime:
        return None, "the budget ended first"
    return answer, "" if answer else f"more than {most:,} executions"


def _overrides(weaker: _Weaker) -> dict[tuple[int, str], Pair]:
    found = {}
    for place in weaker.group.places:
        if not weaker.is_fail and weaker.old in place.orders:
            found[place.site, weaker.old] = weaker.new, _failing(place, weaker.new)
        elif weaker.is_fail and weaker.old in place.fail_orders:
            found |= {(place.site, each): (each, weaker.new) for each in place.orders}
    return found


def _failing(place: Place, order: str) -> str:
    """Return the failing order as it is, as far as the weaker one allows."""
    most = failing(order)
    strongest = max(place.fail_orders, key=ORDERS.index, default=most)
    return strongest if is_weaker_or_equal(strongest, most) else most


def _judged(weaker: _Weaker, answer: Answer | None, why: str) -> PlaceMutant:
    group = weaker.group
    state: State = "undecided"
    if answer is not None:
        state = "stronger" if answer.passes else "needed"
    is_removed = group.operation is Operation.FENCE and weaker.new == "relaxed"
    failed = "failed " if weaker.is_fail else ""
    return PlaceMutant(
        spot=group.spot,
        number=group.number,
        name=group.name,
        operation=f"{failed}{group.operation.value}",
        old=weaker.old,
        new="removed" if is_removed else weaker.new,
        state=state,
        sites=len(_overrides(weaker)),
        override=weaker.override,
        failure=answer.failures[0] if answer and answer.failures else None,
        scenario=answer.scenario if answer else None,
        executions=answer.executions if answer else 0,
        beyond_rc11=state == "stronger" and _orders_reads_before_writes(weaker),
        why=why,
        step=weaker.step,
    )


def _orders_reads_before_writes(weaker: _Weaker) -> bool:
    """Return whether an acquire of a read, or a release of a write, is lost altogether."""
    return any(
        is_weaker_or_equal(part, weaker.old) and not is_weaker_or_equal(part, weaker.new)
        for part, other in (("acquire", Operation.STORE), ("release", Operation.LOAD))
        if weaker.operation is not other
    )


def _never_run(program: Explorable) -> list[PlaceMutant] | None:
    """Return the operations that no execution came to; None: they cannot be found."""
    sites = atomic_sites(program.program)
    if sites is None:
        return None
    executed = {
        (spot.file, spot.line) for site in program.places for spot in program.frames(site)
    }
    found: dict[tuple[str, int], PlaceMutant] = {}
    for site, operation in sorted(sites.items()):
        spot = spot_of(program, site)
        if (
            spot is None
            or spot.file not in program.files.paths
            or program.is_of_std(site)
        ):
            continue  # a library's, that nobody asked about
        key = spot.file, spot.line
        if key not in executed:
            found.setdefault(
                key, PlaceMutant(spot, 0, operation.value, "", "", "never run", 1)
            )
    return sorted(found.values(), key=lambda each: (each.spot.file, each.spot.line))
