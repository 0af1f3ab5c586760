"""Seeds to differences between the two texts of ``allowed``: explore both, sample the first."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from heald.building import build
from heald.building.engine import engine_path
from tests.oracle.dumped import Dumped, dumped

from .allowed import Allowed, drawn, to_c
from .decide import MODELS

BATCH = 40
MOST = 4000
SEARCHES = ("mixed", "uniform", "pct", "pos")
SAMPLES = 20
Graph = tuple[Any, ...]


@dataclass
class Judged:
    """What a range of seeds came to."""

    programs: int = 0
    executions: int = 0
    refused: int = 0
    too_big: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.programs} programs in {len(MODELS)} models ({self.executions} executions, "
            f"{self.refused} times refused), {self.too_big} times too big, "
            f"{len(self.differences)} differences"
        )


class Pair:
    """Programs compiled in both texts."""

    def __init__(
        self, programs: Sequence[Allowed], folder: Path, compiler: str | None = None
    ) -> None:
        self.programs = programs
        self.engine = engine_path("explore")
        self.compiled = {}
        for plain in (True, False):
            source = folder / f"{'plain' if plain else 'words'}.c"
            source.write_text(to_c(programs, plain=plain))
            self.compiled[plain] = build.compile(
                [source], flavour=build.EXPLORED, compiler=compiler
            )

    def ask(self, number: int, model: str, *options: str, plain: bool) -> Dumped[Graph]:
        """Explore one of the texts of a program.

        Raises
        ------
        AssertionError
            If the engine dies.
        """
        races = ("--races", "allow") if plain else ()
        words = ("--model", model, "--results", "2", "--dump", "-", "--budget", "10")
        command = [str(self.engine), *words, *races, *options]
        return dumped([*command, str(self.compiled[plain]), str(number)], _shown)


def _shown(graph: dict[str, Any]) -> Graph:
    """Accesses to the memory that threads share, whatever their order is called."""
    name: dict[tuple[int, int], tuple[int, int]] = {}
    for thread, events in enumerate(graph["threads"]):
        kept = [i for i, event in enumerate(events) if _is_shared(event)]
        name |= {(thread, index): (thread, count) for count, index in enumerate(kept)}
    steps = []
    for (thread, index), place in name.items():
        event = graph["threads"][thread][index]
        rf = event.get("rf")
        source = None if rf is None else name.get((rf[0], rf[1]))
        steps.append(
            (place, event["k"], event["at"], event.get("r"), event.get("w"), source)
        )
    mo = sorted(
        (at, tuple(name[x, y] for x, y in places if (x, y) in name))
        for at, places in graph["mo"].items()
        if at.startswith("memory")
    )
    return tuple(steps), tuple((at, places) for at, places in mo if places)


def _is_shared(event: dict[str, Any]) -> bool:
    return event["k"] in "RWU" and str(event.get("at", "")).startswith("memory")


def difference(pair: Pair, number: int, judged: Judged) -> str:
    """What is not the same about both texts of a program, empty if all is."""
    limit = ("--max-executions", str(MOST))
    for at, model in enumerate(MODELS):
        right = pair.ask(number, model, *limit, plain=False)
        found = pair.ask(number, model, *limit, plain=True)
        if right.kinds or found.kinds:
            judged.refused += 1
            if right.kinds != found.kinds:
                return f"{model}: {found.kinds}, written out {right.kinds}"
            continue
        if not right.exhausted or not found.exhausted:
            judged.too_big += 1
            continue
        judged.executions += right.graphs.total()
        for words, graphs in _differing(right.graphs, found.graphs):
            example = next(iter(graphs))
            return (
                f"{model}: {graphs.total()} of {right.graphs.total()} {words}: {example}"
            )
        search = SEARCHES[(number + at) % len(SEARCHES)]
        sampling = ("--search", search, "--max-executions", str(SAMPLES))
        sampled = pair.ask(number, model, *sampling, plain=True)
        if sampled.kinds or sampled.graphs.keys() - right.graphs.keys():
            return f"{model}: {search} finds what is not there, {sampled.kinds}"
    return ""


def _differing(
    right: Counter[Graph], found: Counter[Graph]
) -> Iterator[tuple[str, Counter[Graph]]]:
    for words, graphs in (("missing", right - found), ("too many", found - right)):
        if graphs:
            yield words, graphs


def judge(
    seeds: Iterable[int], compiler: str | None = None, judged: Judged | None = None
) -> Judged:
    """Judge the programs of the seeds, in batches that are compiled together."""
    judged = judged or Judged()
    chosen = [(seed, drawn(seed)) for seed in seeds]
    for start in range(0, len(chosen), BATCH):
        some = chosen[start : start + BATCH]
        with tempfile.TemporaryDirectory() as folder:
            pair = Pair([program for _, program in some], Path(folder), compiler)
            for number, (seed, program) in enumerate(some):
                judged.programs += 1
                wrong = asked(pair, number, judged)
                if wrong:
                    small = smaller(program, compiler)
                    wrong = alone(small, compiler) or wrong
                    judged.differences.append(f"seed {seed}, smallest:\n{small}\n{wrong}")
    return judged


def asked(pair: Pair, number: int, judged: Judged) -> str:
    """The same with the engine's own faults."""
    try:
        return difference(pair, number, judged)
    except AssertionError as error:
        return str(error)


def alone(program: Allowed, compiler: str | None = None) -> str:
    """The difference about one program that is compiled alone."""
    with tempfile.TemporaryDirectory() as folder:
        return asked(Pair([program], Path(folder), compiler), 0, Judged())


def smaller(program: Allowed, compiler: str | None = None) -> Allowed:
    """The smallest program of which the texts differ, too, found by leaving things out."""
    for candidate in _candidates(program):
        if alone(candidate, compiler):
            return smaller(candidate, compiler)
    return program


def _candidates(program: Allowed) -> Iterator[Allowed]:
    for name in ("before", "after"):
        if getattr(program, name):
            yield replace(program, **{name: ()})
    for t, thread in enumerate(program.threads):
        for i in range(len(thread)):
            left = (*thread[:i], *thread[i + 1 :])
            others = (*program.threads[:t], *program.threads[t + 1 :])
            kept = (*program.threads[:t], left, *program.threads[t + 1 :])
            yield replace(program, threads=kept if left else others)


if __name__ == "__main__":
    import sys

    numbers = [int(word) for word in sys.argv[1:] if not word.startswith("--")]
    total = Judged()
    for first in range(numbers[0], numbers[-1] + 1, BATCH):
        seen = len(total.differences)
        judge(
            range(first, min(first + BATCH, numbers[-1] + 1)),
            "clang" if "--clang" in sys.argv else None,
            total,
        )
        for text in total.differences[seen:]:
            print(text)  # noqa: T201
        print(f"{numbers[0]} to {first + BATCH - 1}: {total}", flush=True)  # noqa: T201
