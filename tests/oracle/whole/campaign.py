"""Seeds to differences: draw, decide, compile in batches, explore under each model, shrink."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .decide import Decision, TooBigError, decide
from .drawn import drawn
from .event import MODELS, LongError
from .explored import Batch, difference, sampled_difference
from .printer import to_c
from .program import Whole

MOST_STATES = 400
BATCH = 60
SEARCHES = ("mixed", "uniform", "pct", "pos")
SAMPLES = 30


@dataclass
class Judged:
    """What a range of seeds came to."""

    programs: int = 0
    passing: int = 0
    executions: int = 0
    too_big: int = 0
    differences: list[str] = field(default_factory=list)

    def add(self, other: Judged) -> None:
        """Take in what other seeds came to."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def __str__(self) -> str:
        return (
            f"{self.programs} programs in {len(MODELS)} models ({self.passing} pass rc11 with "
            f"{self.executions} executions), {self.too_big} too big to decide, "
            f"{len(self.differences)} differences"
        )


def judge(
    seeds: Iterable[int],
    compiler: str | None = None,
    kind: str = "",
    states: int = MOST_STATES,
    more: int = 0,
) -> Judged:
    """Judge the program of each seed, in batches that are compiled together."""
    judged = Judged()
    chosen: list[tuple[int, Whole, Decision]] = []
    for seed in seeds:
        program = drawn(seed, kind, more, fails=compiler != "clang")
        try:
            chosen.append((seed, program, decide(program, limit=states)))
        except (TooBigError, LongError):
            judged.too_big += 1
    for start in range(0, len(chosen), BATCH):
        _judge_batch(chosen[start : start + BATCH], compiler, judged)
    return judged


def _judge_batch(
    chosen: list[tuple[int, Whole, Decision]], compiler: str | None, judged: Judged
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        batch = Batch([program for _, program, _ in chosen], Path(folder), compiler)
        for number, (seed, program, right) in enumerate(chosen):
            judged.programs += 1
            if not right.kinds["rc11"]:
                judged.passing += 1
                judged.executions += right.graphs["rc11"].total()
            for at, model in enumerate(MODELS):
                search = SEARCHES[(seed + at) % len(SEARCHES)]
                wrong = difference_of(batch, number, model, right)
                wrong = wrong or sampled_difference_of(
                    batch, number, model, right, search
                )
                if wrong:
                    judged.differences.append(
                        _told(seed, program, model, compiler, wrong)
                    )
                    break


def difference_of(batch: Batch, number: int, model: str, right: Decision) -> str:
    """What is wrong with the answer about one program of a batch; the engine's own faults, too."""
    try:
        answer = batch.ask(number, model)
    except AssertionError as error:
        return f"{model}: {error}"
    return difference(batch.programs[number], model, right, answer)


def sampled_difference_of(
    batch: Batch, number: int, model: str, right: Decision, search: str
) -> str:
    """The same of a sampler's answer."""
    limit = ("--search", search, "--max-executions", str(SAMPLES))
    try:
        answer = batch.ask(number, model, *limit)
    except AssertionError as error:
        return f"{search}, {model}: {error}"
    wrong = sampled_difference(batch.programs[number], model, right, answer)
    return wrong and f"{search}, {wrong}"


def _told(seed: int, program: Whole, model: str, compiler: str | None, wrong: str) -> str:
    """The difference with the smallest program that shows one of its kind."""
    from .shrink import shrunk

    kind = kind_of(wrong)

    search = wrong.split(",")[0] if wrong.startswith(SEARCHES) else None

    def differs(smaller: Whole) -> bool:
        return kind_of(differences(smaller, model, compiler, search)) == kind

    small = shrunk(program, differs)
    said = differences(small, model, compiler, search) or wrong
    return f"seed {seed}, smallest:\n{to_c([small])}\n{said}"


def kind_of(wrong: str) -> str:
    """The words of a difference without its numbers."""
    first = wrong.split("\n")[0].split("(")[0]
    return "".join(c for c in first if not c.isdigit())


def differences(
    program: Whole, model: str, compiler: str | None = None, search: str | None = None
) -> str:
    """What is wrong about one program, compiled alone; nothing if it cannot be decided."""
    try:
        right = decide(program, limit=MOST_STATES)
    except (TooBigError, LongError):
        return ""
    with tempfile.TemporaryDirectory() as folder:
        batch = Batch([program], Path(folder), compiler)
        if search:
            return sampled_difference_of(batch, 0, model, right, search)
        return difference_of(batch, 0, model, right)
