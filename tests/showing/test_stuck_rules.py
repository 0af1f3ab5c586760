from __future__ import annotations

from typing import Any

from heald.showing.pattern import Run
from heald.showing.stuck_rules import stuck, waited_on, waiting_places
from heald.showing.told import told_steps

WAIT = {"thread": 1, "op": "wait", "at": "arrived", "file": "a.c", "line": 9}
SIGNAL = {"thread": 2, "op": "signal", "at": "arrived", "file": "a.c", "line": 20}
WOKEN = {"thread": 1, "op": "woken", "at": "thread 1", "file": "a.c", "line": 9}


def told(kind: str, steps: list[dict[str, Any]], *pending: dict[str, Any]) -> str:
    found = stuck({"kind": kind, "message": ""}, Run(steps, pending))
    return "" if found is None else found.line


def test_a_signal_before_the_wait_is_a_lost_wake_up() -> None:
    found = stuck({"kind": "deadlock", "message": ""}, Run([SIGNAL, WAIT], [WOKEN]))
    assert found is not None
    assert found.line == (
        "lost wake-up: thread 2 signals arrived at a.c:20 before thread 1 waits on it at a.c:9, "
        "and nobody signals it again"
    )
    assert found.marks == {
        0: "LOST: nobody waits for this signal yet",
        1: "TOO LATE: the signal of #1 was the last one",
    }


LOCK = {"thread": 1, "op": "lock", "at": "m", "file": "a.c", "line": 8}
LOOK = {"thread": 1, "op": "load", "at": "ready", "file": "a.c", "line": 7, "from": None}
LOOK |= {"old": "0"}
SET = {"thread": 2, "op": "store", "at": "ready", "new": "1", "file": "a.c", "line": 19}


def test_a_look_before_the_lock_of_the_wait_is_named() -> None:
    back = {**LOCK, "op": "unlock"}
    assert told("deadlock", [LOOK, SET, SIGNAL, LOCK, WAIT, back], WOKEN).endswith(
        "signals it again; thread 1 read 0 from ready at a.c:7, before it took the lock"
    )
    other = {**LOCK, "at": "other"}
    for steps in (
        [LOOK, SIGNAL, LOCK, WAIT, back],
        [SET, LOOK, SIGNAL, LOCK, WAIT, back],
        [LOCK, LOOK, SET, SIGNAL, WAIT, back],
        [LOCK, LOOK, SET, SIGNAL, other, WAIT, back],
        [LOOK, SET, SIGNAL, LOCK, LOOK, WAIT, back],
        [LOOK, SET, SIGNAL, LOCK, WAIT],
    ):
        assert told("deadlock", steps, WOKEN).endswith("signals it again")


def test_a_wait_that_nobody_signals_or_signals_elsewhere_is_no_lost_wake_up() -> None:
    alone = "deadlock: nobody is left who could let it go on: "
    alone += "thread 1 at a.c:9 for a signal of arrived"
    assert told("deadlock", [WAIT], WOKEN) == alone
    assert told("deadlock", [{**SIGNAL, "at": "gone"}, WAIT], WOKEN) == alone
    assert told("deadlock", [WAIT, SIGNAL], WOKEN) == alone


def test_who_has_a_lock_is_named_until_it_is_unlocked() -> None:
    lock = {
        "thread": 2,
        "op": "lock",
        "at": "m",
        "succeeded": True,
        "file": "a.c",
        "line": 3,
    }
    wants = {"thread": 1, "op": "lock", "at": "m", "file": "a.c", "line": 5}
    assert told("deadlock", [lock], wants).endswith(
        "thread 1 at a.c:5 for m, which thread 2 locked at a.c:3"
    )
    assert told("deadlock", [lock], {**wants, "thread": 2}).endswith(
        "for m, which it locked at a.c:3"
    )
    assert told("deadlock", [lock, {**lock, "op": "unlock"}], wants).endswith("for m")
    assert told("deadlock", [{**lock, "succeeded": False}], wants).endswith("for m")


def test_the_places_of_a_failure_are_all_who_wait_for_ever() -> None:
    trace = {"threads": [], "steps": [], "pending": [{"op": "join", "thread": 0}, WOKEN]}
    [place] = waiting_places({"kind": "deadlock", "trace": trace})
    assert (place["access"], place["line"]) == ("waits", 9)
    assert waiting_places({"kind": "data race", "trace": trace}) == []


def test_a_sleeping_thread_is_stuck_at_its_condition() -> None:
    assert waited_on([WAIT, SIGNAL], WOKEN) == 0
    assert waited_on([WAIT], {**WOKEN, "op": "lock"}) is None
    trace = {"threads": [], "steps": [SIGNAL, WAIT], "pending": [WOKEN]}
    failure = {"kind": "deadlock", "message": "", "trace": trace}
    assert told_steps(failure)[-1]["name"] == "the wait on arrived"
