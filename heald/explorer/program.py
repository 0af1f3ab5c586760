"""Checking a whole C or C++ program: build it, explore it, say what was found.

``check()`` is what ``heald check`` runs. The verdict is worth what it says: *passed* after
an exhaustive search means every execution that the memory model allows; after sampling it
comes with the bound on what was missed. A search that its budget ended is *undecided*.
What cannot be modelled is a usage error that names the place.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald.explorer.first_rounds import explore_with_first_rounds
from heald.explorer.given import unit_of
from heald.explorer.kept import STDIN, Request, capsule_of_failure, texts_of
from heald.explorer.long_loop import LONG_LOOP
from heald.explorer.notes import LIBRARY_WRITE, UNSEEN_WRITE, told_notes
from heald.explorer.options import Options
from heald.explorer.orders_at import explore_with_orders
from heald.explorer.other_ways import other_ways
from heald.explorer.panics import tell_panic
from heald.explorer.process import Explored, OnProgress, explore
from heald.explorer.ranges import explore_with_ranges
from heald.explorer.sites import name_loops, name_places
from heald.kinds import UNSUPPORTED
from heald.verdicts import UsageError, Verdict

if TYPE_CHECKING:
    from heald.building.build import Unit
    from heald.building.compilers import Compiler


_CXX_SUFFIXES = {".cc", ".cpp", ".cxx", ".c++", ".C"}
_LINK_PREFIXES = ("-l", "-L", "-Wl,")


@dataclass(frozen=True)
class CheckResult:
    """What a check found; the attributes down to ``seed`` are the keys of its JSON.

    Attributes
    ----------
    program
        The sources as they were named.
    verdict
        Passed, failed, undecided, untrustworthy or usage error.
    exhaustive
        Whether every execution was visited.
    executions, blocked
        Complete consistent executions; those cut because a thread could never go on.
    failures
        Each with ``kind``, ``message``, ``where``, ``capsule`` and ``trace``.
    seconds, build_seconds
        Of the search and of building.
    reason
        What ended an unfinished search: ``"budget"``, ``"executions"``, ``"interrupt"``,
        ``"failure"``, ``"long loop"``.
    failed_executions
        How many executions failed; above the length of ``failures`` after keeping going.
    estimate
        Of all executions, 0 where there is none.
    symmetry
        Whether `executions` and `blocked` are counted up to exchanging identical threads.
    bound, cut
        How many rounds of any loop were followed, None for all; executions that would have
        gone on.
    notes
        What the explorer noticed that limits what the result is worth, in sentences.
    engine
        The engine's own figures: ``steps``, ``runs``, ``peak_bytes`` and more.
    unkept
        Why a failure has no capsule, if one could not be written.
    """

    program: str
    model: str
    search: str
    verdict: Verdict
    exhaustive: bool
    executions: int
    blocked: int
    failures: list[dict[str, Any]]
    seconds: float
    build_seconds: float
    seed: int
    output: str = ""
    reason: str | None = None
    failed_executions: int = 0
    estimate: float = 0.0
    notes: list[str] = field(default_factory=list)
    graphs: list[dict[str, Any]] = field(default_factory=list)
    symmetry: bool = False
    bound: int | None = None
    cut: int = 0
    engine: Mapping[str, Any] = field(default_factory=dict)
    unkept: list[str] = field(default_factory=list)

    @property
    def missed_bound(self) -> float | None:
        """With 95 % confidence, sampled executions fail less often; None if exhaustive."""
        if self.search == "exhaustive" or not self.executions or self.failures:
            return None
        from heald.intervals import bound_on_missed

        return bound_on_missed(self.executions)

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``heald check --json`` prints."""
        return {
            "program": self.program,
            "model": self.model,
            "search": self.search,
            "verdict": self.verdict.value,
            "exhaustive": self.exhaustive,
            "executions": self.executions,
            "blocked": self.blocked,
            "failures": self.failures,
            "seconds": round(self.seconds, 6),
            "build_seconds": round(self.build_seconds, 6),
            "seed": self.seed,
            "reason": self.reason,
            "failed_executions": self.failed_executions,
            "estimate": self.estimate,
            "missed_bound": self.missed_bound,
            "symmetry": self.symmetry,
            "bound": self.bound,
            "cut": self.cut,
            "output": self.output,
            "notes": self.notes,
        }


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
    from heald.building.rust.cargo import package_of

    chosen = Options(**options).checked()
    sources = [package_of(str(path)) for path in paths]
    began = time.perf_counter()
    program = build_program(sources, cflags=cflags, stdin=stdin, trust=chosen.trust)
    engine = engine_path("explore")
    build_seconds = time.perf_counter() - began

    def run(words: list[str], budget_s: float | None) -> Explored:
        return explore(
            engine,
            program,
            [*chosen.engine_words(), *words],
            arguments,
            jobs=chosen.jobs if chosen.search == "exhaustive" else 1,
            budget_s=budget_s,
            on_progress=on_progress,
            made_of=made_of,
        )

    def made_of() -> Mapping[str, Any]:
        return {
            "texts": texts_of(sources, program),
            "folder": str(Path.cwd()),
            "sources": sources,
            "stdin": stdin,
            "cflags": list(cflags),
            "trust": list(chosen.trust),
        }

    def with_orders(words: list[str]) -> Explored:
        first = partial(explore_with_first_rounds, chosen, run, words)
        return explore_with_orders(chosen.orders, program, first)

    explored = explore_with_ranges(program, cflags, with_orders)
    if not explored.is_named:
        name_places(program, explored.failures)
    name_loops(program, explored.result)
    result = concluded(" ".join(sources), chosen, explored, build_seconds)
    result.notes.extend(other_ways(program))
    if capsules is not None and result.verdict is Verdict.FAILED:
        request = Request(sources, list(arguments), list(cflags), stdin, chosen)
        compiler = compiler_name(sources)
        for failure in result.failures:
            capsule = capsule_of_failure(request, failure, program, compiler=compiler)
            saved = capsule.try_to_save(capsules)
            if isinstance(saved, Path):
                failure["capsule"] = str(saved)
            else:
                result.unkept.append(saved)
    return result


def build_program(
    sources: Sequence[str],
    *,
    cflags: Sequence[str] = (),
    stdin: str | None = None,
    trust: Sequence[str] = (),
) -> Path:
    """Compile a program for exploration; return the cached shared object."""
    from heald.building.build import EXPLORED, compile
    from heald.building.rust.cargo import build_package, is_package
    from heald.building.rust.program import build_rust, is_rust

    if is_rust(sources):
        if len(sources) != 1:
            raise UsageError(
                "a Rust program is one file with fn main; it names the others"
            )
        if is_package(sources[0]):
            return build_package(sources[0], cflags, trust)
        return build_rust(sources[0], cflags, trust)
    is_cxx = _is_cxx(sources)
    compile_flags = [flag for flag in cflags if not flag.startswith(_LINK_PREFIXES)]
    link_flags = [flag for flag in cflags if flag.startswith(_LINK_PREFIXES)]
    # The C++ library becomes part of the program: its state is restored with it.
    link_flags += ["-static-libstdc++", "-static-libgcc"] if is_cxx else []
    # Its templates are compiled with the program, and so instrumented.
    compile_flags += ["-include", str(_cxx_folder() / "seen.hpp")] if is_cxx else []
    units = [unit_of(source, stdin) for source in sources]
    compile_flags = _harness_flags(sources, stdin) + compile_flags
    return compile(
        units + (_library_parts() if is_cxx else []),
        flavour=EXPLORED,
        compiler=compiler_of(sources),
        cflags=compile_flags,
        ldflags=link_flags,
        trusted=trust,
    )


#: Names of harnesses that the explorer must see the program's own functions by.
_SEEN_FUNCTIONS = re.compile(r"\b(reach_error|__VERIFIER_atomic_(?!begin\b|end\b)\w+)")


def _harness_flags(sources: Sequence[str], stdin: str | None) -> list[str]:
    """Let ``<heald/harness.h>`` be found, and functions with a meaning be told of."""
    from heald.building.engine import engine_include

    flags = ["-DHEALD_EXPLORED", f"-I{engine_include()}"]
    texts = [
        stdin or "" if name == STDIN else Path(name).read_text(errors="replace")
        for name in sources
    ]
    if any(map(_SEEN_FUNCTIONS.search, texts)):
        flags.append("-finstrument-functions")
    return flags


def _library_parts() -> list[Unit | str]:
    """Return what the C++ library keeps in its archive, to be seen like the program."""
    return [str(path) for path in sorted(_cxx_folder().glob("*.cpp"))]


def _cxx_folder() -> Path:
    from heald.building.engine import engine_sources

    return engine_sources() / "cxx"


def compiler_name(sources: Sequence[str]) -> str:
    """Return what a program's compiler calls itself."""
    from heald.building.rust.program import is_rust
    from heald.building.rust.toolchain import find_toolchain

    return find_toolchain().name if is_rust(sources) else compiler_of(sources).name


def compiler_of(sources: Sequence[str]) -> Compiler:
    """Return the compiler of a program: the one for C++ if one of its files is C++."""
    from heald.building.compilers import find_compiler

    return find_compiler(_cxx_compiler() if _is_cxx(sources) else None)


def _is_cxx(sources: Sequence[str]) -> bool:
    return any(Path(source).suffix in _CXX_SUFFIXES for source in sources)


def _cxx_compiler() -> str:
    """Return ``CXX``, else the C++ side of ``CC``, else g++."""
    named = os.environ.get("CXX", "").strip()
    if named:
        return named
    return "clang++" if "clang" in os.environ.get("CC", "") else "g++"


def concluded(
    program: str, options: Options, explored: Explored, build_seconds: float
) -> CheckResult:
    """Say what the engine's answer means."""
    counts = explored.result
    counts["notes"] = _noted(program, counts.get("notes", ()))
    reason = "interrupt" if explored.interrupted else counts.get("reason")
    if not reason and "runs on" in counts["notes"]:
        reason = "runs on"
    if "rounds" in counts["notes"] and reason != "interrupt":
        reason = "rounds"
    for failure in explored.failures:
        tell_panic(failure, explored.output)
        del failure["type"]
        failure["capsule"] = None
    return CheckResult(
        program=program,
        model=options.model,
        search=options.search,
        verdict=_verdict(options, explored, reason),
        exhaustive=bool(counts["exhausted"] and not counts.get("cut")),
        executions=counts["executions"],
        blocked=counts["blocked"],
        bound=options.bound,
        cut=counts.get("cut", 0),
        failures=explored.failures,
        seconds=counts["seconds"],
        build_seconds=build_seconds,
        seed=options.seed,
        output=explored.output,
        reason=reason,
        failed_executions=counts["failures"],
        estimate=counts["estimate"],
        notes=told_notes(counts, options.trust),
        graphs=explored.graphs,
        symmetry=options.symmetry,
        engine=counts,
    )


def _noted(program: str, notes: Iterable[str]) -> list[str]:
    """Lay what changed unseen in a C++ program to its library's archive."""
    is_cxx = _is_cxx(program.split(" "))
    return [LIBRARY_WRITE if is_cxx and n == UNSEEN_WRITE else n for n in notes]


def _verdict(options: Options, explored: Explored, reason: str | None) -> Verdict:
    counts = explored.result
    if any(failure["kind"] == UNSUPPORTED for failure in explored.failures):
        return Verdict.USAGE_ERROR
    if explored.failures:
        return Verdict.FAILED
    if counts.get("cut"):
        return Verdict.UNDECIDED
    if options.search == "exhaustive":
        if not counts["exhausted"]:
            return Verdict.UNDECIDED
    elif reason in ("interrupt", LONG_LOOP, "rounds"):
        return Verdict.UNDECIDED
    if UNSEEN_WRITE in counts.get("notes", ()):
        return Verdict.UNTRUSTWORTHY
    return Verdict.PASSED if counts["executions"] else Verdict.UNTRUSTWORTHY
