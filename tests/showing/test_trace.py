from __future__ import annotations

import re
from typing import Any

import pytest

from heald.showing.trace import render

SOURCE = {
    ("mp.c", 5): "atomic_store_explicit(&flag, 1, memory_order_relaxed);",
    ("mp.c", 9): "if (atomic_load_explicit(&flag, memory_order_relaxed))",
    ("mp.c", 10): "assert(data == 1);",
}
MISSED = {
    "kind": "assertion",
    "message": "data == 1",
    "where": [
        {"file": "src/mp.c", "line": 10, "function": "reader", "thread": 2},
    ],
    "trace": {
        "threads": [
            {"id": 0, "name": "main"},
            {"id": 1, "name": "writer"},
            {"id": 2, "name": "reader"},
        ],
        "steps": [
            {"thread": 1, "op": "store", "order": "relaxed", "file": "src/mp.c", "line": 4,
             "at": "data", "old": "0", "new": "1"},
            {"thread": 1, "op": "store", "order": "relaxed", "file": "src/mp.c", "line": 5,
             "at": "flag", "old": "0", "new": "1"},
            {"thread": 2, "op": "load", "order": "relaxed", "file": "src/mp.c", "line": 9,
             "at": "flag", "old": "1", "from": 1, "newer": []},
            {"thread": 2, "op": "load", "order": "relaxed", "file": "src/mp.c", "line": 10,
             "at": "data", "old": "0", "from": None, "newer": [0]},
            {"thread": 2, "op": "fail", "file": "src/mp.c", "line": 10},
        ],
    },
}  # fmt: skip


def drawn(
    width: int | None = None, failure: dict[str, Any] = MISSED, **options: Any
) -> str:
    def sources(file: str, line: int) -> str:
        return SOURCE.get((file.split("/")[-1], line), "")

    return render(failure, width=width, sources=sources, **options)


def test_a_failure_reads_from_what_to_where_to_how() -> None:
    assert drawn() == "\n".join(
        [
            "assertion: data == 1",
            "  at  thread 2  src/mp.c:10  reader",
            "",
            "    thread 1 writer" + " " * 42 + "thread 2 reader",
            "#1  mp.c:4",
            "      data: 0 -> 1  (store, relaxed)",
            "#2  mp.c:5  atomic_store_explicit(&flag, 1,",
            "      memory_order_relaxed);",
            "      flag: 0 -> 1  (store, relaxed)",
            "#3" + " " * 59 + "mp.c:9  if (atomic_load_explicit(&flag,",
            " " * 63 + "memory_order_relaxed))",
            " " * 63 + "flag is 1  (load, relaxed)",
            " " * 63 + "from #2",
            "#4" + " " * 59 + "mp.c:10  assert(data == 1);",
            " " * 63 + "data is 0  (load, relaxed)",
            " " * 63 + "STALE: the initial value, not #1's (1):",
            " " * 65 + "nothing that thread 2 reader has read or waited for",
            " " * 67 + "orders thread 1 writer's store before it",
            "#5" + " " * 61 + "FAILS",
        ]
    )


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_of_the_trace_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, drawn(width).splitlines())) <= width


def test_a_narrow_terminal_gets_a_heading_at_every_switch_of_thread() -> None:
    lines = drawn(50).splitlines()
    assert [line for line in lines if line.startswith("thread")] == [
        "thread 1 writer",
        "thread 2 reader",
    ]


def told(steps: list[dict[str, Any]], **failure: Any) -> list[str]:
    """Draw a failure made of these steps; lines without numbers and indentation."""
    threads = [{"id": number, "name": ""} for number in range(3)]
    pending = failure.pop("pending", [])
    trace = {"threads": threads, "steps": steps, "pending": pending}
    text = drawn(failure={"kind": "assertion", "message": "m", **failure, "trace": trace})
    return [re.sub(r"^#\d+", "", line).strip() for line in text.splitlines()[2:]]


def test_threads_without_a_step_get_no_column() -> None:
    assert "main" not in drawn()


def test_a_thread_that_only_starts_and_joins_others_is_left_out() -> None:
    spawn = {"thread": 0, "op": "spawn", "note": "thread 1"}
    store = {"thread": 1, "op": "store", "at": "x+0", "new": "1"}
    join = {"thread": 0, "op": "join", "note": "thread 1"}
    assert told([spawn, store, join]) == ["thread 1", "x = 1  (store)"]
    load = {"thread": 0, "op": "load", "at": "x+0", "old": "1", "from": 1}
    assert told([spawn, store, join, load])[1:] == [
        "starts thread 1",
        "x = 1  (store)",
        "waits for the end of thread 1",
        "x is 1  (load)",
        "from #2",
    ]


def test_private_plain_accesses_are_left_out_unless_the_failure_is_about_them() -> None:
    local = {"thread": 1, "op": "write", "at": "stack#1+8", "line": 3, "note": "4 bytes"}
    store = {"thread": 1, "op": "store", "at": "x+0", "new": "1", "line": 4}
    assert told([local, store]) == ["thread 1", "x = 1  (store)"]
    blamed = told([local, store], where=[{"thread": 1, "line": 3, "file": "a.c"}])
    assert "stack#1+8  (write, 4 bytes)" in blamed


def test_in_a_deadlock_each_thread_says_where_it_is_stuck() -> None:
    took = [
        {"thread": thread, "op": "lock", "at": f"m{thread}", "line": 1}
        for thread in (1, 2)
    ]
    waits = {"thread": 1, "op": "lock", "at": "m2", "note": "waits", "line": 2}
    pending = [
        {"thread": 0, "op": "join"},
        {"thread": 1, "op": "lock", "at": "m2", "line": 2},
        {"thread": 2, "op": "lock", "at": "m1", "line": 2},
    ]
    assert told([*took, waits], kind="deadlock", pending=pending)[1:] == [
        "locks m1",
        "locks m2",
        "STUCK at lock m2",
        "STUCK at lock m1",
    ]


def test_a_line_of_source_is_shown_once_for_what_one_thread_does_on_it() -> None:
    place = {"thread": 1, "file": "src/mp.c", "line": 5}
    steps = [{**place, "op": "store", "at": "x", "new": str(value)} for value in (1, 2)]
    assert told(steps)[1:] == [
        "mp.c:5  atomic_store_explicit(&flag, 1, memory_order_relaxed);",
        "x = 1  (store)",
        "x = 2  (store)",
    ]


def test_colour_changes_nothing_but_the_escapes() -> None:
    painted = drawn(100, color=True)
    assert "\x1b[31m" in painted
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m"):
        painted = painted.replace(code, "")
    assert [line.rstrip() for line in painted.splitlines()] == drawn(100).splitlines()


EFFECTS = {
    "rmw": ({"op": "rmw", "order": "acq_rel", "at": "n", "old": "1", "new": "2"},
            "n: 1 -> 2  (rmw, acq_rel)"),
    "failed cas": ({"op": "cas", "order": "acquire", "at": "top", "old": "node#1",
                    "succeeded": False}, "top is node#1, left alone  (cas, acquire failed)"),
    "store of unknown old value": ({"op": "write", "at": "x", "new": "7"}, "x = 7  (write)"),
    "fence": ({"op": "fence", "order": "release"}, "(fence, release)"),
    "free": ({"op": "free", "at": "node#1"}, "frees node#1"),
    "stale store of another": ({"op": "load", "at": "x", "old": "1", "from": 0, "newer": [1]},
                               "STALE: the store of #1, not #2's (9):"),
}  # fmt: skip


@pytest.mark.parametrize(("step", "expected"), EFFECTS.values(), ids=EFFECTS.keys())
def test_a_step_says_what_it_did(step: dict[str, Any], expected: str) -> None:
    before = [
        {"thread": 1, "op": "store", "at": "x", "new": str(value)} for value in (8, 9)
    ]
    trace = {"threads": [{"id": 1}, {"id": 2}], "steps": [*before, {"thread": 2, **step}]}
    failure = {"kind": "data race", "message": "m", "where": [], "trace": trace}
    assert expected in [line[2:].strip() for line in drawn(failure=failure).splitlines()]


def test_a_data_race_shows_both_places_aligned() -> None:
    where = [
        {"access": "write", "thread": 1, "file": "a.c", "line": 41, "function": "push"},
        {
            "access": "read",
            "thread": 0,
            "file": "long/b.c",
            "line": 5,
            "function": "main",
        },
    ]
    failure = {"kind": "data race", "message": "unordered accesses to x", "where": where}
    assert drawn(failure=failure).splitlines() == [
        "data race: unordered accesses to x",
        "  write  thread 1  a.c:41      push",
        "  read   main      long/b.c:5  main",
    ]


def test_a_run_that_may_not_be_the_shortest_says_so() -> None:
    unproven = {**MISSED["trace"], "switches": 9, "at_least": 7}
    text = drawn(failure={**MISSED, "trace": unproven})
    last = "(9 switches between threads; every order of these steps has at least 7)"
    assert text.splitlines()[-1] == last
    proven = {**MISSED["trace"], "switches": 7, "at_least": 7}
    assert "switches" not in drawn(failure={**MISSED, "trace": proven})


def test_a_long_run_is_cut_in_the_middle() -> None:
    places = [{"file": "mp.c", "line": 20 + i % 7} for i in range(1000)]
    steps: list[dict[str, Any]] = [
        {"thread": 1 + i % 2, "op": "load", "at": f"x{i}", "old": "0", **place}
        for i, place in enumerate(places)
    ]
    steps[999] |= {"at": "x5", "old": "1", "from": 500, "newer": [600, 998]}
    text = drawn(failure={**MISSED, "trace": {**MISSED["trace"], "steps": steps}})
    numbers = re.findall(r"^#(\d+)", text, flags=re.MULTILINE)
    assert numbers == [str(i + 1) for i in range(201)]
    assert re.search(r"^#61 .*\.\.\. 800 steps more", text, flags=re.MULTILINE)
    assert "x59 " in text
    assert "x60 " not in text
    assert "x860 " in text
    assert "the store of #61, not #200's" in text


def test_a_run_of_a_few_hundred_steps_is_shown_whole() -> None:
    step = {"thread": 1, "op": "load", "old": "0", "file": "mp.c", "line": 4}
    steps = [{**step, "at": f"x{i}"} for i in range(200)]
    text = drawn(failure={**MISSED, "trace": {**MISSED["trace"], "steps": steps}})
    assert "x199 " in text
    assert "more" not in text
