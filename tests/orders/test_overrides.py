"""What comes to the same is not explored again, and says what exploring it would have said."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

import heald
from heald.explorer.options import Options
from heald.explorer.order import Operation
from heald.orders.overrides import Overrides, Pair, Place
from heald.orders.subject import OrderedSubject
from heald.scenario import Call, Scenario
from heald.subject.subject import Subject

LOCK = """
#include <stdatomic.h>
#include <stdbool.h>
struct lock { atomic_int wants[2], inside, seen; };
void lock_init(struct lock *l) { l->inside = 0; }
static bool enter(struct lock *l, int me) {
    atomic_store(&l->wants[me], 1);
    if (atomic_load(&l->wants[1 - me])) {
        atomic_store_explicit(&l->wants[me], 0, memory_order_release);
        return false;
    }
    bool alone = atomic_fetch_add_explicit(&l->inside, 1, memory_order_relaxed) == 0;
    atomic_fetch_sub_explicit(&l->inside, 1, memory_order_relaxed);
    atomic_store_explicit(&l->wants[me], 0, memory_order_release);
    return !alone;
}
bool left(struct lock *l) { return enter(l, 0); }
bool right(struct lock *l) { return enter(l, 1); }
void ticket(struct lock *l) { atomic_fetch_add(&l->seen, 1); }
bool lock_is_valid(struct lock *l) { return atomic_load(&l->inside) == 0; }
"""


class NeverBoth:
    def left(self) -> int:
        return 0

    def right(self) -> int:
        return 0

    def ticket(self) -> None:
        return None


LEFT, RIGHT, TICKET = (Call(name) for name in ("left", "right", "ticket"))
SCENARIOS = [
    Scenario(threads=((TICKET,), (TICKET, TICKET))),
    Scenario(threads=((LEFT,), (RIGHT,))),
    Scenario(threads=((LEFT, TICKET), (TICKET, RIGHT)), after=(LEFT,)),
]


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    source = tmp_path_factory.mktemp("lock") / "lock.c"
    source.write_text(LOCK)
    return Subject(
        str(source),
        state="struct lock",
        init="void lock_init(struct lock *)",
        is_valid="bool lock_is_valid(struct lock *)",
        ops={
            "left": heald.op("bool left(struct lock *)"),
            "right": heald.op("bool right(struct lock *)"),
            "ticket": heald.op("void ticket(struct lock *)"),
        },
        model=NeverBoth,
    )


def drawn(places: list[Place], choices: random.Random) -> dict[int, Pair]:
    """Give some places another order, weaker or stronger."""
    found = {}
    for place in places:
        if choices.random() < 0.4:
            order = choices.choice(place.operation.orders)
            found[place.site] = (order, "relaxed")
    return found


@pytest.mark.parametrize("model", ["rc11", "tso"])
def test_what_is_left_out_would_have_said_the_same(lock: Subject, model: str) -> None:
    choices = random.Random(7)
    options = Options(model=model)
    remembering = OrderedSubject(lock, SCENARIOS, options)
    assert remembering.explore().passes
    places = list(remembering.places.values())
    asked = failures = 0
    for _ in range(25):
        orders = drawn(places, choices)
        forgetful = OrderedSubject(lock, SCENARIOS, options)
        for scenario in SCENARIOS:
            overrides = Overrides.of(orders)
            known = remembering._ask(scenario, overrides, options)
            again = forgetful._ask(scenario, overrides, options)
            assert (known.executions, known.is_complete) == (
                again.executions,
                again.is_complete,
            )
            kinds = [each.failure and each.failure["kind"] for each in (known, again)]
            assert kinds[0] == kinds[1]
            asked += 1
            failures += again.failure is not None
    assert failures > (0 if model == "tso" else 5)
    assert remembering.explorations < asked * 0.8


def test_places_without_company_and_needless_seq_cst_cost_nothing(lock: Subject) -> None:
    program = OrderedSubject(lock, SCENARIOS[:1], Options())
    assert program.explore().passes
    before = program.explorations
    (update,) = (p for p in program.places.values() if p.operation is Operation.UPDATE)
    (look,) = (p for p in program.places.values() if p.operation is Operation.LOAD)
    assert program.explore(
        {look.site: ("relaxed", "relaxed")}
    ).passes  # nobody else is there
    assert program.explore({update.site: ("acq_rel", "acquire")}).passes
    assert program.explorations == before
    assert program.explore({update.site: ("relaxed", "relaxed")}).passes
    assert program.explorations == before + 1


def test_seq_cst_that_forbids_something_is_asked_about(lock: Subject) -> None:
    program = OrderedSubject(lock, SCENARIOS[1:2], Options())
    assert program.explore().passes
    stores = [
        p.site
        for p in program.places.values()
        if p.operation is Operation.STORE and "seq_cst" in p.orders
    ]
    right = [program.explore({site: ("release", "relaxed")}).passes for site in stores]
    assert sorted(right) == [False, True]  # the one in lock_init may be


def test_kept_scenarios_are_those_that_were_drawn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from heald.generating import small
    from subjects import refcount

    monkeypatch.setenv("HEALD_CACHE", str(tmp_path))
    # A worker of pytest-xdist is no file, and of what has no text nothing is kept.
    monkeypatch.setattr(sys.modules["__main__"], "__file__", __file__, raising=False)
    subject = refcount.TARGETS[0]
    first = small.small_scenarios(subject, most=9)
    assert len(list((tmp_path / "scenarios").glob("*.json"))) == 1
    monkeypatch.setattr(small, "draw_each", None)
    assert small.small_scenarios(subject, most=9) == first
