"""A whole program whose orders can be changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from heald.building.engine import engine_path
from heald.building.rust.named import package_of
from heald.explorer.built import build_program
from heald.explorer.long_loop import LONG_LOOP
from heald.explorer.open_numbers import explore_with_ranges
from heald.explorer.options import Options
from heald.explorer.panics import tell_panic
from heald.explorer.process import Explored
from heald.explorer.process import explore as run_engine
from heald.explorer.rust_tests import LIST, holds_tests, tests_listed
from heald.explorer.sites import name_places
from heald.kinds import UNSUPPORTED
from heald.orders.explorable import (
    Answer,
    Explorable,
    OutOfTime,
    TooMany,
    moved_flags,
    placed,
)
from heald.orders.overrides import Overrides
from heald.verdicts import UsageError

#: What a test of Rust may ask for that has nothing to do with its orders.
_OF_ITS_OWN = frozenset({"fails", "model", "search"})


class OrderedProgram(Explorable):
    """A program as ``heald check`` takes it."""

    def __init__(
        self,
        sources: Sequence[str],
        cflags: Sequence[str] = (),
        arguments: Sequence[str] = (),
        options: Options | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> None:
        self.sources = [package_of(source) for source in sources]
        self.arguments = list(arguments)
        trust = options.trust if options else ()
        program = build_program(self.sources, cflags=list(cflags), trust=trust)
        self.engine = engine_path("explore")
        super().__init__(
            " ".join(sources),
            program,
            self.sources,
            cflags,
            options or Options(),
            on_progress,
        )
        self.asked = self._asked()

    def _asked(self) -> list[list[str]]:
        """Return the arguments of each program that it is: of Rust's tests each is one."""
        if self.arguments or not holds_tests(self.sources, self.program):
            return [self.arguments]
        once = Options(search="random", max_executions=1).engine_words()
        told = run_engine(self.engine, self.program, once, [LIST], jobs=1, budget_s=None)
        tests = [each for each in tests_listed(told.output) if not each.is_ignored]
        found = [
            [each.name] for each in tests if not _OF_ITS_OWN & {*(each.options or ())}
        ]
        if not found:
            raise UsageError(
                f"{self.name}: there are no tests in it that ask for every run"
            )
        return found

    def from_texts(self, texts: Mapping[str, str], folder: Path) -> OrderedProgram:
        """Return the same, compiled from other texts of its files, written into `folder`."""
        root, copies = placed(texts, folder)
        other = OrderedProgram(
            [str(copies[os.path.abspath(source)]) for source in self.sources],
            moved_flags(self.cflags, root, folder),
            self.arguments,
            self.options,
        )
        self.continue_budget(other)
        return other

    def run(self, overrides: Overrides, options: Options, *, briefly: bool) -> Answer:
        """Explore all executions; there is no part of them to look at briefly."""
        executions = 0
        for arguments in self.asked:
            self.explorations += 1
            answer = self._explored(arguments, overrides, options)
            executions += answer.executions
            if not answer.passes:
                break
        return Answer(answer.failures, executions)

    def _explored(
        self, arguments: Sequence[str], overrides: Overrides, options: Options
    ) -> Answer:
        def asked(words: list[str]) -> Explored:
            return run_engine(
                self.engine,
                self.program,
                [*options.engine_words(), *overrides.words(), *words],
                arguments,
                jobs=options.jobs,
                budget_s=options.budget_s,
                again=True,
            )

        explored = explore_with_ranges(self.program, self.cflags, asked)
        name_places(self.program, explored.failures)
        for failure in explored.failures:
            tell_panic(failure, explored.output)
            if arguments != self.arguments:
                failure["message"] = f"test {arguments[0]}: {failure['message']}"
        if explored.interrupted:
            raise KeyboardInterrupt
        return self._answer(explored)

    def _answer(self, explored: Explored) -> Answer:
        counts = explored.result
        self.learn(counts.get("places", ()))
        self.executions += counts["executions"] + counts["blocked"]
        refused = [f for f in explored.failures if f["kind"] == UNSUPPORTED]
        if refused:
            raise UsageError(
                f"{self.name}: the explorer cannot model this program: "
                f"{refused[0]['message']}"
            )
        if explored.failures:
            return Answer(explored.failures, counts["executions"])
        if not counts["exhausted"] and counts.get("reason") == "executions":
            raise TooMany("there are more executions than --max-executions")
        if counts.get("reason") == LONG_LOOP:
            raise OutOfTime("a loop is longer than --max-events")
        if not counts["exhausted"]:
            raise OutOfTime("the budget ended before all executions were explored")
        if not counts["executions"]:
            raise UsageError(
                f"{self.name}: no execution comes to an end: there is nothing to judge"
            )
        return Answer((), counts["executions"])
