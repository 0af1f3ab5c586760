"""The explorer's answer about a program, in the form of ``decide``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald.building import build
from heald.building.engine import engine_path
from tests.oracle.dumped import dumped

from .answer import PLAINLY, Answer, Place, Shown, all_steps
from .program import READS, Sized, to_c

#: A cycle that the search sees may have been one of reads all the same: what it refuses is counted.
NEEDLESSLY = "refused, though it could be built"


@dataclass
class Asked:
    """What the explorer said: the graphs it visited, or the kinds of its failures."""

    graphs: Counter[Shown]
    kinds: list[str]
    schedule: str | None = None


class Batch:
    """Programs compiled into one file."""

    def __init__(
        self, programs: Sequence[Sized], folder: Path, compiler: str | None = None
    ) -> None:
        self.programs = programs
        self.engine = engine_path("explore")
        source = folder / "batch.c"
        source.write_text(to_c(programs))
        self.program = build.compile(
            [source], flavour=build.EXPLORED, compiler=compiler, cflags=("-mcx16",)
        )

    def ask(self, number: int, model: str, *options: str) -> Asked:
        """Explore one of them.

        Raises
        ------
        AssertionError
            If the engine dies.
        """
        dump = ("--results", "2", "--dump", "-", "--budget", "60")
        command = [str(self.engine), "--model", model, *dump, *options]
        asked = dumped([*command, str(self.program), str(number)], _shown)
        schedule = asked.failures[0].get("schedule") if asked.failures else None
        return Asked(asked.graphs, asked.kinds, schedule)


def _shown(graph: dict[str, Any]) -> Shown:
    threads = graph["threads"]
    order = {0: len(threads) - 1} | {i: i - 1 for i in range(1, len(threads))}
    name: dict[tuple[int, int], Place] = {}
    steps = []
    for thread in (*range(1, len(threads)), 0):
        count = 0
        for index, event in enumerate(threads[thread]):
            if event["k"] in "RWU" and event["o"] != "na" and "at" in event:
                name[thread, index] = (order[thread], count)
                count += 1
    for (thread, index), place in name.items():
        event = threads[thread][index]
        source = None
        if event["k"] == "R" and event["rf"] is not None:
            at = (event["rf"][0], event["rf"][1])
            source = name.get(at, PLAINLY if at[0] else None)
        steps.append((place, event.get("r"), event.get("w"), source))
    kept = (
        tuple(name[at[0], at[1]] for at in places if (at[0], at[1]) in name)
        for places in graph["mo"].values()
    )
    return Shown(
        tuple(steps), tuple(sorted((places for places in kept if places), key=str))
    )


def _has_vague_reads(program: Sized) -> bool:
    """Whether one gets bytes of plain writes: no order says which write is the last of them."""
    steps = [step for _, step in all_steps(program)]
    plainly = {at for step in steps if step.kind == "write" for at in step.bytes}
    return any(step.kind in READS and plainly & set(step.bytes) for step in steps)


def _without_sources(graph: Shown) -> Shown:
    steps = tuple((place, read, written, None) for place, read, written, _ in graph.steps)
    return Shown(steps, graph.mo)


def difference(program: Sized, model: str, right: Answer, asked: Asked) -> str:
    """What is wrong with it, empty if nothing is."""
    if right.races:
        return (
            ""
            if "data race" in asked.kinds
            else f"{model}: a race was not found, {asked.kinds}"
        )
    if right.refused:
        return (
            ""
            if asked.kinds == ["unsupported"]
            else f"{model}: not refused, {asked.kinds}"
        )
    if asked.kinds == ["unsupported"] and model == "rc11":
        return NEEDLESSLY
    if asked.kinds:
        return f"{model}: fails, {asked.kinds}"
    vague = _has_vague_reads(program)
    consistent, visited = right.graphs, asked.graphs
    if vague:
        consistent = {_without_sources(graph) for graph in consistent}
        visited = Counter(_without_sources(graph) for graph in visited.elements())
    again = [g for g, count in visited.items() if count > 1 and not vague]
    kinds = {
        "visited more than once": again,
        "missing": sorted(consistent - visited.keys(), key=str),
        "not consistent": sorted(visited.keys() - consistent, key=str),
    }
    return "\n".join(
        f"{model}: {kind} ({len(graphs)} of {len(right.graphs)}), for example\n{graphs[0]}"
        for kind, graphs in kinds.items()
        if graphs
    )
