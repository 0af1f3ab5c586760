"""The alarm rings: an explorer with one mistake answers otherwise about a small whole program.

Each row replaces pieces of text (which must be there). What no program here notices could be lost
from the explorer without a test that fails: then a program is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.sabotaged import Pieces, compiled, engine
from tests.oracle.program import Fence, Load, Order, Rmw, Store, Value
from tests.oracle.whole.campaign import difference_of
from tests.oracle.whole.channel_statements import (
    Assume,
    Choose,
    EventRead,
    EventWrite,
    FutexAwait,
    FutexWake,
    PipeRead,
    PipeWrite,
)
from tests.oracle.whole.decide import Decision, decide
from tests.oracle.whole.explored import Batch
from tests.oracle.whole.program import (
    Acquire,
    Allocate,
    Await,
    FieldRead,
    Free,
    If,
    Join,
    Leave,
    Locked,
    LookInLoop,
    Meet,
    Once,
    PlainRead,
    PlainWrite,
    Post,
    RwLocked,
    Spawn,
    Spinning,
    TimedWait,
    TryLocked,
    Wait,
    Wake,
    Whole,
)
from tests.oracle.whole.test_whole import WRONG_ONCE

WRITE, READ = PlainWrite("p", Value(1)), PlainRead("r0", "p")
ADDS = Spinning("add", (WRITE,))
LEAVES = Spinning("add", (Load("r0", "x", Order.RLX), If("r0", 0, (Leave(),))))
PROGRAMS = [
    Whole(((Spawn(1), Spawn(2), LEAVES), (ADDS,), (Store("x", Value(1), Order.RLX),))),
    Whole(((Spawn(1), Spawn(2), ADDS), (ADDS,), (Locked("m", ()),))),
    Whole(((Spawn(1), Locked("m", (WRITE,))), (Locked("m", (READ,)),))),
    Whole(((Spawn(1), Join(1), READ), (WRITE,))),
    Whole(((Spawn(1), RwLocked((WRITE,), writes=True)), (RwLocked((READ,)),))),
    Whole(((Spawn(1), Acquire(), READ), (WRITE, Post()))),
    Whole(((Spawn(1), Locked("m", (Wait("m", "p", 0),))), (Locked("m", (WRITE, Wake())),))),
    Whole(((Spawn(1), Locked("m", (TimedWait("m", "r0"),))), (Wake(),))),
    Whole(((Spawn(1), WRITE, Meet()), (Meet(), READ))),
    Whole(((Spawn(1), Once((WRITE,)), READ), (Once((WRITE,)), READ))),
    Whole(((Allocate("g", 0, cleared=True), Spawn(1), FieldRead("r0", "g", "a")), (Free("g"),))),
    Whole(((Allocate("g", 0, cleared=True), Spawn(1), Free("g")), (FieldRead("r0", "g", "a"),))),
    Whole(((Allocate("g", 0), FieldRead("r0", "g", "a")),)),
    Whole(((Spawn(1), READ), (WRITE,))),
    Whole(((Spawn(1), WRITE), (READ,))),
    Whole(((Spawn(1), Spawn(2), Join(2), WRITE), (READ,), (READ,))),
    Whole(((Spawn(1), PlainWrite("x", Value(1))), (Load("r0", "x", Order.RLX),))),
    Whole(((Spawn(1), Load("r0", "x", Order.RLX)), (PlainWrite("x", Value(1)),))),
    Whole(((Spawn(1), Spawn(2), Meet(), Meet()), (Meet(),), (Meet(),))),
    Whole(((Spawn(1),), (Spawn(2), LookInLoop("m", "q", 1)),
           (LookInLoop("m", "q", 1, timed=True),))),
    Whole(((Spawn(1), Await("x", 1, Order.RLX)),
           (Store("x", Value(2), Order.RLX), Rmw("r0", "fetch_add", "x", Value(1), Order.RLX),
            Store("x", Value(2), Order.RLX)))),
    Whole(((Spawn(1), Store("x", Value(1), Order.RLX), Locked("m", ()), Locked("m", ())),
           (TryLocked("m", (Store("z", Value(1), Order.RLX),)), Load("r0", "x", Order.RLX)))),
    Whole(((Spawn(1), Locked("m", (Store("x", Value(1), Order.RLX), Fence(Order.SC),
                                  Load("r0", "y", Order.RLX)))),
           (Store("y", Value(1), Order.RLX), TryLocked("m", ()), Load("r0", "x", Order.RLX)))),
    Whole(((Spawn(1), Spawn(2), Spawn(3)),
           (Store("x", Value(1), Order.SC), Await("y", 2, Order.SC)),
           (Load("r1", "z", Order.RLX), Await("y", 1, Order.SC), Load("r0", "x", Order.SC),
            Store("y", Value(2), Order.SC)),
           (Store("z", Value(1), Order.RLX), Store("y", Value(1), Order.SC)))),
    WRONG_ONCE["who failed for no reason is told so, where its read was revisited"],
    WRONG_ONCE["what only the one order of seq_cst forbids to be read is no race"],
    WRONG_ONCE["a round of a barrier is over before who waited for the last one has looked"],
    Whole(((Spawn(2), Meet(), Spawn(1), Meet()), (Meet(),), (Meet(),))),
    Whole(((Spawn(1), Spawn(2)), (Store("x", Value(1), Order.RLX),),
           (Rmw("r0", "exchange", "x", Value(1), Order.RLX),
            Store("y", Value(1, "r0"), Order.RLX)))),
    WRONG_ONCE["a thread's load behind its first store comes after the thread was made"],
    WRONG_ONCE["who takes from an eventfd without waiting tells those that come after"],
    Whole(((Spawn(1), FutexAwait("x", 1, Order.RLX)),
           (Store("x", Value(1), Order.RLX), FutexWake("r0", "x")))),
    Whole(((EventWrite(Value(1)), EventRead("r0"), Spawn(1), EventRead("r1")),
           (EventWrite(Value(2)),))),
    Whole(((PipeWrite(Value(1)), PipeWrite(Value(2)), PipeRead("r0", 1), PipeRead("r1", 1)),)),
    Whole(((Spawn(1), Store("x", Value(1), Order.RLX)),
           (Load("r0", "x", Order.RLX), Assume("r0", 1)))),
    Whole(((Choose("r0", 2), If("r0", 1, (Store("x", Value(1), Order.RLX),))),)),
]  # fmt: skip

MISTAKES: dict[str, tuple[str, Pieces]] = {
    "a store of a lock releases nothing": (
        "calls/hidden.c",
        (
            (
                "hidden_action(ACTION_STORE, ORDER_RELEASE,",
                "hidden_action(ACTION_STORE, ORDER_RELAXED,",
            ),
        ),
    ),
    "a join orders nothing": (
        "graph/event_clocks.c",
        (("event->hb = joined_with(graph, event->hb, event->rf, event->rf->hb);", ""),),
    ),
    "readers come in beside a writer": (
        "calls/rwlock_calls.c",
        (("HIDDEN_UNLESS(WRITER)", "HIDDEN_ALWAYS"),),
    ),
    "an empty semaphore lets through": (
        "calls/condition_calls.c",
        (("HIDDEN_UNLESS(SEMAPHORE_BEGUN)", "HIDDEN_ALWAYS"),),
    ),
    "a signal is lost": (
        "calls/condition_calls.c",
        (("condition_wake(chosen, site);\n            return 0;", "return 0;"),),
    ),
    "a timed wait is never woken": (
        "calls/condition_calls.c",
        (("error : is_over ? ETIMEDOUT : 0;", "error : is_over * 0 + ETIMEDOUT;"),),
    ),
    "a barrier lets through who comes first": (
        "calls/condition_calls.c",
        (("hidden_load(rounds_of(barrier), HIDDEN_IN_ROUND(round), site);", ""),),
    ),
    "who waits at a barrier is left behind by a later round": (
        "search/search.c",
        (("return !node_round_is_past(event->node, event->read) && ", "return "),),
    ),
    "who is called to a barrier again is left behind by a later round": (
        "search/search.c",
        (("        node_round_is_past(read->node, read->read)) {", "        0) {"),),
    ),
    "a run that has tried an update goes on whatever that then reads": (
        "graph/graph.c",
        (("!ahead_has(graph, event)", "event->index >= graph->ahead.count"),),
    ),
    "once does not wait for who is first": (
        "calls/thread_calls.c",
        (
            (
                "hidden_cas(runtime_hidden(control), &value, 1, HIDDEN_UNLESS(1), site)",
                "hidden_cas(runtime_hidden(control), &value, 1, HIDDEN_ALWAYS, site)",
            ),
        ),
    ),
    "a free beside an access is none": (
        "graph/blocks.c",
        (
            (
                "(at == block->newest || !happens_before(at, event))",
                "at == block->newest",
            ),
            (
                "    if (use)\n        return wrong(FAILURE_USE_AFTER_FREE,",
                "    if (0)\n        return wrong(FAILURE_USE_AFTER_FREE,",
            ),
        ),
    ),
    "what is read need not be written": (
        "graph/races.c",
        (("    if (action->length > 16)\n        return NULL;", "    return NULL;"),),
    ),
    "a write beside reads is no race": (
        "graph/races.c",
        (
            (
                "record = writes ? record->older : record->older_write;",
                "record = record->older_write;",
            ),
        ),
    ),
    "an ordinary write beside atomic reads is no race": (
        "graph/races.c",
        (("        if (writes)\n", "        if (0)\n"),),
    ),
    "an atomic access beside ordinary ones is no race": (
        "execution/judge.c",
        (("= race_atomic(&explorer->graph, event);", "= NULL;"),),
    ),
    "who waits forbids by what it last saw": (
        "models/total_order.c",
        ((" || (event->flags & EVENT_WAITING))", ")"),),
    ),
    "who waits by seq_cst forbids by what it last saw": (
        "models/psc_nodes.c",
        (("(event->flags & EVENT_WAITING)) /*", "0) /*"),),
    ),
    "who fails for no reason goes on as who wrote": (
        "execution/events.c",
        (("event->after = NULL; /* known, if it is, of the one that succeeded */", ""),),
    ),
    "what the model forbids to be read is judged": (
        "search/search.c",
        (
            (
                "int sound = judge_finds_nothing(explorer, event);\n    graph_link",
                "int sound = judge_is_sound(explorer, event);\n    if (!sound)\n"
                "        return 0;\n    graph_link",
            ),
        ),
    ),
    "a try in vain is a locked instruction": (
        "models/total_order.c",
        (("return !is_failed_try(event);", "return 1;"),),
    ),
    "a try in vain acquires": (
        "calls/hidden.c",
        (("action->order_fail = ORDER_RELAXED;", ""),),
    ),
    "who sleeps with an older value is passed over": (
        "execution/ending.c",
        (("return await && !await->action.operand[1] ? await : NULL;", "return NULL;"),),
    ),
    "who goes round and writes is passed over": (
        "execution/ending.c",
        (
            (
                "if (!stuck->rounds)\n        return 1;",
                "if (stuck->rounds)\n        return 0;",
            ),
        ),
    ),
    "who is followed does not come back to where it was": (
        "execution/onward_states.c",
        (("return node->kind == ACTION_ROUND ||", "return 0 &&"),),
    ),
    "a guard that is in vain is passed over": (
        "execution/ending.c",
        (
            (
                "return !node_guard_holds(sleeper->node, value);",
                "return loop_read_is_fresh(explorer, sleeper);",
            ),
        ),
    ),
    "a load behind a store may come before the thread": (
        "models/total_order.c",
        (("walk_tso_from(walk, thread, 0, 1);", "walk_tso_from(walk, thread, 0, 0);"),),
    ),
    "who is to be woken by a futex sleeps on": (
        "calls/futex_words.c",
        (("condition_wake(chosen, site);", ""),),
    ),
    "who takes without waiting tells nobody": (
        "calls/hidden.c",
        (
            (
                "return compare_exchange(ORDER_ACQ_REL,",
                "return compare_exchange(ORDER_ACQUIRE,",
            ),
        ),
    ),
    "an eventfd stays as it was": (
        "calls/descriptor_calls.c",
        (("hidden_rmw(counter, OP_EXCHANGE, 0,", "hidden_rmw(counter, OP_OR, 0,"),),
    ),
    "a byte is read twice": (
        "calls/descriptor_calls.c",
        (("        head++;\n", ""),),
    ),
    "what is assumed does not matter": (
        "calls/harness_calls.c",
        (("    if (!condition)\n        harness_stand_still(site);", "    (void)site;"),),
    ),
    "only one of two is chosen": (
        "search/search.c",
        (("way = 1; way < ways &&", "way = 1; way < 1 &&"),),
    ),
}


Judged = tuple[Batch, list[Decision]]


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("objects"))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    batch = Batch(PROGRAMS, tmp_path_factory.mktemp("batch"))
    return batch, [decide(program) for program in PROGRAMS]


def differences(judged: Judged, engine: Path) -> Iterator[str]:
    """What this engine gets wrong, program by program, under rc11 and tso."""
    batch, decisions = judged
    batch.engine = engine
    for model in ("rc11", "tso"):
        for number, right in enumerate(decisions):
            yield difference_of(batch, number, model, right)


@pytest.mark.slow
@pytest.mark.parametrize(("file", "pieces"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_noticed(
    objects: Path, judged: Judged, tmp_path: Path, file: str, pieces: Pieces
) -> None:
    made = engine(objects, tmp_path, file, pieces)
    assert any(differences(judged, made))


@pytest.mark.slow
def test_without_one_nothing_differs(
    objects: Path, judged: Judged, tmp_path: Path
) -> None:
    made = engine(objects, tmp_path, "graph/graph.c", ())
    assert not any(differences(judged, made))
