"""Seeds to differences: draw, turn, explore both, make smaller."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.oracle.whole.campaign import kind_of
from tests.oracle.whole.event import MODELS
from tests.oracle.whole.explored import Answer, Batch
from tests.oracle.whole.printer import to_c
from tests.oracle.whole.program import Whole
from tests.oracle.whole.shrink import shrunk

from .turning import back, comparable, drawn, is_turnable, turned

BATCH = 20
MOST = 3000
LIMIT = ("--max-executions", str(MOST), "--budget", "5")


@dataclass
class Turned:
    """What a range of seeds came to."""

    programs: int = 0
    passing: int = 0
    executions: int = 0
    too_big: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.programs} programs in {len(MODELS)} models ({self.passing} times all passed, "
            f"{self.executions} executions), {self.too_big} times too big, "
            f"{len(self.differences)} differences"
        )


def orders_of(seed: int, count: int) -> list[tuple[int, ...]]:
    """The other orders in which a seed's threads are created: backwards, and one by chance."""
    backwards = tuple(range(count, 0, -1))
    chance = Random(f"order {seed}").sample(range(1, count + 1), count)
    return list(dict.fromkeys((backwards, tuple(chance))))


def judge(
    seeds: Iterable[int],
    compiler: str | None = None,
    kind: str = "",
    into: Turned | None = None,
) -> Turned:
    """Judge the programs of the seeds."""
    total = into or Turned()
    programs = [(seed, drawn(seed, kind)) for seed in seeds]
    for start in range(0, len(programs), BATCH):
        _judge_batch(programs[start : start + BATCH], compiler, total)
    return total


def _judge_batch(
    some: Sequence[tuple[int, Whole]], compiler: str | None, total: Turned
) -> None:
    texts: list[Whole] = []
    asked: list[list[tuple[int, tuple[int, ...]]]] = []
    for seed, program in some:
        orders = orders_of(seed, len(program.threads) - 1)
        asked.append([(len(texts) + 1 + i, order) for i, order in enumerate(orders)])
        texts += [program, *(turned(program, order) for order in orders)]
    with tempfile.TemporaryDirectory() as folder:
        batch = Batch(texts, Path(folder), compiler)
        for (seed, program), others in zip(some, asked, strict=True):
            total.programs += 1
            for model in MODELS:
                wrong = _differences(batch, model, others, total)
                if wrong:
                    total.differences.append(_told(seed, program, model, compiler, wrong))
                    break


def _differences(
    batch: Batch, model: str, others: Sequence[tuple[int, tuple[int, ...]]], total: Turned
) -> str:
    at = others[0][0] - 1
    program = batch.programs[at]
    try:
        first = batch.ask(at, model, *LIMIT)
        if first.result.get("reason") in ("executions", "budget"):
            total.too_big += 1
            return ""
        total.passing += not first.kinds
        total.executions += first.graphs.total()
        for number, order in others:
            other = batch.ask(number, model, *LIMIT)
            wrong = difference(program, model, first, other, order)
            if wrong:
                return f"order {order}, {wrong}"
    except AssertionError as error:
        return f"{model}: {error}"
    return ""


def difference(
    program: Whole, model: str, first: Answer, other: Answer, order: Sequence[int]
) -> str:
    """What is not the same about two searches, empty if all is."""
    if other.result.get("reason") in ("executions", "budget"):
        return "" if first.kinds or other.kinds else f"{model}: one does not end"
    if bool(first.kinds) != bool(other.kinds):
        return f"{model}: fails in one order only, {first.kinds or other.kinds}"
    if first.kinds:
        return ""
    right = comparable(program, first.graphs)
    found = comparable(program, Counter(back(g, order) for g in other.graphs.elements()))
    for words, left in (("first", right - found), ("other", found - right)):
        if left:
            example = next(iter(left))
            return f"{model}: {left.total()} only in the {words}, for example\n{example}"
    return ""


def _told(seed: int, program: Whole, model: str, compiler: str | None, wrong: str) -> str:
    kind = kind_of(wrong.partition("), ")[2])

    def differs(smaller: Whole) -> bool:
        return kind_of(alone(smaller, model, compiler).partition("), ")[2]) == kind

    small = shrunk(program, differs, tries=250)
    said = alone(small, model, compiler) or wrong
    return f"seed {seed}, smallest:\n{to_c([small])}\n{small}\n{said}"


def alone(program: Whole, model: str, compiler: str | None = None) -> str:
    """The differences of one program."""
    if not is_turnable(program):
        return ""
    orders = orders_of(0, len(program.threads) - 1)
    texts = [program, *(turned(program, order) for order in orders)]
    with tempfile.TemporaryDirectory() as folder:
        batch = Batch(texts, Path(folder), compiler)
        others = [(1 + i, order) for i, order in enumerate(orders)]
        return _differences(batch, model, others, Turned())
