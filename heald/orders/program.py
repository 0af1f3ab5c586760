"""A program whose orders can be changed: explored again and again without compiling it anew.

Each question is one run of the explorer with other orders at some places. The answer is exact
or there is none: a search that its budget ended says nothing, and ends the work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heald.building.engine import engine_path
from heald.explorer.options import Options
from heald.explorer.process import Explored
from heald.explorer.process import explore as run_engine
from heald.explorer.program import build_program, name_places
from heald.orders.frames import Spot, frames_of
from heald.orders.order import ORDERS, Operation
from heald.orders.written import Sources
from heald.verdicts import UsageError

_SYSTEM = ("/usr/", "/lib/", "/opt/")


class OutOfTime(Exception):
    """The budget ended, or an answer did not come within a limit: nothing is known."""


class TooMany(OutOfTime):
    """There are more executions than were allowed."""


@dataclass(frozen=True)
class Place:
    """Where an atomic operation or a fence is executed.

    Attributes
    ----------
    site
        Return address, relative to the program.
    operation
        What it is.
    orders, fail_orders
        Those that the program gave there; several where a wrapper gets them as arguments.
    """

    site: int
    operation: Operation
    orders: tuple[str, ...]
    fail_orders: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What one exploration said.

    Attributes
    ----------
    failures
        As the explorer wrote them, with files and lines; empty: every execution is right.
    executions
        Complete ones.
    """

    failures: Sequence[Mapping[str, Any]]
    executions: int

    @property
    def passes(self) -> bool:
        """Whether every execution is right."""
        return not self.failures


@dataclass
class OrderedProgram:
    """One compiled program, and what is known of its places.

    Attributes
    ----------
    sources, cflags, arguments
        As ``heald check`` takes them.
    options
        How to explore; its budget is that of everything.
    on_progress
        Called before each exploration with how many there were.
    """

    sources: Sequence[str]
    cflags: Sequence[str] = ()
    arguments: Sequence[str] = ()
    options: Options = field(default_factory=Options)
    on_progress: Callable[[int], None] | None = None
    explorations: int = 0
    executions: int = 0
    places: dict[int, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Compile; the time for it is not the search's."""
        from heald.building.build import inputs_of

        self.program = build_program(list(self.sources), cflags=list(self.cflags))
        self.engine = engine_path("explore")
        inputs = [str(path) for path in inputs_of(self.program)]
        self.files = Sources(
            [*self.sources, *(path for path in inputs if not path.startswith(_SYSTEM))],
            include=_folders(self.cflags),
            defined=_defined(self.cflags),
        )
        budget_s = self.options.budget_s
        self._end = None if budget_s is None else time.monotonic() + budget_s
        self._frames: dict[int, tuple[Spot, ...]] = {}

    def frames(self, site: int) -> tuple[Spot, ...]:
        """Return where a site is in the sources, innermost first."""
        if site not in self._frames:
            self._frames[site] = frames_of(self.program, [site]).get(site, ())
        return self._frames[site]

    def explore(
        self,
        orders: Mapping[int, tuple[str, str]] | None = None,
        *,
        fences: Iterable[tuple[int, bool]] = (),
        everywhere: Sequence[str] = (),
        model: str | None = None,
        program: Path | None = None,
    ) -> Answer:
        """Explore every execution.

        Parameters
        ----------
        orders
            By site: the order, and that of a compare-exchange that fails.
        fences
            Places that get a ``seq_cst`` fence, and whether before the operation.
        everywhere
            ``"seq_cst"``: every other place has it; ``"fences"``: fences around every place.
        model
            Another one than the options'.
        program
            Another one than this, such as a patched one; places are not learned from it.

        Raises
        ------
        OutOfTime
            If the search did not come to an end.
        UsageError
            If the program does what the explorer cannot model.
        """
        from dataclasses import replace

        left_s = None if self._end is None else self._end - time.monotonic()
        if left_s is not None and left_s <= 0:
            raise OutOfTime("the budget ended")
        self.explorations += 1
        if self.on_progress is not None:
            self.on_progress(self.explorations)
        options = replace(self.options, model=model or self.options.model)
        words = [*options.engine_words(), "--places"]
        for what in everywhere:
            words += ["--order", what]
        for site, is_before in sorted(fences):
            words += ["--order", f"{site}:{'before' if is_before else 'after'}"]
        for site, (order, fail) in sorted((orders or {}).items()):
            words += ["--order", f"{site}:{ORDERS.index(order)}:{ORDERS.index(fail)}"]
        compiled = program or self.program
        explored = run_engine(
            self.engine,
            compiled,
            words,
            self.arguments,
            jobs=options.jobs,
            budget_s=left_s,
        )
        name_places(compiled, explored.failures)
        if program is None:
            self._learn(explored)
        return self._answer(explored)

    def try_exploring(
        self, orders: Mapping[int, tuple[str, str]], *, max_executions: int
    ) -> Answer | None:
        """Explore; None if there are more executions than that, and none of those failed."""
        from dataclasses import replace

        before, self.options = (
            self.options,
            replace(self.options, max_executions=max_executions),
        )
        try:
            return self.explore(orders)
        except TooMany:
            return None
        finally:
            self.options = before

    def _learn(self, explored: Explored) -> None:
        for line in explored.result.get("places", ()):
            place = Place(
                line["site"],
                Operation(line["operation"]),
                tuple(ORDERS[order] for order in line["orders"]),
                tuple(ORDERS[order] for order in line["fail_orders"]),
            )
            known = self.places.get(place.site, place)
            self.places[place.site] = Place(
                place.site,
                place.operation,
                tuple(dict.fromkeys((*known.orders, *place.orders))),
                tuple(dict.fromkeys((*known.fail_orders, *place.fail_orders))),
            )

    def _answer(self, explored: Explored) -> Answer:
        counts = explored.result
        self.executions += counts["executions"] + counts["blocked"]
        if explored.interrupted:
            raise KeyboardInterrupt
        refused = [f for f in explored.failures if f["kind"] == "unsupported"]
        if refused:
            raise UsageError(
                f"{' '.join(self.sources)}: the explorer cannot model this program: "
                f"{refused[0]['message']}"
            )
        if explored.failures:
            return Answer(explored.failures, counts["executions"])
        if not counts["exhausted"] and counts.get("reason") == "executions":
            raise TooMany("there are more executions than --max-executions")
        if not counts["exhausted"]:
            raise OutOfTime("the budget ended before all executions were explored")
        if not counts["executions"]:
            raise UsageError(
                f"{' '.join(self.sources)}: no execution comes to an end: "
                "there is nothing to judge"
            )
        return Answer((), counts["executions"])


def _folders(cflags: Sequence[str]) -> list[str]:
    """Return the ``-I`` folders."""
    found, words = [], iter(cflags)
    for word in words:
        if word in ("-I", "-iquote", "-isystem"):
            found.append(next(words, "."))
        elif word.startswith("-I"):
            found.append(word[2:])
    return found


def _defined(cflags: Sequence[str]) -> list[str]:
    found, words = [], iter(cflags)
    for word in words:
        if word == "-D":
            found.append(next(words, ""))
        elif word.startswith("-D"):
            found.append(word[2:])
    return [each.partition("=")[0] for each in found]
