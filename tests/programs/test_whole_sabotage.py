"""The alarm rings: with a mistake of old put back into the engine, a whole program shows it.

Each row replaces pieces of text (which must be there) and builds the whole explorer anew, with
``EXPLORE_POISON``: what an arena or a pool takes back is overwritten, so whoever still points
there is sure to be noticed.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from heald.building import build
from tests.engine.sabotaged import Pieces, compiled, engine
from tests.programs.explore_program import HERE
from tests.programs.whole_table import WHOLE, Whole

# What was done once: file, pieces of text and what stood there instead.
MISTAKES: dict[str, tuple[str, Pieces]] = {
    "a child's clocks are made anew each time its creation is linked": (
        "graph/graph.c",
        (
            (
                "child->spawned_by = event;",
                "child->spawned_by = event;\n"
                "event->hb = clock_join(&graph->arena, &clock_zero, event->hb,\n"
                "    event->thread, event->index + 1);\n"
                "event->prefix = clock_join(&graph->arena, &clock_zero, event->prefix,\n"
                "    event->thread, event->index + 1);\n"
                "event->stays = event->prefix;",
            ),
        ),
    ),
    "entries of plain writes go back to the pool when they are cut out": (
        "graph/bases.c",
        (
            ("/* The event has an entry now", "static struct memory *pool;\n/*"),
            ("if (!event->bases)\n", "pool = memory;\n    if (!event->bases)\n"),
            (
                "for (struct event *base = event->bases; base; base = base->covers) {",
                "while (event->bases) {\n        struct event *base = event->bases;\n"
                "        event->bases = base->covers;",
            ),
            (
                "mo_remove(base->location, base);\n        base->succeeded = 0;",
                "mo_remove(base->location, base);\n"
                "        base->covers = pool->spare_bases;\n"
                "        pool->spare_bases = base;",
            ),
        ),
    ),
    "exit ends an execution whatever others could still do": (
        "search/search.c",
        (
            (
                "int thread = waiting_next(explorer, &node);",
                "int thread = explorer->graph.exited ? -1 : waiting_next(explorer, &node);",
            ),
        ),
    ),
    "marks of walks and numbers of another search meet": (
        "models/psc_nodes.c",
        (("graph->walk = nodes->count;", ";"),),
    ),
    "a write's value is what is in memory at the thread's next hook": (
        "program/late_write.c",
        (("store_ahead(the_runtime->image.base + site)}", "1}"),),
    ),
}


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file of the explorer, compiled."""
    return compiled(tmp_path_factory.mktemp("objects"))


def wrong(engine: Path, whole: Whole) -> Iterator[str]:
    """What this engine gets wrong about a whole program, model by model."""
    macros = [f"-D{define}" for define in whole.defines]
    source = HERE / "whole" / f"{whole.program}.c"
    program = build.compile([source], flavour=build.EXPLORED, cflags=["-w", *macros])
    for model in ("rc11", "tso", "sc"):
        options = ["--leaks", "fail", "--endless-ms", "300", "--model", model]
        done = _run([str(engine), *options, str(program)])
        if done.returncode:
            yield f"{whole.name} {model}: {done.stderr}"
            continue
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        kinds = {line["kind"] for line in lines if line["type"] == "failure"}
        (result,) = (line for line in lines if line["type"] == "result")
        right = whole.executions in (None, result["executions"])
        if kinds != set(whole.kinds) or not right:
            yield f"{whole.name} {model}: {kinds} {result['executions']}"


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=900
    )


@pytest.mark.slow
@pytest.mark.parametrize(("file", "pieces"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_of_old_is_noticed(
    objects: Path, tmp_path: Path, file: str, pieces: Pieces
) -> None:
    made = engine(objects, tmp_path, file, pieces)
    assert any(any(wrong(made, whole)) for whole in WHOLE)


@pytest.mark.slow
def test_without_one_nothing_is_wrong(objects: Path, tmp_path: Path) -> None:
    made = engine(objects, tmp_path, "graph/graph.c", ())
    assert [text for whole in WHOLE for text in wrong(made, whole)] == []
