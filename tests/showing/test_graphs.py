from __future__ import annotations

from heald.showing.failing import failing_graph
from heald.showing.graphs import draw_execution, to_dot
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
    assert dot.count("subgraph") == 2
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
    assert draw_execution(graph).splitlines() == [
        "thread 1             thread 2",
        "1.0 W rlx data := 1  2.0 R rlx flag = 1 (1.1)",
        "1.1 W rlx flag := 1  2.1 R rlx data = 0 (init)",
        "                     2.2 fail",
        "mo data: init -> 1.0",
        "mo flag: init -> 1.1",
    ]
    dot = to_dot([graph, GRAPH])
    assert 'label="the failing execution: assertion";' in dot
    assert dot.index("failing") < dot.index("execution 2")
    assert r'label="1.0 W rlx data := 1\nmp.c:4\nMISSED by #4", fontcolor=red' in dot
    assert 'e1_2_1 -> e1_1_0 [color=red, label="missed", constraint=false];' in dot


def test_a_failure_without_a_trace_has_no_graph() -> None:
    assert failing_graph({"kind": "leak", "message": "16 bytes"}) is None
