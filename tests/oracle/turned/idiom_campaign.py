"""Seeds to differences of idioms: explore in every order of creation, and sample."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from collections.abc import Iterable, Sequence
from itertools import permutations
from pathlib import Path
from random import Random

from heald.building import build
from heald.building.engine import engine_path
from tests.oracle.dumped import Dumped, dumped
from tests.oracle.whole.event import MODELS

from .campaign import Turned
from .idioms import Drawn, drawn, to_c

MOST = 4000
SEARCHES = ("mixed", "uniform", "pct", "pos")
SAMPLES = 150
Outcome = tuple[tuple[str, int], ...]


def ask(compiled: Path, model: str, *options: str) -> Dumped[Outcome]:
    """Explore one program.

    Raises
    ------
    AssertionError
        If the engine dies.
    """
    words = ("--model", model, "--results", "2", "--dump", "-", "--budget", "8")
    command = [str(engine_path("explore")), *words, *options, str(compiled)]
    return dumped(command, _ending)


def _ending(graph: dict[str, object]) -> Outcome:
    threads, orders = graph["threads"], graph["mo"]
    assert isinstance(threads, list)
    assert isinstance(orders, dict)
    return tuple(
        sorted(
            (at, threads[places[-1][0]][places[-1][1]]["w"])
            for at, places in orders.items()
            if at.startswith("results") and places
        )
    )


def options_of(program: Drawn, seed: int) -> tuple[str, ...]:
    """What a program is explored with; races are allowed in every third."""
    races = ("--races", "allow") if seed % 3 == 0 else ()
    return (*program.idiom.options, *races)


def difference(
    program: Drawn, compiled: Sequence[Path], seed: int, judged: Turned
) -> str:
    """What is not the same, empty if all is; the first is as the roles are numbered."""
    options = options_of(program, seed)
    stronger: Dumped[Outcome] | None = None
    for model in MODELS:
        limit = ("--max-executions", str(MOST), *options)
        first, *others = (ask(each, model, *limit) for each in compiled)
        every = (first, *others)
        if any("unsupported" in each.kinds for each in every):
            continue  # which order it meets first says whether it is refused
        if any(not each.exhausted and not each.kinds for each in every):
            judged.too_big += 1
            continue
        wrong = "" if stronger is None else _contained(stronger, first)
        if wrong:
            return f"{model}: {wrong}"
        stronger = first
        judged.passing += not first.kinds
        judged.executions += first.graphs.total()
        for other in others:
            wrong = _turned(program, first, other)
            if wrong:
                return f"{model}: {wrong}"
        wrong = "" if first.kinds else _sampled(options, compiled[-1], model, first, seed)
        if wrong:
            return wrong
    return ""


def _contained(stronger: Dumped[Outcome], weaker: Dumped[Outcome]) -> str:
    """What the model before allows, and this one has not: sc is within tso, tso within rc11."""
    if stronger.kinds and not weaker.kinds:
        return f"passes, but in a stronger model {stronger.kinds}"
    lost = () if weaker.kinds else stronger.graphs.keys() - weaker.graphs.keys()
    return f"has lost what a stronger model has: {lost}" if lost else ""


def _turned(program: Drawn, first: Dumped[Outcome], other: Dumped[Outcome]) -> str:
    """What is not the same about two orders of creation."""
    if bool(first.kinds) != bool(other.kinds):
        return f"fails in one order only, {first.kinds or other.kinds}"
    if first.kinds:
        return ""
    if first.graphs.keys() != other.graphs.keys():
        alone = first.graphs.keys() ^ other.graphs.keys()
        return f"ends so in one order only: {next(iter(alone))}"
    if program.idiom.counted and first.graphs != other.graphs:
        return f"{first.graphs.total()} and {other.graphs.total()} executions"
    return ""


def _sampled(
    options: Sequence[str], compiled: Path, model: str, right: Dumped[Outcome], seed: int
) -> str:
    """What a sampler has found that the search has not."""
    for search in SEARCHES:
        some = ("--search", search, "--max-executions", str(SAMPLES), "--seed", str(seed))
        sampled = ask(compiled, model, *some, *options)
        strange = sampled.kinds or sampled.graphs.keys() - right.graphs.keys()
        if strange:
            return f"{model}: {search} finds what the search has not: {strange}"
    return ""


def judge(
    seeds: Iterable[int],
    compiler: str | None = None,
    name: str = "",
    judged: Turned | None = None,
) -> Turned:
    """Judge the program of each seed."""
    judged = judged or Turned()
    for seed in seeds:
        program = drawn(seed, name)
        judged.programs += 1
        wrong = wrong_with(program, seed, compiler, judged)
        if wrong:
            text = to_c(program, range(len(program.bodies)))
            judged.differences.append(f"seed {seed}, {program.name}:\n{text}\n{wrong}")
    return judged


def wrong_with(program: Drawn, seed: int, compiler: str | None, judged: Turned) -> str:
    """The difference about one program, or what else is wrong with it."""
    every = list(permutations(range(len(program.bodies))))
    orders = [every[0], every[-1], Random(seed).choice(every)]
    with tempfile.TemporaryDirectory() as folder:
        compiled = []
        for at, order in enumerate(dict.fromkeys(orders)):
            source = Path(folder) / f"idiom{at}.c"
            source.write_text(to_c(program, order))
            compiled.append(
                build.compile(
                    [source],
                    flavour=build.EXPLORED,
                    compiler=compiler,
                    cflags=shlex.split(os.environ.get("CFLAGS", "")),
                )
            )
        try:
            return difference(program, compiled, seed, judged)
        except AssertionError as error:
            return str(error)


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    named = next((w[7:] for w in sys.argv[1:] if w.startswith("--name=")), "")
    total = Turned()
    for number in range(int(words[0]), int(words[-1]) + 1):
        seen = len(total.differences)
        judge([number], "clang" if "--clang" in sys.argv else None, named, total)
        for told in total.differences[seen:]:
            print(told)  # noqa: T201
        if number % 20 == 19 or number == int(words[-1]):
            print(f"{words[0]} to {number}: {total}", flush=True)  # noqa: T201
