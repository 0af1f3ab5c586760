from __future__ import annotations

from heald.showing.graphs import draw_execution, to_dot
from heald.showing.step_graphs import failing_graph, graph_of_run
from tests.showing.test_trace import MISSED

GRAPH = {
    "threads": [
        [{"k": "S", "to": 1}, {"k": "S", "to": 2}],
        [
            {"k": "W", "o": "rlx", "at": "x+0", "w": 1},
            {"k": "U", "o": "ar", "at": "~3", "r": 0, "w": 1},
            {"k": "F", "o": "sc"},
        ],
        [
            {"k": "U", "o": "ar", "at": "x+0", "r": 1, "w": 2, "rf": [1, 0]},
            {"k": "R", "o": "acq", "at": "heap#1+8", "r": 0},
        ],
    ],
    "mo": {"x+0": [[1, 0], [2, 0]], "~3": [[1, 1]]},
}


def test_threads_stand_side_by_side_with_the_order_of_stores_below() -> None:
    assert draw_execution(GRAPH).splitlines() == [
        "thread 1          thread 2",
        "1.0 W rlx x := 1  2.0 U ar x = 1 (1.0) := 2",
        "1.2 F sc          2.1 R acq heap#1+8 = 0 (init)",
        "mo x+0: init -> 1.0 -> 2.0",
    ]


def test_threads_that_do_not_fit_go_one_below_the_other() -> None:
    assert draw_execution(GRAPH, width=40).splitlines()[:3] == [
        "thread 1",
        "  1.0 W rlx x := 1",
        "  1.2 F sc",
    ]


def test_dot_has_every_shown_event_and_each_kind_of_edge() -> None:
    dot = to_dot([GRAPH, GRAPH])
    lanes = dot.count('label="thread ') + dot.count('label="main')
    assert lanes >= 2
    assert dot.count("subgraph") == 2 + lanes
    assert 'e1_2_0 [label="2.0 U ar x = 1 (1.0) := 2"];' in dot
    assert "e1_1_0 -> e1_1_2 [color=black];" in dot
    assert 'e2_1_0 -> e2_2_0 [color=forestgreen, label="rf", constraint=false];' in dot
    assert 'e2_1_0 -> e2_2_0 [color=orange3, label="mo", constraint=false];' in dot
    assert "~3" not in dot


def test_pointers_are_shown_by_what_they_point_to() -> None:
    event = {"k": "U", "o": "ar", "at": "top+0", "r": 4, "w": 96, "rf": None}
    named = {**event, "r_name": "heap#1+0", "w_name": "heap#2+8"}
    graph = {"threads": [[named]], "mo": {}}
    assert draw_execution(graph).endswith("0.0 U ar top = heap#1 (init) := heap#2+8")


def test_a_read_made_up_of_several_writes_has_no_one_source() -> None:
    graph = {"threads": [[{"k": "R", "o": "na", "at": "x+0"}]], "mo": {}}
    assert draw_execution(graph).endswith("0.0 R na x")


def test_an_execution_without_memory_events_is_drawn_empty() -> None:
    assert draw_execution({"threads": [[{"k": "S", "to": 1}], []], "mo": {}}) == ""


def test_the_failing_execution_is_a_graph_with_marks_and_the_missed_store() -> None:
    graph = failing_graph(MISSED)
    assert graph is not None
    assert draw_execution(graph, width=80).splitlines() == [
        "thread 1",
        "  1.0 W rlx data := 1  mp.c:4  MISSED by 2.1",
        "  1.1 W rlx flag := 1  mp.c:5  SEEN by 2.0, without what was stored before it",
        "thread 2",
        "  2.0 R rlx flag = 1 (1.1)  mp.c:9",
        "  2.1 R rlx data = 0 (init)  mp.c:10",
        "  2.2 fail  mp.c:10",
        "mo data: init -> 1.0",
        "mo flag: init -> 1.1",
        "missed: 2.1 -> 1.0",
        "nothing orders: 1.1 -> 2.0",
    ]
    dot = to_dot([graph, GRAPH])
    assert 'label="the failing execution: stale publication (assertion)";' in dot
    assert dot.index("failing") < dot.index("execution 2")
    assert r'label="1.0 W rlx data := 1\nmp.c:4\nMISSED by 2.1", fontcolor=red' in dot
    assert 'e1_2_1 -> e1_1_0 [color=red, label="missed", constraint=false];' in dot


def test_a_failure_without_a_trace_has_no_graph() -> None:
    assert failing_graph({"kind": "leak", "message": "16 bytes"}) is None


def test_dot_draws_where_threads_meet_and_which_store_comes_next() -> None:
    thread_1 = [{"k": "W", "o": "rel", "at": "x", "w": "1"}]
    thread_2 = [{"k": "R", "o": "acq", "at": "x", "r": "1", "rf": [1, 0]}]
    thread_2 += [{"k": "R", "o": "acq", "at": "y", "r": "0"}]
    thread_3 = [{"k": "W", "o": "rlx", "at": "y", "w": "1"}]
    main = [{"k": "S", "to": 1}, {"k": "J", "of": 1}]
    mo = {"x": [[1, 0]], "y": [[3, 0]]}
    dot = to_dot([{"threads": [main, thread_1, thread_2, thread_3], "mo": mo}])
    assert (
        'e1_1_0 -> e1_2_0 [color=forestgreen, label="rf, hb", constraint=false];' in dot
    )
    assert dot.index('label="thread 1"') < dot.index(
        'label="main"'
    )  # drawn from the right
    for edge in ("e1_0_0 -> e1_1_0", "e1_1_0 -> e1_0_1"):
        assert f'{edge} [color=blue, label="hb", constraint=false];' in dot
    assert 'e1_2_1 -> e1_3_0 [color=purple, label="fr", constraint=false];' in dot
    relaxed = [{**thread_1[0], "o": "rlx"}]
    dot = to_dot([{"threads": [[], relaxed, thread_2, thread_3], "mo": mo}])
    assert 'label="hb"' not in dot


def test_what_nothing_orders_is_joined_in_red() -> None:
    places = [{"thread": t, "file": "a.c", "line": t} for t in (2, 1)]
    steps = [
        {"thread": 1, "op": "write", "at": "x", "new": "1", "file": "a.c", "line": 1},
        {"thread": 2, "op": "read", "at": "x", "old": "1", "file": "a.c", "line": 2},
    ]
    names = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    failure = {"kind": "data race", "message": "", "where": places}
    graph = failing_graph(failure | {"trace": {"threads": names, "steps": steps}})
    assert graph is not None
    dot = to_dot([graph])
    assert 'e1_1_0 -> e1_2_0 [color=red, label="nothing orders these (no hb)"' in dot
    assert "x = 1 (init)" not in dot
    stale = failing_graph(MISSED)
    assert stale is not None
    assert "e1_1_1 -> e1_2_0 [color=red, label=" in to_dot([stale])


def test_what_a_thread_keeps_on_its_own_stack_is_no_part_of_the_picture() -> None:
    own = {"k": "W", "o": "na", "at": "stack#0+184", "w": "4097"}
    lent = {"k": "W", "o": "na", "at": "stack#0+8", "w": "1"}
    read = {"k": "R", "o": "na", "at": "stack#0+8", "r": "1", "rf": [0, 1]}
    dot = to_dot([{"threads": [[own, lent], [read]], "mo": {}}])
    assert "4097" not in dot
    assert "e1_0_1 -> e1_1_0" in dot


def test_an_execution_that_did_not_fail_has_the_authors_names_and_lines() -> None:
    store = {"thread": 1, "op": "store", "at": "top+0", "name": "stack.top", "bytes": 8}
    store |= {"order": "release", "new": "heap#1", "new_name": "node#1"}
    load = {"thread": 2, "op": "load", "at": "top+0", "name": "stack.top", "from": 0}
    load |= {"order": "acquire", "old": "heap#1", "old_name": "node#1", "bytes": 8}
    steps = [step | {"file": "s.c", "line": 7} for step in (store, load)]
    graph = graph_of_run({"trace": {"threads": [], "steps": steps, "pending": []}})
    assert draw_execution(graph).splitlines() == [
        "thread 1                              thread 2",
        "1.0 W rel stack.top := node#1  s.c:7  2.0 R acq stack.top = node#1 (1.0)  s.c:7",
        "mo stack.top: init -> 1.0",
        "hb: 1.0 -> 2.0",
    ]


def test_marks_speak_of_events_and_leave_names_with_numbers_alone() -> None:
    graph = failing_graph(MISSED)
    assert graph is not None
    marks = [e["mark"] for thread in graph["threads"] for e in thread if "mark" in e]
    assert marks[0] == "MISSED by 2.1"
    assert "#" not in "".join(marks)
