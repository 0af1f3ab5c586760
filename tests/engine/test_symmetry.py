"""Identical threads: of executions that differ in who of them did what, exactly one is visited.

What the search finds without ``-y``, with identical threads exchanged in every way, is the truth
here; that it is right itself is for the other tests to say. Locks and waiting loops are here
because the oracle's programs have none.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter

import pytest

from . import litmus
from .conftest import Explore

Form = tuple[str, ...]

ADD = "U a x add 1 rlx"
SWAP = "C a x 0 1 ar acq; R b y rlx"
PUSH = "R a x acq; W y a rlx; C b x a 2 rel rlx"
LOCKED = "L m; r a x; w x a+1; N m"
WAIT = "R a x acq; ? a == 0 -2; R b y rlx"
SPIN_LOCK = "C a y 0 1 acq rlx; ? a != 0 -2; r b x; w x b+1; W y 0 rel"
TTAS = "R a y rlx; ? a != 0 -2; U a y xchg 1 acq; ? a != 0 -4; r b x; w x b+1; W y 0 rel"
PROGRAMS = {
    "add": " | ".join([ADD] * 4),
    "add and read": " | ".join([f"{ADD}; R b x rlx"] * 3),
    "two rows": f"{ADD} | {ADD} | R a x rlx | R a x rlx",
    "a row that is broken": f"{ADD} | R a x rlx | {ADD}",
    "store": " | ".join(["W x 1 rlx; R a x rlx"] * 3),
    "readers of a writer": " | ".join(
        ["W x 1 rlx; W x 2 rlx", *["R a x rlx; R b x rlx"] * 3]
    ),
    "store buffering": "W x 1 sc; R a y sc | W x 1 sc; R a y sc | W y 1 sc; R a x sc",
    "read, then write": " | ".join(["R a x rlx; W x a+1 rlx"] * 3),
    "by what was read": " | ".join(["R a x rlx; ? a == 0 1; W x 2 rlx; W x a+1 rlx"] * 3),
    "load buffering": "R a x rlx; W y 1 rlx | R a x rlx; W y 1 rlx | R a y rlx; W x 1 rlx",
    "compare-exchange": " | ".join([SWAP] * 3),
    "push": " | ".join([PUSH] * 2 + ["R a x acq; R b y rlx"]),
    "lock": " | ".join([LOCKED] * 3),
    "wait for a flag": f"{WAIT} | {WAIT} | W y 1 rlx; W x 1 rel",
    "wait for another": f"{WAIT} | {WAIT} | W x 1 rel | W x 2 rel; W y 3 rlx",
    "spin lock": " | ".join([SPIN_LOCK] * 3),
    "test and set": " | ".join([TTAS] * 2),
    "ticket": litmus.ticket(3),
    "fences": " | ".join(
        ["W x 1 rlx; F sc; R a y rlx"] * 2 + ["W y 1 rlx; F sc; R a x rlx"]
    ),
    "wait, then release": " | ".join(["R a x acq; ? a == 0 -2; U b y add 1 ar"] * 2)
    + " | W x 1 rel; R a y acq; ? a != 2 -2; W x 2 rel",
}


def forms(explore: Explore, text: str, model: str, *options: str) -> list[Form]:
    """Per execution one line per thread, without the order in which the search went."""
    said = explore.raw(text, "-p", *options, model=model)
    runs = said.split("\nhash ")[:-1]
    return [
        tuple(
            re.sub(r"\[\d+\]", "", line)
            for line in run.splitlines()
            if line.startswith("thread ")
        )
        for run in runs
    ]


def exchanged(form: Form, to: dict[int, int]) -> Form:
    """The same execution with thread t doing what thread to[t] does in it."""
    lines = {
        to.get(thread, thread): line.split(":", 1)[1] for thread, line in enumerate(form)
    }
    return tuple(
        re.sub(
            r"<-(\d+)\.", lambda found: f"<-{to.get(int(found[1]), int(found[1]))}.", line
        )
        for _, line in sorted(lines.items())
    )


def rows(text: str) -> list[list[int]]:
    """Threads of equal text that follow one another, as the search's ids."""
    threads = [thread.strip() for thread in text.split("{")[0].split("|")]
    numbered = itertools.groupby(range(len(threads)), key=lambda number: threads[number])
    return [[number + 1 for number in row] for _, row in numbered]


def canonical(form: Form, text: str) -> Form:
    """The least of all executions that differ in which identical thread did what."""
    ways = itertools.product(*(itertools.permutations(row) for row in rows(text)))
    before = [number for row in rows(text) for number in row]
    return min(
        exchanged(form, dict(zip(before, itertools.chain(*way), strict=True)))
        for way in ways
    )


@pytest.mark.slow
@pytest.mark.parametrize("model", ["rc11", "tso", "sc"])
@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_one_of_each_class_and_none_twice(
    explore: Explore, text: str, model: str
) -> None:
    every = {canonical(form, text) for form in forms(explore, text, model)}
    found = Counter(canonical(form, text) for form in forms(explore, text, model, "-y"))
    assert found.keys() == every
    assert set(found.values()) == {1}


@pytest.mark.parametrize("count", [2, 5, 7])
def test_n_identical_threads_have_one_nth_factorial(explore: Explore, count: int) -> None:
    adding, locking = litmus.ainc(count), litmus.mutex(count)
    assert explore(adding, "-y")["executions"] == "1"
    assert explore(locking, "-y")["executions"] == "1"
    assert explore(adding, "-y")["twins"] == str(count - 1)
    if count < 7:
        assert explore(adding)["executions"] == str(math.factorial(count))


def test_threads_of_different_text_are_no_twins(explore: Explore) -> None:
    said = explore("W x 1 rlx | W x 2 rlx", "-y")
    assert (said["executions"], said["twins"]) == ("2", "0")


def test_work_shrinks_as_the_count_does(explore: Explore) -> None:
    """What is not visited is not walked to either."""
    whole, reduced = explore(litmus.ainc(6)), explore(litmus.ainc(6), "-y")
    assert int(reduced["steps"]) * 100 < int(whole["steps"])


def test_a_failure_is_found_whoever_it_happens_to(explore: Explore) -> None:
    text = " | ".join(["U a x add 1 rlx; A a != 2"] * 3)
    assert explore(text, "-y")["failure"].startswith("assertion: ")
