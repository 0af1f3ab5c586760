"""The same programs written with other memory orders, which ``--order`` puts right at each place.

What is explored is then the drawn program all the same: its graphs are those of the brute force.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from heald.explorer.orders_at import explore_with_orders
from heald.explorer.process import Explored, explore
from tests.oracle.program import FAILURE_ORDERS, Order

from .explored import Asked, Batch
from .program import PLAIN, UPDATES, Sized, Step, lines_of

ANY = (Order.RLX, Order.ACQ, Order.REL, Order.AR, Order.SC)
ALLOWED = {
    "load": (Order.RLX, Order.ACQ, Order.SC),
    "store": (Order.RLX, Order.REL, Order.SC),
    "fence": ANY[1:],
    **dict.fromkeys(UPDATES, ANY),
}
WORDS = {Order.RLX: "relaxed", Order.ACQ: "acquire", Order.REL: "release",
         Order.AR: "acq_rel", Order.SC: "seq_cst"}  # fmt: skip


def written_otherwise(program: Sized) -> Sized:
    """The program with an order drawn for each place."""
    r = random.Random(str(program))
    return replace(program, threads=tuple(_otherwise(r, t) for t in program.threads))


def _otherwise(r: random.Random, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    made: list[Step] = []
    for index, step in enumerate(steps):
        if index and step == steps[index - 1]:  # of a loop: one place
            made.append(made[-1])
        elif step.kind in PLAIN:
            made.append(step)
        else:
            order = r.choice(ALLOWED[step.kind])
            failure = r.choice(FAILURE_ORDERS[order]) if step.kind in UPDATES else order
            made.append(replace(step, order=order, failure=failure))
    return tuple(made)


class Reordered(Batch):
    """Programs that are written otherwise, explored as they were drawn."""

    def __init__(
        self, programs: Sequence[Sized], folder: Path, compiler: str | None = None
    ) -> None:
        written = [written_otherwise(program) for program in programs]
        super().__init__(written, folder, compiler)
        self.written, self.programs = written, programs
        self.lines = (folder / "batch.c").read_text().splitlines()

    def ask(self, number: int, model: str, *options: str) -> Asked:
        """Explore one of them under the orders that it was drawn with."""
        words: Sequence[str] = ()

        def run(more: Sequence[str]) -> Explored:
            nonlocal words
            words = [word for word in more if word != "--places"]
            chosen = ["--model", model, *options, *more]
            return explore(self.engine, self.program, chosen, [str(number)])

        explore_with_orders(self._named(number), self.program, run)
        return super().ask(number, model, *options, *words)

    def _named(self, number: int) -> list[str]:
        named: list[str] = []
        drawn, written = self.programs[number], self.written[number]
        for thread, (right, there) in enumerate(
            zip(drawn.threads, written.threads, strict=True)
        ):
            begin = self.lines.index(f"static void *p{number}t{thread}(void *a) {{")
            for index, text in lines_of(there, written.words):
                step = right[index]
                if step.kind in PLAIN:
                    continue
                line = self.lines.index(f"    {text}", begin) + 1
                order = WORDS[step.order]
                if step.kind == "cas":
                    order += f"/{WORDS[step.failure]}"
                named.append(f"batch.c:{line}={order}")
        return named
