"""The explorer answers about whole programs as the oracle does: verdict, kind, executions.

300 programs by default, 5,000 with ``--heald-profile nightly``, half of them compiled with clang.
What differs is shrunk and shown as C with its seed; ``python -m tests.oracle.whole SEED`` asks
again.
"""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings

from tests.oracle.program import Load, Order, Store, Value
from tests.oracle.whole.campaign import differences, judge
from tests.oracle.whole.partial import MODELS
from tests.oracle.whole.program import (
    Await,
    CopyStructure,
    Exit,
    Join,
    Meet,
    PlainWrite,
    Spawn,
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
}


@pytest.mark.slow
@pytest.mark.parametrize("program", WRONG_ONCE.values(), ids=WRONG_ONCE)
@pytest.mark.parametrize("model", MODELS)
def test_what_was_wrong_once_is_right(program: Whole, model: str) -> None:
    assert differences(program, model) == ""
