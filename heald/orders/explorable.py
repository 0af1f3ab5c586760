"""Something whose orders can be changed: explored again and again without compiling it anew.

Each question is one or more runs of the explorer with other orders at some places. The answer
is exact or there is none: a search that its budget ended says nothing, and ends the work.
"""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heald.building.frames import Spot, frames_of
from heald.deadline import OutOfTime as OutOfTime
from heald.deadline import left_s
from heald.explorer.options import Options
from heald.orders.local_files import SYSTEM
from heald.orders.overrides import Overrides, Pair, Place
from heald.orders.written import Sources
from heald.scenario import Scenario


class TooMany(OutOfTime):
    """There are more executions than were allowed."""


@dataclass(frozen=True)
class Answer:
    """What one exploration said.

    Attributes
    ----------
    failures
        Each with ``kind`` and ``message``, and with a trace where there is one; none: every
        execution is right.
    executions
        Complete ones.
    scenario
        Of a subject that fails: where.
    """

    failures: Sequence[Mapping[str, Any]]
    executions: int
    scenario: Scenario | None = None

    @property
    def passes(self) -> bool:
        """Whether every execution is right."""
        return not self.failures


class Explorable(ABC):
    """One compiled program, and what is known of its places.

    Attributes
    ----------
    name
        As people called it.
    program
        The shared object.
    options
        How to explore; its budget is that of everything.
    files
        The texts that orders are written in.
    compiled
        Those that the compiler is given, as absolute paths.
    explorations, executions
        So far.
    most_explorations
        A limit that is the same on every machine; None: there is none.
    places
        Those that have executed, by site.
    """

    def __init__(
        self,
        name: str,
        program: Path,
        sources: Iterable[Path | str],
        cflags: Sequence[str],
        options: Options,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        from heald.building.build import inputs_of
        from heald.building.rust.named import is_rust

        self.name = name
        self.program = program
        self.options = options
        self.cflags = list(cflags)
        paths = [str(source) for source in sources]
        self._is_rust = is_rust(paths)
        sources = list(sources)
        self.compiled = [os.path.abspath(each) for each in sources]
        inputs = [str(path) for path in inputs_of(program)]
        self.files = Sources(
            [*paths, *(path for path in inputs if not path.startswith(SYSTEM))],
            include=_folders(cflags),
            defined=_defined(cflags),
        )
        self.explorations = 0
        self.most_explorations: int | None = None
        self.executions = 0
        self.places: dict[int, Place] = {}
        self._on_progress = on_progress
        budgets = [s for s in (options.budget_s, left_s()) if s is not None]
        self._end = time.monotonic() + min(budgets) if budgets else None
        self._frames: dict[int, tuple[Spot, ...]] = {}

    @abstractmethod
    def run(self, overrides: Overrides, options: Options, *, briefly: bool) -> Answer:
        """Explore everything, and count the explorations."""

    @abstractmethod
    def from_texts(self, texts: Mapping[str, str], folder: Path) -> Explorable:
        """Return the same, compiled from other texts of its files, written into `folder`."""

    def frames(self, site: int) -> tuple[Spot, ...]:
        """Return where a site is in the sources, innermost first."""
        if site not in self._frames:
            self._frames[site] = frames_of(self.program, [site]).get(site, ())
        return self._frames[site]

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of the budget."""
        return self._end is not None and time.monotonic() >= self._end

    def left_s(self) -> float | None:
        """Return what is left of the budget; None: there is none.

        Raises
        ------
        OutOfTime
            If nothing is left.
        """
        if self._end is None:
            return None
        left_s = self._end - time.monotonic()
        if left_s <= 0:
            raise OutOfTime("the budget ended")
        return left_s

    def explore(
        self,
        orders: Mapping[int, Pair] | None = None,
        *,
        given: Mapping[tuple[int, str], Pair] | None = None,
        fences: Iterable[tuple[int, bool]] = (),
        everywhere: Sequence[str] = (),
        model: str | None = None,
        briefly: bool = False,
    ) -> Answer:
        """Explore every execution.

        Parameters
        ----------
        orders
            By site: the order, and that of a compare-exchange that fails.
        given, fences, everywhere
            The attributes of ``heald.orders.overrides.Overrides``.
        model
            Another one than the options'.
        briefly
            Whether to look only where something failed before: a failure is one, to pass
            says little.

        Raises
        ------
        OutOfTime
            If the search did not come to an end.
        UsageError
            If the program does what the explorer cannot model.
        """
        if (
            self.most_explorations is not None
            and self.explorations >= self.most_explorations
        ):
            raise OutOfTime("there were too many explorations")
        if self._on_progress is not None:
            self._on_progress(self.explorations)
        options = replace(
            self.options, model=model or self.options.model, budget_s=self.left_s()
        )
        overrides = Overrides.of(orders, given, fences, everywhere)
        return self.run(overrides, options, briefly=briefly)

    def try_exploring(
        self,
        orders: Mapping[int, Pair] | None = None,
        *,
        given: Mapping[tuple[int, str], Pair] | None = None,
        max_executions: int,
        briefly: bool = False,
    ) -> Answer | None:
        """Explore; None if there are more executions than that, and none of those failed."""
        before = self.options
        self.options = replace(before, max_executions=max_executions)
        try:
            return self.explore(orders, given=given, briefly=briefly)
        except TooMany:
            return None
        finally:
            self.options = before

    def continue_budget(self, other: Explorable) -> None:
        """Let another share what is left of the budget, and the counts."""
        other._end = self._end
        other.explorations = self.explorations

    def learn(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take in the places of one run, as the engine wrote them."""
        for line in lines:
            place = Place.read(line)
            if self.is_of_std(place.site):
                continue
            known = self.places.get(place.site, place)
            self.places[place.site] = Place(
                place.site,
                place.operation,
                tuple(dict.fromkeys((*known.orders, *place.orders))),
                tuple(dict.fromkeys((*known.fail_orders, *place.fail_orders))),
            )

    def is_of_std(self, site: int) -> bool:
        """Whether Rust's std itself has the order of an operation: not the user, through it."""
        if not self._is_rust:
            return False
        frames = [f for f in self.frames(site) if not f.file.endswith(_ATOMICS_OF_RUST)]
        return not frames or frames[0].file.startswith("/rustc/")


_ATOMICS_OF_RUST = "core/src/sync/atomic.rs"


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
    """Return the names that ``-D`` gives a meaning."""
    found, words = [], iter(cflags)
    for word in words:
        if word == "-D":
            found.append(next(words, ""))
        elif word.startswith("-D"):
            found.append(word[2:])
    return [each.partition("=")[0] for each in found]


def placed(texts: Mapping[str, str], folder: Path) -> tuple[str, dict[str, Path]]:
    """Write texts into a folder, laid out as the originals are.

    Returns
    -------
    tuple
        The folder that the originals have in common, and each copy by its original's path.
    """
    root = os.path.commonpath([os.path.dirname(path) for path in texts])
    copies = {}
    for path, text in texts.items():
        target = folder / os.path.relpath(path, root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8", "surrogateescape"))
        copies[path] = target
    return root, copies


def moved_flags(cflags: Sequence[str], root: str, folder: Path) -> list[str]:
    """Return the flags with a copy's folder before each ``-I`` of an original."""
    moved, words = [], iter(cflags)
    for word in words:
        if word in ("-I", "-iquote"):
            word = word + next(words, ".")
        if word.startswith(("-I", "-iquote")):
            option = "-iquote" if word.startswith("-iquote") else "-I"
            named = os.path.abspath(word.removeprefix(option))
            if not os.path.relpath(named, root).startswith(".."):
                moved.append(f"{option}{folder / os.path.relpath(named, root)}")
            word = f"{option}{named}"
        moved.append(word)
    return moved
