from __future__ import annotations

import gc
import re
import time
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


def test_a_failure_reads_from_what_to_where_to_how_to_why() -> None:
    assert drawn() == "\n".join(
        [
            "stale publication (assertion): data == 1",
            "  at  thread 2  src/mp.c:10  reader",
            "",
            "data: 0 -> 1 (#1)",
            "flag: 0 -> 1 (#2)",
            "",
            "    thread 1 writer" + " " * 42 + "thread 2 reader",
            "#1  mp.c:4",
            "      data: 0 -> 1  (store, relaxed)",
            "      MISSED by #4",
            "#2  mp.c:5  atomic_store_explicit(&flag, 1,",
            "      memory_order_relaxed);",
            "      flag: 0 -> 1  (store, relaxed)",
            "      SEEN by #3, without what was stored before it",
            "#3" + " " * 59 + "mp.c:9  if (atomic_load_explicit(&flag,",
            " " * 63 + "memory_order_relaxed))",
            " " * 63 + "flag is 1  (load, relaxed)  from #2",
            "#4" + " " * 59 + "mp.c:10  assert(data == 1);",
            " " * 63 + "data is 0  (load, relaxed)",
            " " * 63 + "STALE: the initial value, not #1's (1):",
            " " * 65 + "nothing that thread 2 reader has read or waited for",
            " " * 67 + "orders thread 1 writer's store before it",
            "#5" + " " * 61 + "FAILS",
            "",
            "stale publication: thread 2 saw at mp.c:9 what thread 1 stored at mp.c:5, but not 1,",
            "stored before it at mp.c:4: it read 0 at mp.c:10. It seems, and was not tried: the",
            "release/acquire pair mp.c:5 / mp.c:9 is missing: the store at mp.c:5 must be a "
            "release and",
            "the load at mp.c:9 an acquire.",
        ]
    )


def test_a_long_run_has_its_reason_on_both_sides() -> None:
    reason = "stale publication: thread 2 saw at mp.c:9"
    assert [line[:41] for line in drawn(120).splitlines()].count(reason) == 1
    narrow = drawn(50).splitlines()
    assert [line[:41] for line in narrow].count(reason) == 2
    assert narrow.index("thread 1 writer") > 6 > [x[:41] for x in narrow].index(reason)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_of_the_trace_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, drawn(width).splitlines())) <= width


def test_a_narrow_terminal_gets_a_heading_at_every_switch_of_thread() -> None:
    lines = drawn(50).splitlines()
    assert [line for line in lines if re.match(r"thread \d \w+$", line)] == [
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
        "x is 1  (load)  from #2",
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
        "",
        "deadlock: all that are left wait for each other: thread 1 at an unknown place "
        "for m2,",
        "which thread 2 has; thread 2 at an unknown place for m1, which thread 1 has. Known cures:",
        "take the locks in one order everywhere, or the second one with a trylock that, where it",
        "fails, lets the first go and tries again.",
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
    assert "\x1b[1;36mthread 1" in painted
    painted = re.sub(r"\x1b\[[0-9;]*m", "", painted)
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
    assert last in text.splitlines()
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


LONG_LINE = "while (!atomic_compare_exchange_weak_explicit(&stack->top, &top, next,"


def three_threads(width: int) -> list[str]:
    """Three threads, each with a statement that goes on over the next line."""
    names = [{"id": number, "name": f"work{number}"} for number in (1, 2, 3)]
    steps = [
        {"thread": t, "op": "rmw", "order": "relaxed", "at": "top", "old": "1", "new": "2",
         "file": "s.c", "line": 7}
        for t in (1, 2, 3)
    ]  # fmt: skip
    lines = {7: LONG_LINE, 8: "memory_order_release, memory_order_relaxed))"}
    failure = {
        "kind": "assertion",
        "message": "m",
        "trace": {"threads": names, "steps": steps},
    }
    text = render(failure, width=width, sources=lambda _, line: lines.get(line, ""))
    return text.splitlines()


def test_threads_that_do_not_fit_side_by_side_have_lanes() -> None:
    lines = three_threads(80)
    assert "" not in lines[2:]
    assert [line[:9] for line in lines if line.startswith("#")] == [
        "#1 * | | ",
        "#2 | * | ",
        "#3 | | * ",
    ]
    told = " ".join(line[9:].strip() for line in lines if re.match(r"(#1|  ) [*|]", line))
    assert told.startswith(
        f"s.c:7  {LONG_LINE} memory_order_release, memory_order_relaxed))"
    )


def test_threads_that_fit_stand_side_by_side() -> None:
    heads = [line.split() for line in three_threads(200) if "work1" in line]
    assert heads == [
        ["thread", "1", "work1", "thread", "2", "work2", "thread", "3", "work3"]
    ]


def test_what_a_variable_was_is_told_above_the_run() -> None:
    writes = [
        {"thread": 1, "op": "store", "at": "top", "name": "stack.top", "old": str(i), "new": "9",
         "new_name": f"node#{i}", "line": i}
        for i in range(20)
    ]  # fmt: skip
    where = [{"thread": 1, "line": 30, "at": "top", "file": "a.c"}]
    text = " ".join(told(writes, where=where))
    assert "stack.top: 0 -> node#0 (#1) -> node#1 (#2)" in text
    assert "(12 more) -> node#15 (#16)" in text


def test_both_accesses_of_a_race_are_marked() -> None:
    write = {
        "thread": 1,
        "op": "write",
        "at": "x+0",
        "new": "7",
        "line": 5,
        "file": "a.c",
    }
    read = {"thread": 2, "op": "read", "at": "x+0", "old": "7", "line": 6, "file": "a.c"}
    where = [{**read, "access": "read"}, {**write, "access": "write"}]
    lines = told([write, read], kind="data race", where=where)
    assert "RACE: nothing orders this before" in " ".join(lines)
    assert "RACE: with #1" in lines


def test_what_a_library_does_by_itself_is_one_step() -> None:
    inside = [
        {"thread": 1, "op": "load", "at": f"count{i}", "old": "0", "line": i,
         "file": "/usr/include/c++/12/bits/shared_ptr_base.h"}
        for i in range(4)
    ]  # fmt: skip
    store = {"thread": 1, "op": "store", "at": "x+0", "new": "1", "line": 4}
    assert "... 4 steps in shared_ptr_base.h" in told([*inside, store])
    use = {"thread": 2, "op": "load", "at": "x+0", "old": "1", "from": 4, "newer": []}
    assert "x is 1  (load)  from #2" in told([*inside, store, use])


def test_time_is_linear_in_the_length_of_the_run() -> None:
    def seconds(count: int) -> float:
        steps = [
            {"thread": 1 + i % 2, "op": "load", "at": f"x{i % 9}", "old": "0", "line": i % 8,
             "from": max(0, i - 3), "newer": [max(0, i - 1)]}
            for i in range(count)
        ]  # fmt: skip
        failure = {**MISSED, "trace": {**MISSED["trace"], "steps": steps}}
        gc.collect()
        gc.disable()  # it looks at what all tests before this one have left
        began = time.process_time()
        try:
            drawn(failure=failure)
            return time.process_time() - began
        finally:
            gc.enable()

    # The best of three: processor time, too, grows where others use the caches.
    assert min(seconds(40_000) for _ in range(3)) < 20 * max(0.05, seconds(4_000))
