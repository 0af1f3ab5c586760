"""The oracle of whole programs agrees with that of litmus programs, where the axioms stand."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracle import program as litmus
from tests.oracle.drawn import judged_programs
from tests.oracle.graph import Graph
from tests.oracle.program import Order, Store, Value
from tests.oracle.whole.channel_statements import (
    Assume,
    Choose,
    EventRead,
    EventWrite,
    FutexAwait,
    FutexWake,
    PipeRead,
    PipeWrite,
    Poll,
)
from tests.oracle.whole.decide import decide, kinds
from tests.oracle.whole.drawing import SPINNINGS
from tests.oracle.whole.drawn import drawn
from tests.oracle.whole.event import MODELS
from tests.oracle.whole.program import (
    Assert,
    Await,
    Block,
    If,
    Join,
    Locked,
    Meet,
    PlainRead,
    PlainWrite,
    Spawn,
    Spinning,
    Statement,
    Whole,
    statements_of,
)

CALM = settings(
    max_examples=24 if settings.get_current_profile_name() == "quick" else 300,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def whole(program: litmus.Program) -> Whole:
    """``main`` creates the litmus program's threads, then joins them."""
    count = len(program.threads)
    main: Block = (
        *(Spawn(t + 1) for t in range(count)),
        *(Join(t + 1) for t in range(count)),
    )
    return Whole((main, *(as_block(thread) for thread in program.threads)))


def as_block(statements: tuple[litmus.Statement, ...]) -> Block:
    made: list[Any] = []
    for statement in statements:
        if isinstance(statement, litmus.If):
            then, otherwise = as_block(statement.then), as_block(statement.otherwise)
            made.append(If(statement.register, statement.constant, then, otherwise))
        else:
            made.append(statement)
    return tuple(made)


def without_results(graph: Graph) -> Graph:
    """The litmus threads alone: no ``main``, no thread's last store of its registers."""
    threads = tuple(
        tuple(
            (*row[:5], None if row[5] is None else (row[5][0] - 1, row[5][1]))
            for row in rows[:-1]
        )
        for rows in graph.threads[1:]
    )
    mo = tuple(
        (location, tuple((thread - 1, index) for thread, index in places))
        for location, places in graph.mo
        if not location.startswith("res")
    )
    return Graph(threads, mo)


@pytest.mark.slow
@CALM
@given(judged_programs())
def test_litmus_programs_have_the_graphs_that_the_axioms_allow(
    judged: tuple[litmus.Program, dict[str, set[Graph]]],
) -> None:
    program, consistent = judged
    decision = decide(whole(program))
    for model in MODELS:
        assert not decision.kinds[model]
        assert set(decision.graphs[model].values()) <= {1}
        assert {without_results(g) for g in decision.graphs[model]} == consistent[model]


def test_a_drawn_program_creates_each_thread_once_and_is_the_same_again() -> None:
    for seed in range(200):
        program = drawn(seed)
        assert program == drawn(seed)
        every = [s for block in program.threads for s in statements_of(block)]
        created = [s.thread for s in every if isinstance(s, Spawn)]
        joined = [s.thread for s in every if isinstance(s, Join)]
        assert sorted(created) == list(range(1, len(program.threads)))
        assert len(set(joined)) == len(joined)


def test_every_kind_of_statement_is_drawn() -> None:
    every = {type(s) for seed in range(400) for s in drawn(seed).statements()}
    assert every == set(get_args(Statement))


WRITE, READ = PlainWrite("p", Value(1)), PlainRead("r0", "p")
FLAG = Store("x", Value(1), Order.REL)
WRONG: dict[str, tuple[tuple[Block, ...], set[str]]] = {
    "two writes": (((Spawn(1), WRITE), (WRITE,)), {"data race"}),
    "a write that is joined": (((Spawn(1), Join(1), READ), (WRITE,)), set()),
    "a write behind a flag": (
        ((Spawn(1), Await("x", 1, Order.ACQ), READ), (WRITE, FLAG)),
        set(),
    ),
    "a write behind a flag nobody acquires": (
        ((Spawn(1), Await("x", 1, Order.RLX), READ), (WRITE, FLAG)),
        {"data race"},
    ),
    "a flag that stays down": (((Await("x", 1, Order.ACQ),),), {"livelock"}),
    "a mutex taken twice": (((Locked("m", (Locked("m", ()),)),),), {"deadlock"}),
    "a mutex that may be taken twice": (((Locked("f", (Locked("f", ()),)),),), set()),
    "a mutex that tells who takes it twice": (
        ((Locked("e", (Locked("e", ()),)),),),
        set(),
    ),
    **{
        f"a lock made of atomics ({kind}) taken twice": (
            ((Spinning(kind, (Spinning(kind, ()),)),),),
            {"livelock"},
        )
        for kind in SPINNINGS
    },
    **{
        f"two writes under a lock made of atomics ({kind})": (
            ((Spawn(1), Spinning(kind, (WRITE,))), (Spinning(kind, (WRITE,)),)),
            set(),
        )
        for kind in SPINNINGS
    },
    "two writes under one mutex": (
        ((Spawn(1), Locked("m", (WRITE,))), (Locked("m", (WRITE,)),)),
        set(),
    ),
    "a write that an eventfd hands over": (
        ((Spawn(1), EventRead("r0"), READ), (WRITE, EventWrite(Value(1)))),
        set(),
    ),
    "a write that a pipe hands over": (
        ((Spawn(1), PipeRead("r0", 1), READ), (WRITE, PipeWrite(Value(1)))),
        set(),
    ),
    "a write behind a byte that was looked for": (
        ((Spawn(1), Poll("r1", "pipe", True), READ), (WRITE, PipeWrite(Value(1)))),
        set(),
    ),
    "a look for a byte that another may have read": (
        (
            (Spawn(1), PipeWrite(Value(1)), PipeRead("r0", 1)),
            (Poll("r0", "pipe", True),),
        ),
        {"deadlock"},
    ),
    "a write behind a futex": (
        (
            (Spawn(1), FutexAwait("x", 1, Order.ACQ), READ),
            (WRITE, FLAG, FutexWake("r0", "x")),
        ),
        set(),
    ),
    "a write behind a futex that nobody wakes": (
        ((Spawn(1), FutexAwait("x", 1, Order.ACQ), READ), (WRITE, FLAG)),
        {"deadlock"},
    ),
    "two writes in sections": (
        ((Spawn(1), Locked("section", (WRITE,))), (Locked("section", (WRITE,)),)),
        set(),
    ),
    "a race behind what was assumed": (
        ((Spawn(1), Assume("r0", 0), WRITE), (WRITE,)),
        set(),
    ),
    "a choice that must not be": (((Choose("r0", 3), Assert("r0", 2)),), {"assertion"}),
    "an assertion beside a race": (
        ((Spawn(1), Spawn(2), Assert("r0", 0)), (WRITE,), (WRITE,)),
        {"data race", "assertion"},
    ),
}


@pytest.mark.parametrize(("threads", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(threads: tuple[Block, ...], expected: set[str]) -> None:
    assert kinds(Whole(threads))["rc11"] == expected
    assert bool(decide(Whole(threads)).kinds["rc11"]) == bool(expected)


@pytest.mark.parametrize(("threads", "orders"), [(2, 4), (3, 36)])
def test_each_round_of_a_barrier_has_as_many_executions_as_orders_of_arrival(
    threads: int, orders: int
) -> None:
    numbers = range(1, threads + 1)
    main: Block = (*(Spawn(t) for t in numbers), *(Join(t) for t in numbers))
    program = Whole((main, *([(Meet(), Meet())] * threads)), parties=threads)
    decision = decide(program)
    assert {graphs.total() for graphs in decision.graphs.values()} == {orders}
