"""The explorer answers about whole programs as the oracle does: verdict, kind, executions.

300 programs by default, 5,000 with ``--heald-profile nightly``, half of them compiled with clang.
What differs is shrunk and shown as C with its seed; ``python -m tests.oracle.whole SEED`` asks
again.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from tests.oracle.program import Load, Order, Rmw, Store, Value
from tests.oracle.whole.campaign import (
    SEARCHES,
    difference_of,
    judge,
    sampled_difference_of,
)
from tests.oracle.whole.channel_statements import (
    Channels,
    Count,
    EventRead,
    EventWrite,
)
from tests.oracle.whole.decide import Decision, decide
from tests.oracle.whole.event import MODELS
from tests.oracle.whole.explored import Batch
from tests.oracle.whole.program import (
    Acquire,
    Assert,
    Await,
    CopyStructure,
    Exit,
    If,
    Join,
    Locked,
    LookInLoop,
    Meet,
    PlainWrite,
    Post,
    RwLocked,
    Spawn,
    Spinning,
    TryCas,
    TryLocked,
    Whole,
)

PROGRAMS = {"thorough": 1000, "nightly": 5000}
DRAWN = PROGRAMS.get(settings.get_current_profile_name(), 300)
RANGE = 100


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, DRAWN, RANGE))
def test_the_explorer_answers_as_the_oracle_does(first: int) -> None:
    nightly = PROGRAMS["nightly"] == DRAWN
    compiler = "clang" if nightly and first // RANGE % 2 else "gcc"
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    judged = judge(range(first, first + RANGE), compiler)
    assert not judged.differences, "\n".join([*judged.differences[:3], str(judged)])
    assert judged.programs > RANGE // 3, str(judged)


#: Programs, made small, about which the explorer was wrong once.
WRONG_ONCE = {
    "a second round of a barrier that never comes": Whole(
        ((Spawn(1), Spawn(2), Meet(), Meet()), (Meet(),), (Meet(),))
    ),
    "a round of a barrier is over before who waited for the last one has looked": Whole(
        ((Spawn(1), Meet()), (Meet(), Spawn(2), Meet()), (Meet(),))
    ),
    "a thread is made and joined behind a read that is revisited": Whole(
        (
            (Load("r0", "x", Order.RLX), Spawn(1), Join(1), Spawn(2)),
            (Spawn(3), Store("x", Value(1), Order.REL)),
            (Load("r0", "y", Order.ACQ), PlainWrite("p", Value(1))),
            (Store("y", Value(1), Order.REL), Load("r0", "x", Order.RLX)),
        )
    ),
    "a thread waits for good when another has ended the process": Whole(
        ((Spawn(1), Await("x", 1, Order.ACQ)), (Exit(0),))
    ),
    "a member of a copied structure is read atomically": Whole(
        (
            (PlainWrite("u.a", Value(2)), CopyStructure("v", "u"), Spawn(1)),
            (Load("r0", "v.a", Order.RLX), Store("v.b", Value(1), Order.RLX)),
        )
    ),
    "a loop fell asleep with another value than the newest": Whole(
        (
            (Spawn(1), Await("x", 1, Order.RLX)),
            (
                Store("x", Value(2), Order.RLX),
                Rmw("r0", "fetch_add", "x", Value(1), Order.RLX),
                Store("x", Value(2), Order.RLX),
            ),
        )
    ),
    "an update reads what an unordered copy wrote": Whole(
        (
            (Store("v.a", Value(2), Order.RLX), Spawn(1), CopyStructure("u", "v")),
            (Rmw("r0", "fetch_sub", "u.a", Value(2), Order.RLX), Assert("r0", 2)),
        )
    ),
    "what fails to get a lock orders nothing": Whole(
        (
            (
                Spawn(1),
                Locked("m", (Store("x", Value(1), Order.RLX),)),
                Store("y", Value(1), Order.RLX),
                Locked(
                    "m", (Store("z", Value(1), Order.RLX), Load("r1", "q", Order.RLX))
                ),
            ),
            (
                Store("q", Value(1), Order.RLX),
                TryLocked("m", (Load("r2", "y", Order.RLX),)),
                Load("r0", "x", Order.RLX),
                Load("r1", "z", Order.RLX),
            ),
        )
    ),
    "taking a lock to read releases nothing": Whole(
        (
            (
                Spawn(1),
                Store("x", Value(2), Order.RLX),
                RwLocked((Load("r0", "y", Order.RLX),)),
            ),
            (
                RwLocked((Store("y", Value(1), Order.RLX),), writes=True, tries=True),
                Load("r0", "x", Order.RLX),
            ),
        )
    ),
    "a thread's load behind its first store comes after the thread was made": Whole(
        (
            (Spawn(1), Store("x", Value(2), Order.RLX), Spawn(2)),
            (Store("y", Value(2), Order.RLX), Spawn(3)),
            (Load("r0", "y", Order.RLX),),
            (Store("y", Value(2), Order.RLX), Load("r0", "x", Order.RLX)),
        )
    ),
    "who takes from an eventfd without waiting tells those that come after": Whole(
        (
            (Spawn(1), EventWrite(Value(1)), Spawn(2)),
            (EventWrite(Value(2)), Load("r1", "x", Order.RLX)),
            (Store("x", Value(1), Order.RLX), EventRead("r1")),
        ),
        channels=Channels(waits=False),
    ),
    "who takes from a semaphore in a try tells those that come after": Whole(
        (
            (Spawn(1), Spawn(2)),
            (Post(), Count("r0"), Load("r1", "x", Order.RLX)),
            (Store("x", Value(1), Order.RLX), Acquire("r1", tries=True)),
        ),
        posted=1,
    ),
    "two poll for what nobody writes, one of them in a timed wait": Whole(
        (
            (Spawn(1), LookInLoop("m", "q", 1)),
            (LookInLoop("m", "q", 1, timed=True),),
        )
    ),
    "one asks for the time to wait for what nobody writes": Whole(
        ((LookInLoop("m", "q", 1, timed=True, asks=True),),)
    ),
    "who waits for a ticket lock forbids nothing by what it last saw": Whole(
        (
            (Spawn(1), Spawn(2), Spawn(3)),
            (Store("x", Value(1), Order.RLX), Spinning("ticket", ())),
            (
                Load("r1", "z", Order.RLX),
                Spinning("ticket", (Load("r0", "x", Order.RLX),)),
            ),
            (Spinning("ticket", (Store("z", Value(1), Order.RLX),)),),
        )
    ),
    **{
        f"who waits by seq_cst forbids nothing, beside {order.value}": Whole(
            (
                (Spawn(1), Spawn(2), Spawn(3)),
                (Store("x", Value(1), Order.SC), Await("y", 2, Order.SC)),
                (
                    Load("r1", "z", order),
                    Await("y", 1, Order.SC),
                    Load("r0", "x", Order.SC),
                    Store("y", Value(2), Order.SC),
                ),
                (Store("z", Value(1), order), Store("y", Value(1), Order.SC)),
            )
        )
        for order in (Order.RLX, Order.SC)
    },
    "who failed for no reason is told so, where its read was revisited": Whole(
        (
            (Spawn(1), Spawn(2)),
            (
                TryCas("r0", "x", 2, Value(1), Order.RLX, Order.RLX),
                Store("y", Value(1, "r0"), Order.RLX),
            ),
            (Store("x", Value(2), Order.RLX),),
        )
    ),
    "what only the one order of seq_cst forbids to be read is no race": Whole(
        (
            (Spawn(1), Spawn(2)),
            (
                PlainWrite("x", Value(2)),
                Store("x", Value(1), Order.SC),
                Load("r0", "y", Order.SC),
                If("r0", 0, (Store("z", Value(1), Order.RLX),)),
            ),
            (
                Store("y", Value(1), Order.SC),
                Load("r0", "z", Order.RLX),
                If("r0", 1, (Load("r1", "x", Order.SC),)),
            ),
        )
    ),
    "pollers and a timed one below them": Whole(
        (
            (Spawn(1),),
            (Spawn(2), LookInLoop("m", "q", 1)),
            (LookInLoop("m", "q", 1, timed=True),),
        )
    ),
    "two poll, and a third may write it or not": Whole(
        (
            (
                Spawn(1),
                Spawn(2),
                Load("r0", "x", Order.RLX),
                If("r0", 1, (Locked("m", (PlainWrite("q", Value(1)),)),)),
            ),
            (Store("x", Value(1), Order.RLX), LookInLoop("m", "q", 1)),
            (LookInLoop("m", "q", 1, timed=True),),
        )
    ),
}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Batch, dict[str, Decision]]:
    """All of them in one file, decided."""
    batch = Batch(list(WRONG_ONCE.values()), tmp_path_factory.mktemp("once"))
    return batch, {name: decide(program) for name, program in WRONG_ONCE.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG_ONCE)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("search", [None, *SEARCHES], ids=str)
def test_what_was_wrong_once_is_right(
    once: tuple[Batch, dict[str, Decision]], name: str, model: str, search: str | None
) -> None:
    batch, decisions = once
    number = list(WRONG_ONCE).index(name)
    if search:
        wrong = sampled_difference_of(batch, number, model, decisions[name], search)
    else:
        wrong = difference_of(batch, number, model, decisions[name])
    assert wrong == ""


@pytest.mark.slow
@pytest.mark.xfail(reason="who is put back before a read may take an older value")
def test_samplers_find_that_a_value_has_passed_before_anybody_waits(
    tmp_path: Path,
) -> None:
    ends = (Store("x", Value(1), Order.RLX),)
    batch = Batch([Whole(((Spawn(1), Await("x", 0, Order.RLX)), ends))], tmp_path)
    assert batch.ask(0, "sc").kinds == {"livelock"}
    for search in SEARCHES:
        found = batch.ask(0, "sc", "--search", search, "--max-executions", "50").kinds
        assert found == {"livelock"}, search


#: Programs with a weak compare-exchange that gets what it expects.
WEAK = (9410064, 9410072, 9410110)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not installed")
def test_what_the_compiler_does_not_call_weak_never_fails_for_no_reason() -> None:
    judged = judge(WEAK, "clang")
    assert not judged.differences, "\n".join(judged.differences)
    assert judged.programs == len(WEAK)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("clang") is None, reason="clang is not installed")
def test_code_behind_assembly_is_not_taken_for_that_behind_a_call() -> None:
    """Where vectors are kept a number lay that was read as an address: it ended the engine."""
    judged = judge([9420312], "clang", more=4)
    assert not judged.differences, "\n".join(judged.differences)
    assert judged.programs == 1
