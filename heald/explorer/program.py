"""Checking a whole C or C++ program: build it, explore it, say what was found.

``check()`` is what ``heald check`` runs. What its answer is worth: ``result.py``.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from heald.building.rust.named import is_rust, package_of
from heald.deadline import OutOfTime, must_be_left
from heald.explorer.built import (
    build_program,
    compiler_name,
    must_tell_weak_from_strong,
)
from heald.explorer.first_rounds import explore_with_first_rounds
from heald.explorer.not_loaded import tell_not_loaded
from heald.explorer.open_numbers import explore_with_ranges
from heald.explorer.options import Options
from heald.explorer.other_ways import other_ways
from heald.explorer.process import Explored, OnProgress, explore
from heald.explorer.result import CheckResult, concluded
from heald.explorer.sites import name_loops, name_places
from heald.verdicts import Verdict


def check(
    paths: Iterable[Path | str],
    *,
    arguments: Sequence[str] = (),
    cflags: Sequence[str] = (),
    stdin: str | None = None,
    capsules: Path | None = None,
    on_progress: OnProgress | None = None,
    **options: Any,
) -> CheckResult:
    """Build a program and explore its executions.

    Parameters
    ----------
    paths
        C or C++ files; ``"-"`` stands for `stdin`.
    arguments
        The program's ``argv[1:]``.
    cflags
        For the compiler; ``-l``, ``-L`` and ``-Wl,`` go to the linker.
    stdin
        Text of the program called ``"-"``.
    capsules
        Folder for the capsule of a failure; None writes none.
    on_progress
        Called now and then with the engine's counts so far.
    **options
        The attributes of `Options`.

    Raises
    ------
    UsageError
        If the program does not compile (``CompileError``) or cannot be loaded.
    EngineError
        If the engine fails.
    """
    from heald.building.engine import engine_path

    chosen = Options(**options).checked()
    sources = [package_of(str(path)) for path in paths]
    began = time.perf_counter()
    try:
        program = build_program(sources, cflags=cflags, stdin=stdin, trust=chosen.trust)
        engine = engine_path("explore")
        chosen = _in_time(chosen)
    except OutOfTime as ended:
        return _not_built(sources, chosen, time.perf_counter() - began, ended)
    asked = Asked(
        sources, program, engine, list(cflags), stdin, time.perf_counter() - began
    )

    def run(arguments: Sequence[str], options: Options) -> CheckResult:
        return asked.explored(arguments, options, capsules, on_progress)

    if is_rust(sources) and not arguments:
        from heald.explorer.rust_tests import check_each, holds_tests

        if holds_tests(sources, program):
            return check_each(chosen, run)
    return run(arguments, chosen)


def _in_time(chosen: Options) -> Options:
    """Take from the budget what goes beyond the end that is set for the process."""
    left_s = must_be_left("the search began")
    if left_s is None:
        return chosen
    return replace(chosen, budget_s=min(chosen.budget_s or left_s, left_s))


def _not_built(
    sources: Sequence[str], chosen: Options, seconds: float, ended: OutOfTime
) -> CheckResult:
    return CheckResult(
        program=" ".join(sources),
        model=chosen.model,
        search=chosen.search,
        verdict=Verdict.UNDECIDED,
        exhaustive=False,
        executions=0,
        blocked=0,
        failures=[],
        seconds=0.0,
        build_seconds=seconds,
        seed=chosen.seed,
        reason="budget",
        notes=[str(ended)],
    )


@dataclass(frozen=True)
class Asked:
    """A program that is built, and what it was built from: explored as often as there is need.

    Attributes
    ----------
    sources, cflags, stdin
        As in ``check``.
    program, engine
        The shared object, and what loads it.
    build_seconds
        What building took.
    """

    sources: list[str]
    program: Path
    engine: Path
    cflags: list[str]
    stdin: str | None
    build_seconds: float

    def explored(
        self,
        arguments: Sequence[str],
        chosen: Options,
        capsules: Path | None = None,
        on_progress: OnProgress | None = None,
    ) -> CheckResult:
        """Explore it with these words as its ``argv[1:]``; say what there is to say."""
        explored = self._explored(arguments, chosen, on_progress)
        if not explored.is_named:
            name_places(self.program, [*explored.failures, *explored.traces])
            tell_not_loaded(self.program, explored.failures)
        name_loops(self.program, explored.result)
        result = concluded(" ".join(self.sources), chosen, explored, self.build_seconds)
        result.notes.extend(other_ways(self.program))
        if capsules is not None and result.verdict is Verdict.FAILED:
            self._keep(result, arguments, chosen, capsules)
        return result

    def _explored(
        self, arguments: Sequence[str], chosen: Options, on_progress: OnProgress | None
    ) -> Explored:
        if chosen.weak_failures:
            must_tell_weak_from_strong(self.sources)

        def run(words: list[str], budget_s: float | None) -> Explored:
            return explore(
                self.engine,
                self.program,
                [*chosen.engine_words(), *words],
                arguments,
                jobs=chosen.jobs if chosen.search == "exhaustive" else 1,
                budget_s=budget_s,
                on_progress=on_progress,
                made_of=lambda: self._made_of(chosen),
            )

        def with_orders(words: list[str]) -> Explored:
            first = partial(explore_with_first_rounds, chosen, run, words)
            if not chosen.orders:
                return first([])
            from heald.explorer.orders_at import explore_with_orders

            return explore_with_orders(chosen.orders, self.program, first)

        return explore_with_ranges(self.program, self.cflags, with_orders)

    def _made_of(self, chosen: Options) -> Mapping[str, Any]:
        from heald.explorer.kept import texts_of

        return {
            "texts": texts_of(self.sources, self.program),
            "folder": str(Path.cwd()),
            "sources": self.sources,
            "stdin": self.stdin,
            "cflags": self.cflags,
            "trust": list(chosen.trust),
        }

    def _keep(
        self,
        result: CheckResult,
        arguments: Sequence[str],
        chosen: Options,
        capsules: Path,
    ) -> None:
        from heald.explorer.kept import Request, capsule_of_failure

        request = Request(self.sources, list(arguments), self.cflags, self.stdin, chosen)
        compiler = compiler_name(self.sources)
        for failure in result.failures:
            capsule = capsule_of_failure(
                request, failure, self.program, compiler=compiler
            )
            saved = capsule.try_to_save(capsules)
            if isinstance(saved, Path):
                failure["capsule"] = str(saved)
            else:
                result.unkept.append(saved)
