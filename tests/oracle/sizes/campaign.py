"""Seeds to differences: draw, decide, compile in batches, explore, make smaller."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from .answer import Answer, TooBigError
from .decide import MODELS, decide
from .explored import NEEDLESSLY, Batch, difference
from .program import Sized, drawn

BATCH = 40


@dataclass
class Judged:
    """What a range of seeds came to."""

    programs: int = 0
    executions: int = 0
    racing: int = 0
    refused: int = 0
    needlessly: int = 0
    too_big: int = 0
    differences: list[str] = field(default_factory=list)

    def add(self, other: Judged) -> None:
        """Take in what other seeds came to."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def __str__(self) -> str:
        return (
            f"{self.programs} programs in {len(MODELS)} models ({self.executions} executions, "
            f"{self.racing} race, {self.refused} refused under rc11 and {self.needlessly} "
            f"needlessly), {self.too_big} too big to decide, {len(self.differences)} differences"
        )


def judge(
    seeds: Iterable[int], compiler: str | None = None, form: type[Batch] = Batch
) -> Judged:
    """Judge the program of each seed, in batches that are compiled together."""
    judged = Judged()
    chosen: list[tuple[int, Sized, dict[str, Answer]]] = []
    for seed in seeds:
        program = drawn(seed)
        try:
            chosen.append((seed, program, decide(program)))
        except TooBigError:
            judged.too_big += 1
    for start in range(0, len(chosen), BATCH):
        some = chosen[start : start + BATCH]
        with tempfile.TemporaryDirectory() as folder:
            batch = form([program for _, program, _ in some], Path(folder), compiler)
            for number, (seed, program, right) in enumerate(some):
                _count(judged, right)
                wrong = wrong_about(batch, number, right)
                judged.needlessly += wrong == NEEDLESSLY
                if wrong and wrong != NEEDLESSLY:
                    small = smaller(program, compiler, form)
                    wrong = wrong_with(small, compiler, form) or wrong
                    judged.differences.append(f"seed {seed}, smallest:\n{small}\n{wrong}")
    return judged


def _count(judged: Judged, right: dict[str, Answer]) -> None:
    judged.programs += 1
    judged.racing += any(answer.races for answer in right.values())
    judged.refused += right["rc11"].refused
    judged.executions += sum(len(answer.graphs) for answer in right.values())


def wrong_about(batch: Batch, number: int, right: dict[str, Answer]) -> str:
    """The first model under which the explorer's answer is another one."""
    for model in MODELS:
        try:
            wrong = difference(
                batch.programs[number], model, right[model], batch.ask(number, model)
            )
        except AssertionError as error:
            wrong = f"{model}: {error}"
        if wrong:
            return wrong
    return ""


def wrong_with(
    program: Sized, compiler: str | None = None, form: type[Batch] = Batch
) -> str:
    """The same of a program that is compiled alone."""
    try:
        right = decide(program)
    except TooBigError:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        return wrong_about(form([program], Path(folder), compiler), 0, right)


def smaller(
    program: Sized, compiler: str | None = None, form: type[Batch] = Batch
) -> Sized:
    """The smallest program that is wrong, too, found by leaving things out."""
    for candidate in _candidates(program):
        if wrong_with(candidate, compiler, form) not in ("", NEEDLESSLY):
            return smaller(candidate, compiler, form)
    return program


def _candidates(program: Sized) -> Iterator[Sized]:
    if program.after:
        yield replace(program, after=program.after[1:])
    if program.how != "static":
        yield replace(program, how="static", initial=bytes(len(program.initial)))
    for t, thread in enumerate(program.threads):
        for i in range(len(thread)):
            if any(step.guard and step.guard[0] >= i for step in thread):
                continue
            left = (*thread[:i], *thread[i + 1 :])
            threads = (
                *program.threads[:t],
                *((left,) if left else ()),
                *program.threads[t + 1 :],
            )
            if threads:
                yield replace(program, threads=threads)
        for i, step in enumerate(thread):
            if step.guard:
                plain = (*thread[:i], replace(step, guard=None), *thread[i + 1 :])
                yield replace(
                    program,
                    threads=(*program.threads[:t], plain, *program.threads[t + 1 :]),
                )
