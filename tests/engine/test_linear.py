"""Traces are minimal: only what matters, in an order with the fewest switches there are.

The order is compared with brute force over every order that is allowed. What is allowed is
worked out here a second time, from the graph alone: reachability over all pairs instead of
components, runs of every length instead of the longest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import litmus
from .conftest import Explore

Event = tuple[int, int]
Edges = set[tuple[Event, Event]]

MOST_STATES = 60_000
EXECUTIONS = 6


def traced(
    explore: Explore, text: str, *options: str, model: str = "rc11"
) -> list[dict[str, Any]]:
    said = explore.raw(text, "-T", *options, model=model)
    return [json.loads(x[5:]) for x in said.splitlines() if x.startswith("json ")]


# --- what is allowed, by brute force --------------------------------------------------


def must_precede(threads: Sequence[Sequence[Any]], shown: set[Event]) -> Edges:
    """Edges between the events shown: po, rf, creation, and the mo and fr on no cycle."""
    events = {(t, i): e for t, line in enumerate(threads) for i, e in enumerate(line)}
    mo, fr = orders_of_writes(events)
    always = {edge for here in events for edge in edges_into(here, events, threads)}
    known = {edge for edge in always if edge[0] in shown and edge[1] in shown}
    for more in (mo, fr):
        known |= acyclic_part(known, {(a, b) for a, b in more if {a, b} <= shown})
    return known


def edges_into(
    here: Event, events: dict[Event, Any], threads: Sequence[Sequence[Any]]
) -> Iterable[tuple[Event, Event]]:
    (thread, index), event = here, events[here]
    if index:
        yield (thread, index - 1), here
    if event.get("rf", (-1, 0))[0] >= 0:
        yield tuple(event["rf"]), here
    if "child" in event:
        yield here, (event["child"], 0)
    if "of" in event:
        yield (event["of"], len(threads[event["of"]]) - 1), here


def orders_of_writes(events: dict[Event, Any]) -> tuple[Edges, Edges]:
    mo: Edges = set()
    fr: Edges = set()
    for (a, x), (b, y) in permutations(events.items(), 2):
        if "mo" not in y or x.get("location") != y["location"]:
            continue
        if x.get("mo", y["mo"]) < y["mo"]:
            mo.add((a, b))
        thread, index = x.get("rf", (None, 0))
        if thread is not None and (thread < 0 or events[thread, index]["mo"] < y["mo"]):
            fr.add((a, b))
    return mo, fr


def acyclic_part(known: Edges, more: Edges) -> Edges:
    reach = closure(known | more)
    return {(a, b) for a, b in more if a not in reach.get(b, set())}


def closure(edges: Edges) -> dict[Event, set[Event]]:
    """From each event all that can be reached: grows until it stands still."""
    reach: dict[Event, set[Event]] = {}
    for a, b in edges:
        reach.setdefault(a, set()).add(b)
    grown = True
    while grown:
        grown = False
        for ends in reach.values():
            more = set().union(*(reach.get(end, set()) for end in ends)) - ends
            if more:
                ends |= more
                grown = True
    return reach


def fewest_switches(shown: set[Event], edges: Edges) -> int:
    """Over every order of single steps: all that can be had with one run, with two, ..."""
    before: dict[Event, list[Event]] = {}
    for a, b in edges:
        if a[0] != b[0]:
            before.setdefault(b, []).append(a)
    lengths = [0] * (1 + max(t for t, _ in shown))
    for t, i in shown:
        lengths[t] = max(lengths[t], i + 1)

    def can_go(done: Sequence[int], t: int) -> bool:
        return done[t] < lengths[t] and all(
            i < done[s] for s, i in before.get((t, done[t]), ())
        )

    frontier = {(0,) * len(lengths)}
    known = set(frontier)
    for runs in range(len(shown) + 1):
        if tuple(lengths) in frontier:
            return runs - 1
        longer = set()
        for done in frontier:
            for t in range(len(done)):
                at = list(done)
                while can_go(at, t):  # stopping after every single step
                    at[t] += 1
                    longer.add(tuple(at))
        frontier = longer - known
        known |= frontier
    raise AssertionError("no order at all")


def states_of(shown: set[Event]) -> int:
    total = 1
    for thread in {t for t, _ in shown}:
        total *= 1 + sum(t == thread for t, _ in shown)
    return total


def check(trace: dict[str, Any]) -> None:
    order: list[Event] = [tuple(step) for step in trace["order"]]
    place = {event: position for position, event in enumerate(order)}
    edges = must_precede(trace["threads"], set(order))
    wrong = [(a, b) for a, b in edges if place[a] > place[b]]
    assert not wrong, f"{wrong[0][0]} must come before {wrong[0][1]}: {trace}"
    switches = sum(a[0] != b[0] for a, b in pairwise(order))
    assert switches == trace["switches"] == trace["at_least"], trace
    if states_of(set(order)) <= MOST_STATES:
        assert switches == fewest_switches(set(order), edges), trace


# --- drawn programs -------------------------------------------------------------------


@st.composite
def threads(draw: st.DrawFn) -> str:
    orders = draw(
        st.sampled_from([("rlx",), ("rlx", "rel", "acq"), ("sc",), ("rlx", "sc")])
    )

    def order(*allowed: str) -> str:
        return draw(st.sampled_from([o for o in orders if o in allowed] or ["rlx"]))

    def statement() -> str:
        variable = draw(st.sampled_from("xyz"))
        kind = draw(st.sampled_from("WRWRU"))
        if kind == "W":
            return f"W {variable} {draw(st.integers(1, 3))} {order('rlx', 'rel', 'sc')}"
        if kind == "R":
            return f"R a {variable} {order('rlx', 'acq', 'sc')}"
        return f"U a {variable} add 1 {order('rlx', 'acq', 'rel', 'sc')}"

    count = draw(st.integers(2, 4))
    most = {2: 5, 3: 3, 4: 2}[count]
    return litmus.beside(
        *(
            "; ".join(statement() for _ in range(draw(st.integers(1, most))))
            for _ in range(count)
        )
    )


@cache
def examples() -> int:
    profiles = {"thorough": 300, "nightly": 2000}
    return profiles.get(settings.get_current_profile_name(), 40)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["rc11", "tso", "sc"])
def test_no_allowed_order_has_fewer_switches(explore: Explore, model: str) -> None:
    @settings(
        max_examples=examples(),
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(threads())
    def drawn(text: str) -> None:
        for trace in traced(explore, text, "-s", "uniform", "-n", "40", model=model)[
            :EXECUTIONS
        ]:
            check(trace)

    drawn()


@pytest.mark.parametrize(
    ("text", "model", "switches"),
    [
        ("W x 1 rlx; W x 2 rlx | W y 1 rlx", "rc11", 3),
        (litmus.ainc(4), "rc11", 5),
        (
            "R a x rlx; ? a == 0 -2 | R a y rlx; ? a == 0 -2; W x 1 rlx | W y 1 rlx",
            "sc",
            4,
        ),
    ],
    ids=["independent threads run one after the other", "in any order", "chained"],
)
def test_known_minima(explore: Explore, text: str, model: str, switches: int) -> None:
    for trace in traced(explore, text, model=model):
        assert (trace["switches"], trace["at_least"]) == (switches, switches)


def test_only_a_weak_execution_shows_a_stale_read(explore: Explore) -> None:
    """Of store buffering's four executions one has reads that no order makes fresh."""
    stale = []
    for trace in traced(explore, litmus.sb(2)):
        place = {tuple(step): position for position, step in enumerate(trace["order"])}
        missed = 0
        for t, line in enumerate(trace["threads"]):
            for i, event in enumerate(line):
                if "rf" not in event or event["rf"][0] >= 0:
                    continue
                writes = [
                    (s, k)
                    for s, other in enumerate(trace["threads"])
                    for k, e in enumerate(other)
                    if "mo" in e and e["location"] == event["location"]
                ]
                missed += any(place[w] < place[t, i] for w in writes)
        stale.append(missed)
    assert sorted(stale) in ([0, 0, 0, 1], [0, 0, 0, 2])


# --- what is left out -----------------------------------------------------------------

NOISE = "| U b z add 1 rlx; U b z add 1 rlx; U b z add 1 rlx"
FAILING = [
    ("a race", f"w x 1 {NOISE} | r a x", {1, 3}),
    (
        "a race that takes a message",
        f"w x 1; W y 1 rlx; W q 1 rlx {NOISE} | R a y rlx; ? a == 0 1; r b x",
        {1, 3},
    ),
    ("an assertion", f"W y 1 rlx {NOISE} | R a y rlx; A a == 0", {1, 3}),
    ("an assertion about its own", f"W y 1 rlx {NOISE} | R a z rlx; A a < 0", {3}),
    (
        "a second free",
        f"M a 1; W y a rel; X a {NOISE} | R a y acq; ? a == 0 1; X a",
        {1, 3},
    ),
]


@pytest.mark.parametrize("search", ["exhaustive", "mixed"])
@pytest.mark.parametrize(
    ("text", "threads"), [c[1:] for c in FAILING], ids=[c[0] for c in FAILING]
)
def test_a_failure_keeps_exactly_what_it_depends_on(
    explore: Explore, text: str, threads: set[int], search: str
) -> None:
    *_, trace = traced(explore, text, "-s", search, "-n", "500")
    shown = {tuple(step) for step in trace["order"]}
    assert {t for t, _ in shown} - {0} == threads
    check(trace)
    last = {(t, min(i, len(trace["threads"][t]) - 1)) for t, i in trace["places"]}
    edges = must_precede_always(trace["threads"])
    needed = last | {a for a, ends in closure(edges).items() if ends & last}
    assert shown == needed


def must_precede_always(threads: Sequence[Sequence[Any]]) -> Edges:
    """po, rf, creation and joins alone: a graph whose locations are all different."""
    apart = [
        [
            {k: v for k, v in event.items() if k not in ("mo", "location")}
            for event in line
        ]
        for line in threads
    ]
    return must_precede(
        apart, {(t, i) for t, line in enumerate(threads) for i in range(len(line))}
    )


def test_of_a_deadlock_everything_is_shown(explore: Explore) -> None:
    text = "L m; L n; N n; N m | L n; L m; N m; N n | U b z add 1 rlx"
    *_, trace = traced(explore, text)
    assert len(trace["order"]) == sum(len(line) for line in trace["threads"])


def test_a_cut_search_says_what_it_has_proven(explore: Explore) -> None:
    """Eight threads that all wait for each other's steps: too many states, a bound all the same."""
    text = litmus.beside(*["; ".join(["U a x add 1 rlx", "U b y add 1 rlx"] * 6)] * 8)
    for trace in traced(explore, text, "-s", "uniform", "-n", "3"):
        order = [tuple(step) for step in trace["order"]]
        assert trace["switches"] == sum(a[0] != b[0] for a, b in pairwise(order))
        assert 8 <= trace["at_least"] <= trace["switches"]
