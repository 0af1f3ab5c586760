"""Which orders of a program are needed: each that executes, one step weaker, by its place.

needed       Some execution fails without it; the failure says how.
stronger     Every execution is right without it: stronger than needed for this program, with
             its threads and bounds, and not a word more. Where reading would no longer come
             before later writes, or a write no longer after earlier reads, only load buffering
             could need it, which rc11 does not have: the result says so.
never run    The operation is in the program and was executed in no execution: a gap of the
             test, and no part of any score.
undecided    The budget ended first, or the weaker program has far more executions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from heald.building.frames import Spot
from heald.explorer.options import Options
from heald.explorer.order import Operation, failing, is_weaker_or_equal, weaker_than
from heald.orders.explorable import Explorable, OutOfTime, Place
from heald.orders.program import OrderedProgram
from heald.orders.static import atomic_sites
from heald.verdicts import Verdict

State = Literal["needed", "stronger", "never run", "undecided"]

_TIMES = 20
_AND = 10_000


@dataclass(frozen=True)
class PlaceMutant:
    """What became of one order, one step weaker.

    Attributes
    ----------
    spot
        Innermost position in the user's files, relative to the current directory.
    number
        From 1 among the operations of that line that the table has; 0 if it has one only.
    operation, old, new
        What it is; ``new`` is ``"removed"`` for a fence that goes.
    sites
        How many places in the machine code have their order from there.
    failure
        Of an execution that fails without it.
    beyond_rc11
        Whether load buffering could need it all the same.
    """

    spot: Spot
    number: int
    operation: str
    old: str
    new: str
    state: State
    sites: int
    failure: Mapping[str, Any] | None = None
    executions: int = 0
    beyond_rc11: bool = False

    @property
    def place(self) -> str:
        """The place as people write it, ``queue.c:31`` or ``queue.c:31#2``."""
        number = f"#{self.number}" if self.number else ""
        return f"{os.path.relpath(self.spot.file)}:{self.spot.line}{number}"

    def to_json(self) -> dict[str, Any]:
        """Return one entry of ``mutants``."""
        return {
            "file": os.path.relpath(self.spot.file),
            "line": self.spot.line,
            "column": self.spot.column,
            "number": self.number,
            "operation": self.operation,
            "from": self.old,
            "to": self.new,
            "state": self.state,
            "sites": self.sites,
            "kind": self.failure["kind"] if self.failure else None,
            "message": self.failure["message"] if self.failure else None,
            "executions": self.executions,
            "beyond_rc11": self.beyond_rc11,
        }


@dataclass(frozen=True)
class PlaceMutation:
    """All mutants of one program.

    Attributes
    ----------
    failure
        Of the program itself: nothing can be said of its mutants.
    unwatched
        Whether operations that never executed could not be looked for.
    """

    name: str
    model: str
    verdict: Verdict
    mutants: Sequence[PlaceMutant]
    executions: int
    seconds: float
    failure: Mapping[str, Any] | None = None
    unwatched: bool = False

    def count(self, state: State) -> int:
        """Count the mutants of one state."""
        return sum(mutant.state == state for mutant in self.mutants)

    @property
    def score(self) -> float | None:
        """Needed ones among those that are needed or undecided; None: there are none."""
        wanted = self.count("needed") + self.count("undecided")
        return self.count("needed") / wanted if wanted else None

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``heald mutate program.c --json`` prints."""
        return {
            "program": self.name,
            "model": self.model,
            "verdict": self.verdict.value,
            "executions": self.executions,
            "seconds": round(self.seconds, 3),
            "needed": self.count("needed"),
            "stronger": self.count("stronger"),
            "never_run": self.count("never run"),
            "undecided": self.count("undecided"),
            "score": self.score,
            "failure": self.failure,
            "mutants": [mutant.to_json() for mutant in self.mutants],
        }


def mutate_program(
    sources: Sequence[str],
    *,
    cflags: Sequence[str] = (),
    arguments: Sequence[str] = (),
    on_progress: Callable[[int], None] | None = None,
    **options: Any,
) -> PlaceMutation:
    """Weaken every order that a program executes, one at a time.

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
    program = OrderedProgram(
        list(sources), list(cflags), list(arguments), Options(**options), on_progress
    )
    return mutate_explorable(program)


def mutate_explorable(program: Explorable) -> PlaceMutation:
    """Weaken every order that a program or a subject executes, one at a time."""
    import time

    began = time.monotonic()
    mutants: list[PlaceMutant] = []
    failure: Mapping[str, Any] | None = None
    executions = 0
    unwatched = True
    try:
        first = program.explore()
        executions = first.executions
        if first.passes:
            most = _TIMES * executions + _AND
            groups = _groups(program)
            for each in _weaker(groups):
                mutants.append(_tried(program, each, most))
            never = _never_run(program)
            unwatched = never is None
            mutants += never or []
        else:
            failure = first.failures[0]
    except OutOfTime:
        if not executions:
            return PlaceMutation(
                program.name,
                program.options.model,
                Verdict.UNDECIDED,
                (),
                0,
                time.monotonic() - began,
            )
    return PlaceMutation(
        program.name,
        program.options.model,
        _verdict(mutants, failure),
        mutants,
        executions,
        time.monotonic() - began,
        failure,
        unwatched,
    )


def _verdict(
    mutants: Sequence[PlaceMutant], failure: Mapping[str, Any] | None
) -> Verdict:
    if failure is not None:
        return Verdict.FAILED
    if any(mutant.state == "undecided" for mutant in mutants):
        return Verdict.UNDECIDED
    if not any(mutant.state in ("needed", "stronger") for mutant in mutants):
        return Verdict.UNTRUSTWORTHY
    return Verdict.PASSED


@dataclass(frozen=True)
class _Group:
    """Places of the machine code at one position of the text: they change together."""

    spot: Spot
    number: int
    places: tuple[Place, ...]

    @property
    def operation(self) -> Operation:
        return self.places[0].operation

    @property
    def orders(self) -> set[str]:
        return {order for place in self.places for order in place.orders}


def _groups(program: Explorable) -> list[_Group]:
    found: dict[tuple[Spot, Operation], list[Place]] = {}
    for place in program.places.values():
        spot = _spot_of(program, place.site)
        if spot is not None:
            found.setdefault((spot, place.operation), []).append(place)
    keys = sorted(found, key=lambda key: (key[0].file, key[0].line, key[0].column))
    of_line: dict[tuple[str, int], int] = {}
    for spot, _ in keys:
        of_line[spot.file, spot.line] = of_line.get((spot.file, spot.line), 0) + 1
    numbers: dict[tuple[str, int], int] = {}
    groups = []
    for key in keys:
        line = key[0].file, key[0].line
        numbers[line] = numbers.get(line, 0) + 1
        number = numbers[line] if of_line[line] > 1 else 0
        groups.append(_Group(key[0], number, tuple(found[key])))
    return groups


def _spot_of(program: Explorable, site: int) -> Spot | None:
    """Return the innermost position in the user's files; else the innermost there is."""
    frames = program.frames(site)
    for frame in frames:
        if frame.file in program.files.paths:
            return frame
    return frames[-1] if frames else None


@dataclass(frozen=True)
class _Weaker:
    group: _Group
    old: str
    new: str
    is_fail: bool = False


def _weaker(groups: Sequence[_Group]) -> Iterator[_Weaker]:
    """Yield every order one step weaker."""
    for group in groups:
        for old in sorted(group.orders):
            for new in _next_weaker(old, group.operation):
                yield _Weaker(group, old, new)
        if group.operation is Operation.EXCHANGE_IF_EQUAL:
            fails = {order for place in group.places for order in place.fail_orders}
            for old in sorted(fails):
                for new in _next_weaker(old, Operation.LOAD):
                    yield _Weaker(group, old, new, is_fail=True)


def _next_weaker(order: str, operation: Operation) -> list[str]:
    below = weaker_than(order, operation)
    return [
        each
        for each in below
        if not any(each != other and is_weaker_or_equal(each, other) for other in below)
    ]


def _tried(program: Explorable, weaker: _Weaker, most: int) -> PlaceMutant:
    group = weaker.group
    orders = {
        place.site: _orders_of(place, weaker)
        for place in group.places
        if weaker.old in (place.fail_orders if weaker.is_fail else place.orders)
    }
    try:
        answer = program.try_exploring(orders, max_executions=most)
    except OutOfTime:
        answer = None
    state: State = "undecided"
    if answer is not None:
        state = "stronger" if answer.passes else "needed"
    is_fence = group.operation is Operation.FENCE
    return PlaceMutant(
        spot=group.spot,
        number=group.number,
        operation=f"failed {group.operation.value}"
        if weaker.is_fail
        else group.operation.value,
        old=weaker.old,
        new="removed" if is_fence and weaker.new == "relaxed" else weaker.new,
        state=state,
        sites=len(orders),
        failure=answer.failures[0] if answer and answer.failures else None,
        executions=answer.executions if answer else 0,
        beyond_rc11=state == "stronger" and _orders_reads_before_writes(weaker),
    )


def _orders_of(place: Place, weaker: _Weaker) -> tuple[str, str]:
    order = place.orders[0]
    fail = place.fail_orders[0] if place.fail_orders else failing(order)
    if weaker.is_fail:
        return order, weaker.new
    if place.operation is Operation.EXCHANGE_IF_EQUAL:
        # The failing order stays as it is, as far as the weaker one allows.
        fail = (
            fail if is_weaker_or_equal(fail, failing(weaker.new)) else failing(weaker.new)
        )
        return weaker.new, fail
    return weaker.new, failing(weaker.new)


def _orders_reads_before_writes(weaker: _Weaker) -> bool:
    """Return whether an acquire of a read, or a release of a write, is lost altogether."""
    operation = Operation.LOAD if weaker.is_fail else weaker.group.operation
    return any(
        is_weaker_or_equal(part, weaker.old) and not is_weaker_or_equal(part, weaker.new)
        for part, other in (("acquire", Operation.STORE), ("release", Operation.LOAD))
        if operation is not other
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
        spot = _spot_of(program, site)
        if spot is None or spot.file not in program.files.paths:
            continue  # a library's, that nobody asked about
        key = spot.file, spot.line
        if key not in executed:
            found.setdefault(
                key,
                PlaceMutant(spot, 0, operation.value, "", "", "never run", 1),
            )
    return sorted(found.values(), key=lambda each: (each.spot.file, each.spot.line))
