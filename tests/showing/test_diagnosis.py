"""Bugs by name: each rule finds its own pattern and no other one's."""

from __future__ import annotations

from typing import Any

import pytest

from heald.showing.diagnosis import NO_ORDER, Diagnosis, change_of, diagnose

Steps = list[dict[str, Any]]


def step(thread: int, op: str, line: int, at: str = "top", **more: Any) -> dict[str, Any]:
    return {
        "thread": thread,
        "op": op,
        "file": "x.c",
        "line": line,
        "at": at,
        **({"from": more.pop("source")} if "source" in more else {}),
        **more,
    }


def named(steps: Steps, kind: str = "forbidden outcome", **more: Any) -> str:
    failure = {"kind": kind, "message": "m", "trace": {"steps": steps}, **more}
    return diagnose(failure).name


def look(source: int | None = None, old: str = "A") -> dict[str, Any]:
    return step(1, "load", 1, old=old, source=source, newer=[], order="acquire")


def exchange(source: int | None, **more: Any) -> dict[str, Any]:
    given = {"old": "A", "new": "0", "succeeded": True, "order": "relaxed", **more}
    return step(1, "cas", 2, source=source, **given)


def put(old: str, new: str, source: int | None) -> dict[str, Any]:
    return step(2, "cas", 3, old=old, new=new, source=source, succeeded=True)


ABA = [look(), put("A", "B", None), put("B", "A", 1), exchange(2)]


def test_exchange_on_a_value_that_came_back_is_aba() -> None:
    assert named(ABA) == "ABA"


@pytest.mark.parametrize(
    "steps",
    [
        [look(), exchange(None)],
        [look(), put("A", "B", None), exchange(None, succeeded=False, new=None)],
        [look(), put("A", "B", None), put("B", "A", 1), look(2), exchange(2)],
        [look(), put("A", "A", None), exchange(1)],
    ],
    ids=["undisturbed", "failed", "looked-again", "never-another-value"],
)
def test_exchange_on_what_was_looked_at_is_no_aba(steps: Steps) -> None:
    assert named(steps) == "forbidden outcome"


def read(thread: int, value: str, source: int | None, **more: Any) -> dict[str, Any]:
    return step(thread, "load", 1, "n", old=value, source=source, **more)


def write(thread: int, old: str, new: str, **more: Any) -> dict[str, Any]:
    return step(thread, "store", 2, "n", old=old, new=new, **more)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            [
                read(1, "0", None),
                read(2, "0", None),
                write(2, "0", "1"),
                write(1, "1", "1"),
            ],
            "threads 1 and 2 both read 0 from n and both wrote 1",
        ),
        (
            [read(1, "0", None), write(2, "0", "7"), write(1, "7", "1")],
            "thread 1 read 0 from n, thread 2 wrote 7, and thread 1 overwrote it with 1",
        ),
    ],
    ids=["both-the-same", "one-after-the-other"],
)
def test_store_over_what_was_not_read_is_a_lost_update(steps: Steps, said: str) -> None:
    line = diagnose(
        {"kind": "forbidden outcome", "message": "", "trace": {"steps": steps}}
    )
    assert line.name == "lost update"
    assert said in line.line


def test_store_over_what_was_read_is_no_lost_update() -> None:
    steps = [write(2, "0", "1"), read(1, "1", 0), write(1, "1", "2")]
    assert named(steps) == "forbidden outcome"


def publication(raise_order: str, see_order: str) -> dict[str, Any]:
    steps = [
        step(1, "store", 10, "data", old="0", new="5", order="relaxed"),
        step(1, "store", 11, "flag", old="0", new="1", order=raise_order),
        step(2, "load", 20, "flag", old="1", source=1, newer=[], order=see_order),
        step(2, "load", 21, "data", old="0", source=None, newer=[0], order="relaxed"),
    ]
    return {"kind": "forbidden outcome", "message": "", "trace": {"steps": steps}}


@pytest.mark.parametrize(
    ("orders", "advice"),
    [
        (("relaxed", "acquire"), "the store at x.c:11 must be a release, or follow"),
        (("release", "relaxed"), "the load at x.c:20 must be an acquire, or an"),
        (("relaxed", "relaxed"), "x.c:11 must be a release and the load at x.c:20 an"),
    ],
    ids=["no-release", "no-acquire", "neither"],
)
def test_stale_data_behind_a_flag_names_the_missing_half(
    orders: tuple[str, str], advice: str
) -> None:
    found = diagnose(publication(*orders))
    assert found.name == "stale publication"
    assert "the release/acquire pair x.c:11 / x.c:20 is missing" in found.suspicion
    assert advice in found.suspicion
    assert found.advice == ""


def test_two_loads_that_miss_each_others_stores_are_store_buffering() -> None:
    steps = [
        step(1, "store", 1, "x", old="0", new="1"),
        step(1, "load", 2, "y", old="0", source=None, newer=[]),
        step(2, "store", 3, "y", old="0", new="1"),
        step(2, "load", 4, "x", old="0", source=None, newer=[0]),
    ]
    assert named(steps) == "store buffering"


def test_use_after_free_says_who_freed_it_where() -> None:
    where = [
        {"thread": 1, "access": "read", "at": "heap#1+0", "file": "x.c", "line": 5},
        {"thread": 2, "access": "freed", "at": "heap#1+0", "file": "x.c", "line": 9},
    ]
    found = diagnose({"kind": "use after free", "message": "", "where": where})
    assert found.line == (
        "use after free: thread 1 reads heap#1 at x.c:5; freed at x.c:9 by thread 2"
    )


def place(thread: int, access: str, line: int, at: str = "heap#1+0") -> dict[str, Any]:
    return {"thread": thread, "access": access, "at": at, "file": "x.c", "line": line}


def found_in(kind: str, where: Steps, steps: Steps) -> Diagnosis:
    trace = {"steps": steps}
    return diagnose({"kind": kind, "message": "", "where": where, "trace": trace})


def take_off(thread: int, old: int) -> dict[str, Any]:
    values = {"old": str(old), "new": str(old - 1), "source": None, "order": "seq_cst"}
    return step(thread, "rmw", 13, "heap#1+0", **values)


def count(thread: int, value: int) -> dict[str, Any]:
    return step(thread, "load", 14, "heap#1+0", old=str(value), source=None)


FREE = step(1, "free", 15, "heap#1+0")
USED = [place(2, "atomic load", 14), place(1, "freed", 15)]
HARMLESS = "in this run the atomic load came first, but nothing orders it before the free"
OWN = "who gets 1 from its own fetch_sub holds the last one, and alone may free"


def test_a_count_that_is_read_again_is_not_cured_by_a_count() -> None:
    steps = [take_off(2, 2), count(2, 1), take_off(1, 1), count(1, 0), FREE]
    found = found_in("use after free", USED, steps)
    assert found.advice == (
        f"do not read heap#1 again after it was taken down at x.c:13: {OWN}"
    )
    assert HARMLESS in found.line


def test_whose_count_comes_too_late_is_told_to_hold_one() -> None:
    found = found_in("use after free", USED, [take_off(1, 1), FREE, count(2, 0)])
    assert found.advice.startswith("hold one of heap#1 for as long as the block is used")
    assert found.advice.endswith(OWN)
    assert HARMLESS not in found.line


@pytest.mark.parametrize(
    "steps",
    [
        [FREE],
        [take_off(2, 2), FREE],
        [{**take_off(1, 1), "at": "heap#2+0"}, FREE],
        [{**take_off(1, 1), "new": "4"}, FREE],
    ],
    ids=["no-count", "another-thread's", "another-block's", "no-count-down"],
)
def test_a_block_without_a_count_of_whoever_frees_it_may_be_given_one(
    steps: Steps,
) -> None:
    assert "reference counts" in found_in("use after free", USED, steps).advice


def test_a_free_that_was_noticed_first_still_says_who_uses_the_block() -> None:
    steps = [count(2, 1), FREE]
    found = found_in("use after free", USED[::-1], steps)
    assert found.line.startswith(
        "use after free: thread 2 loads heap#1 at x.c:14; freed at x.c:15 by thread 1; "
    )
    assert HARMLESS in found.line


def race_of(first: Steps, line: int = 7) -> str:
    where = [place(2, "read", line, "n+0"), place(1, "write", 7, "n+0")]
    return found_in("data race", where, first).advice


UPDATE = [step(1, "read", 7, "n+0"), step(1, "write", 7, "n+0", new="1")]


def test_a_racing_update_is_to_be_one_step() -> None:
    assert race_of(UPDATE) == (
        "make the update at x.c:7 one atomic read-modify-write, or let one lock guard it "
        "everywhere"
    )
    assert race_of(UPDATE, line=9) == (
        "make the update at x.c:7 one atomic read-modify-write and the other access atomic, "
        "too, or let one lock guard both"
    )


def test_a_racing_write_that_reads_nothing_may_be_ordered_by_a_pair() -> None:
    for steps in (UPDATE[1:], UPDATE[::-1], [{**UPDATE[0], "line": 6}, UPDATE[1]]):
        assert "release/acquire pair" in race_of(steps)


def test_an_aba_says_which_value_was_stale() -> None:
    following = step(1, "load", 5, "B.next", old="C", source=None)
    moved = step(2, "store", 6, "B.next", old="C", new="D")
    took = exchange(2, new="C")
    steps = [ABA[0], following, put("A", "B", None), moved, put("B", "A", 2), took]
    steps[-1]["from"] = 4
    failure = {"kind": "assertion", "message": "", "trace": {"steps": steps}}
    assert diagnose(failure).line.endswith(
        "succeeded: it stored C, read at x.c:5 from B.next, which held D by then"
    )
    del steps[3]
    steps[-1]["from"], steps[-2]["from"] = 3, 2
    assert diagnose(failure).line.endswith("succeeded")


def test_orders_are_spoken_of_only_where_a_step_has_one() -> None:
    failure = {"kind": "deadlock", "message": "", "is_algorithms": True}
    lock = step(1, "lock", 1)
    assert change_of({**failure, "trace": {"steps": [lock]}}) == []
    ordered = [lock, step(1, "load", 2, order="relaxed")]
    assert change_of({**failure, "trace": {"steps": ordered}}) == [NO_ORDER]
    assert change_of(failure) == [NO_ORDER]


def test_what_no_rule_knows_keeps_its_own_words() -> None:
    failure = {"kind": "assertion", "message": "n == 2", "where": []}
    assert diagnose(failure).line == "assertion: n == 2"


class Watched(dict[str, Any]):
    """A step that counts how often it is looked at."""

    looks = 0

    def get(self, key: str, default: Any = None) -> Any:
        Watched.looks += 1
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        Watched.looks += 1
        return super().__getitem__(key)


def looks(length: int) -> int:
    """How often steps are looked at to diagnose a run of two threads that go on reading."""
    steps = [
        Watched(step(1 + i % 2, "load", 4, at=f"x{i % 50}", old="0") | {"from": i // 2})
        for i in range(length)
    ]
    Watched.looks = 0
    diagnose({"kind": "assertion", "message": "failed", "trace": {"steps": steps}})
    return Watched.looks


def test_work_grows_as_the_execution_does() -> None:
    assert 0 < looks(400) * 3 < looks(1600) < looks(400) * 5


def in_call(thread: int, call: str, *steps: dict[str, Any]) -> Steps:
    return [step(thread, "call", 0, call), *steps, step(thread, "return", 0, call)]


LEFT = step(1, "load", 1, "left", old="0", source=None)
RIGHT = step(1, "load", 2, "right", old="10", source=4)
BETWEEN = [
    *in_call(2, "add()", step(2, "rmw", 3, "left", old="0", new="1", source=None)),
    step(2, "rmw", 4, "right", old="0", new="10", source=None),
]


def sum_of(*between: dict[str, Any], right: dict[str, Any] = RIGHT) -> Steps:
    """Two reads of one call; what is between them begins at step 2."""
    return [step(1, "call", 0, "sum()"), LEFT, *between, right]


def test_two_values_that_were_never_there_together_are_an_inconsistent_snapshot() -> None:
    steps = sum_of(*BETWEEN, right=RIGHT | {"from": 5})
    assert named(steps) == "inconsistent snapshot"
    found = diagnose(
        {"kind": "forbidden outcome", "message": "", "trace": {"steps": steps}}
    )
    assert found.line == (
        "inconsistent snapshot: sum() of thread 1 read left as 0 at x.c:1; thread 2 wrote 1 to "
        "left at x.c:3 and 10 to right at x.c:4; then it read right as 10 at x.c:2: the two "
        "values were never there together"
    )
    assert set(found.marks) == {1, 5}


@pytest.mark.parametrize(
    "steps",
    [
        sum_of(BETWEEN[3], right=RIGHT | {"from": 2}),
        sum_of(BETWEEN[3], BETWEEN[1], right=RIGHT | {"from": 2}),
        sum_of(BETWEEN[1], right=RIGHT | {"old": "0", "from": None}),
        sum_of(
            BETWEEN[1],
            BETWEEN[3],
            step(2, "rmw", 5, "left", old="1", new="0", source=2),
            right=RIGHT | {"from": 3},
        ),
        sum_of(*BETWEEN, right=RIGHT | {"from": 5})[1:],
    ],
    ids=["one-changed", "together-for-a-while", "none-new", "came-back", "no-call"],
)
def test_values_that_were_there_together_are_none(steps: Steps) -> None:
    assert named(steps) == "forbidden outcome"


def test_what_a_call_has_yet_to_write_is_a_partial_update() -> None:
    steps = [
        step(2, "call", 0, "set(1)"),
        step(2, "store", 3, "low", new="1", order="seq_cst"),
        step(1, "call", 0, "get()"),
        step(1, "load", 1, "low", old="1", source=1),
        step(1, "load", 2, "high", old="0", source=None),
        step(1, "return", 0, "get()"),
        step(2, "store", 4, "high", new="1", order="seq_cst"),
        step(2, "return", 0, "set(1)"),
    ]
    assert named(steps) == "partial update"
    assert named(steps[:6]) == "forbidden outcome"
    alone = [steps[0], steps[1], steps[7], *steps[2:6], steps[0], steps[6]]
    assert named(alone) != "partial update"


def test_whoever_has_the_pointer_is_told_from_where_to_where_to_hold_the_block() -> None:
    taken = step(2, "load", 8, "top+0", old="heap#1+0", source=None)
    others = step(2, "load", 9, "last+0", old="heap#2+0", source=None)
    used = [place(2, "read", 14), place(1, "freed", 15)]
    read = step(2, "read", 14, "heap#1+0", old="7", source=None)
    found = found_in("use after free", used, [taken, others, read, FREE])
    assert (
        "; thread 2 has had the pointer since x.c:8, from top; in this run" in found.line
    )
    assert found.advice == (
        "let thread 2 hold the block from x.c:8 to x.c:14 (a hazard pointer, an epoch, a count "
        "taken together with the pointer), and thread 1 free it at x.c:15 only when nobody does"
    )
    alone = [place(1, "read", 14), place(1, "freed", 15)]
    mine = {**taken, "thread": 1}
    assert "hold the block" not in found_in("use after free", alone, [mine, FREE]).advice


def test_a_count_is_better_advice_than_where_the_pointer_came_from() -> None:
    taken = step(2, "load", 8, "top+0", old="heap#1+0", source=None)
    steps = [taken, take_off(2, 2), count(2, 1), take_off(1, 1), count(1, 0), FREE]
    assert found_in("use after free", USED, steps).advice.startswith("do not read heap#1")
