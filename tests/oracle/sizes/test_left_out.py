"""The alarm rings: an explorer in which one rule about parts is left out answers otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.sabotaged import compiled, engine
from tests.oracle.program import Order
from tests.oracle.sizes.answer import Answer
from tests.oracle.sizes.campaign import wrong_about
from tests.oracle.sizes.decide import decide
from tests.oracle.sizes.explored import NEEDLESSLY, Batch
from tests.oracle.sizes.program import Sized, Step, drawn

#: What is left out: file, text, what stands there instead.
RULES = {
    "a read synchronises with each write whose bytes it gets": (
        "graph/event_clocks.c",
        "received_parts(graph, clock, thread, read)",
        "received(graph, clock, thread, read->rf)",
    ),
    "plain bytes do not synchronise": (
        "graph/event_clocks.c",
        "!(write->flags & EVENT_BASE && write->kind == ACTION_WRITE) &&",
        "",
    ),
    "reads of other bytes may be older": (
        "graph/mo.c",
        "if (part_meets(node, write) && clock_knows(hb, thread, write))",
        "if (clock_knows(hb, thread, write))",
    ),
    "an access that is wider than what was met": (
        "graph/behaviour.c",
        "widths_widen(graph, width);",
        "",
    ),
    "a store to a part may be overtaken": (
        "models/total_order.c",
        "int is_store = part_is_store(event);",
        "int is_store = event->kind == ACTION_STORE;",
    ),
    "a plain write goes to the front": (
        "graph/bases.c",
        "    if (!location->mixed)\n        return (uint32_t)location->mo_count;",
        "    if (1)\n        return (uint32_t)location->mo_count;",
    ),
    "a wider read waits for the store buffer": (
        "models/total_order.c",
        " || is_wider(reader, event)",
        "",
    ),
    "what cannot be built is refused": (
        "search/carried.c",
        "if (graph->model != EXPLORE_RC11 ||",
        "if (1 ||",
    ),
}
SEEDS = (2330, 2451, 1555)
LOW, HIGH = Step("store", value=1), Step("store", at=4, value=1)
FLAG, SEEN = Step("store", word=1, value=1), Step("load", word=1)
WHOLE, FIRST = Step("load", size=8), Step("load")
SENT, GOT = replace(FLAG, order=Order.REL), replace(SEEN, order=Order.ACQ)
PROGRAMS = [
    ((LOW, replace(FIRST, at=4)), (HIGH, FIRST)),
    (
        (FLAG, replace(LOW, order=Order.REL)),
        (HIGH,),
        (replace(FIRST, at=4, order=Order.ACQ), SEEN),
    ),
    (
        (FLAG, replace(LOW, order=Order.REL)),
        (HIGH,),
        (replace(WHOLE, order=Order.ACQ), SEEN),
    ),
    ((FLAG, replace(LOW, order=Order.REL)), (replace(HIGH, order=Order.SC), SEEN)),
    ((LOW, WHOLE, SEEN), (replace(FLAG, kind="xchg", order=Order.SC), FIRST)),
    ((LOW, SEEN), (FLAG, FIRST)),
    ((LOW, HIGH), (HIGH, LOW), (WHOLE, WHOLE)),
    ((HIGH,), (Step("write", value=1), SENT), (GOT, replace(WHOLE, guard=(0, 1)))),
    ((LOW, FLAG), (SEEN, HIGH)),
]
Judged = list[tuple[int, dict[str, Answer]]]


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("objects"))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Batch, Judged]:
    programs = [drawn(seed) for seed in SEEDS]
    programs += [Sized(threads, (WHOLE,), bytes(32)) for threads in PROGRAMS]
    answers = list(enumerate(map(decide, programs)))
    return Batch(programs, tmp_path_factory.mktemp("batch")), answers


@pytest.mark.slow
@pytest.mark.parametrize(("file", "rule", "instead"), RULES.values(), ids=RULES.keys())
def test_a_rule_that_is_left_out_is_missed(
    objects: Path,
    judged: tuple[Batch, Judged],
    tmp_path: Path,
    file: str,
    rule: str,
    instead: str,
) -> None:
    batch, answers = judged
    batch.engine = engine(objects, tmp_path, file, ((rule, instead),))
    wrong = (wrong_about(batch, number, right) for number, right in answers)
    assert any(text not in ("", NEEDLESSLY) for text in wrong)
