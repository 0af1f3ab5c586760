"""Other orders at places of a program, without compiling it anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heald.explorer.order import Operation
from heald.explorer.orders_at import OrderAt
from heald.explorer.program import check
from heald.verdicts import UsageError, Verdict

PUBLICATION = """\
#include <pthread.h>
#include <stdatomic.h>
static int data;
static atomic_int flag;
static inline int look(atomic_int *f) {
    return atomic_load_explicit(f, memory_order_acquire);
}
static void *reader(void *arg) {
    return look(&flag) && data ? arg : 0;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, reader, 0);
    data = 1;
    atomic_store_explicit(&flag, 1, memory_order_release);
    pthread_join(t, 0);
    return 0;
}
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("publish.c").write_text(PUBLICATION)
    return "publish.c"


def test_as_written_it_passes(program: str) -> None:
    assert check([program]).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "order",
    [
        "publish.c:15=relaxed",
        "publish.c:6=relaxed",
        "publish.c:6:12=relaxed",
        "publish.c:9=relaxed",  # by the line that the wrapper was inlined into
    ],
)
def test_a_weaker_order_lets_it_fail(program: str, order: str) -> None:
    result = check([program], orders=[order])
    assert [failure["kind"] for failure in result.failures] == ["data race"]


def test_a_stronger_order_mends_it(program: str) -> None:
    Path(program).write_text(
        PUBLICATION.replace("memory_order_release", "memory_order_relaxed")
    )
    assert check([program]).verdict is Verdict.FAILED
    assert check([program], orders=["publish.c:15=release"]).verdict is Verdict.PASSED
    assert (
        check([program], orders=["publish.c:15=fence-before"]).verdict is Verdict.PASSED
    )
    assert check([program], orders=["publish.c:15=fence-after"]).verdict is Verdict.FAILED


def test_the_capsule_has_the_orders(program: str, tmp_path: Path) -> None:
    from heald.capsule import load_capsule
    from heald.replaying.replay import replay

    result = check([program], orders=["publish.c:15=relaxed"], capsules=tmp_path / "caps")
    path = Path(result.failures[0]["capsule"])
    assert json.loads(path.read_text())["settings"]["orders"] == ["publish.c:15=relaxed"]
    assert replay(load_capsule(path), budget_s=200).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("publish.c:3=relaxed", "publish.c:15 \\(store\\)"),
        ("publish.c:15=acquire", "a store cannot be acquire"),
        ("publish.c:15", "FILE:LINE=ORDER"),
        ("publish.c:15=strong", "FILE:LINE=ORDER"),
    ],
)
def test_what_cannot_be_is_refused(program: str, order: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check([program], orders=[order])


def test_a_file_is_found_by_the_end_of_its_path() -> None:
    from heald.building.frames import Spot

    order = OrderAt.parse("src/queue.c:31=release")
    assert order.is_at([Spot("/home/me/src/queue.c", 31, 5)], Operation.LOAD)
    assert not order.is_at([Spot("/home/me/src/myqueue.c", 31, 5)], Operation.LOAD)
    assert not order.is_at([Spot("/home/me/lib/queue.c", 31, 5)], Operation.LOAD)


def test_an_order_can_be_for_one_kind_of_operation_and_for_one_written_order() -> None:
    from heald.building.frames import Spot

    order = OrderAt.parse("queue.c:31:7@cas=acq_rel->acquire/relaxed")
    here = [Spot("/queue.c", 31, 7)]
    assert order.is_at(here, Operation.EXCHANGE_IF_EQUAL)
    assert not order.is_at(here, Operation.LOAD)
    assert order.engine_word(9, Operation.EXCHANGE_IF_EQUAL) == "9:2:0:4"


WRAPPER = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static atomic_int flag, other;
static int data;
__attribute__((noinline)) static void put(atomic_int *at, memory_order order) {
    atomic_store_explicit(at, 1, order);
}
static void *sender(void *arg) {
    put(&other, memory_order_relaxed);
    data = 1;
    put(&flag, memory_order_release);
    return arg;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, sender, 0);
    if (atomic_load_explicit(&flag, memory_order_acquire))
        assert(data == 1);
    pthread_join(thread, 0);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("what", "kinds"),
    [
        ("release->relaxed", ["data race"]),
        ("relaxed->release", []),
        ("acquire->relaxed", []),
    ],
)
def test_a_wrapper_with_several_orders_is_changed_where_it_has_the_one(
    tmp_path: Path, what: str, kinds: list[str]
) -> None:
    program = tmp_path / "wrapper.c"
    program.write_text(WRAPPER)
    change = f"wrapper.c:8={what}"
    if what.startswith("acquire"):  # no store of it was given that order
        with pytest.raises(UsageError, match="was executed at"):
            check([program], orders=(change,))
        return
    found = check([program], orders=(change,))
    assert [failure["kind"] for failure in found.failures] == kinds


TWO_ADD = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static atomic_int sum, taken;
static void *add(void *arg) {
    atomic_fetch_add(&sum, 1);
    int none = 0;
    atomic_compare_exchange_strong(&taken, &none, 1);
    return none ? 0 : &sum;
}
int main(void) {
    pthread_t one, two;
    void *first, *second;
    pthread_create(&one, 0, add, 0);
    pthread_create(&two, 0, add, 0);
    pthread_join(one, &first);
    pthread_join(two, &second);
    assert(sum == 2);
    assert(!first != !second);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ("two.c:7=split", "sum == 2"),
        ("two.c:9=split", "!first != !second"),
        ("two.c:7=relaxed", None),
    ],
)
def test_an_update_can_be_taken_for_a_load_and_a_store(
    tmp_path: Path, change: str, failed: str | None
) -> None:
    program = tmp_path / "two.c"
    program.write_text(TWO_ADD)
    found = check([program], orders=(change,))
    if failed is None:
        assert found.verdict is Verdict.PASSED
        return
    (failure,) = found.failures
    assert failed in failure["message"]


def test_a_split_update_does_what_load_and_store_do(tmp_path: Path) -> None:
    program, written = tmp_path / "two.c", tmp_path / "written.c"
    program.write_text(TWO_ADD.replace("assert(", "(void)("))
    written.write_text(
        program.read_text().replace(
            "atomic_fetch_add(&sum, 1)", "atomic_store(&sum, atomic_load(&sum) + 1)"
        )
    )
    split = check([program], orders=("two.c:7=split",))
    assert split.executions == check([written]).executions > check([program]).executions


def test_only_an_update_can_be_split(tmp_path: Path) -> None:
    program = tmp_path / "two.c"
    program.write_text(TWO_ADD)
    with pytest.raises(UsageError, match="a load is no update"):
        check([program], orders=("two.c:19=split",))


HINT = """\
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static TYPE hint, counted;
static int plain;
static void *worker(void *arg) {
    hint = 1;
    counted = counted + 1;
    return arg;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, worker, 0);
    int first = hint;
    int second = counted;
    pthread_join(t, 0);
    assert(!second || first == 1);
    return 0;
}
"""
BOTH_SIDES = [f"hint.c:{line}@plain=relaxed" for line in (7, 8, 14, 15)]


def as_atomics(text: str) -> str:
    """Write what the overrides come to."""
    load, store = "atomic_load_explicit(&{0}, 0)", "atomic_store_explicit(&{0}, {1}, 0)"
    for old, new in (
        (
            "counted = counted + 1",
            store.format("counted", load.format("counted") + " + 1"),
        ),
        ("hint = 1", store.format("hint", "1")),
        ("first = hint", "first = " + load.format("hint")),
        ("second = counted", "second = " + load.format("counted")),
        ("TYPE", "atomic_int"),
    ):
        text = text.replace(old, new)
    return text


def test_a_plain_access_can_be_taken_for_a_relaxed_one(tmp_path: Path) -> None:
    hint, written = tmp_path / "hint.c", tmp_path / "written.c"
    hint.write_text(HINT.replace("TYPE", "int"))
    written.write_text(as_atomics(HINT))
    assert {f["kind"] for f in check([hint]).failures} == {"data race"}
    for half in (BOTH_SIDES[:2], BOTH_SIDES[1:], BOTH_SIDES[2:]):
        assert check([hint], orders=half).failures[0]["kind"] == "data race"
    taken = check([hint], orders=BOTH_SIDES, keep_going=True)
    other = check([written], keep_going=True)
    assert {f["kind"] for f in taken.failures} == {"assertion"}
    assert (
        taken.failures[0]["message"].split(" failed")[0]
        == (other.failures[0]["message"].split(" failed")[0])
    )
    assert (taken.executions, taken.failed_executions) == (
        other.executions,
        other.failed_executions,
    )
    # The reader looks in the wrong order: that is so under sc, too.
    assert check([hint], orders=BOTH_SIDES, model="sc").failures


def test_every_other_race_is_still_one(tmp_path: Path) -> None:
    hint = tmp_path / "hint.c"
    text = HINT.replace("TYPE", "int").replace(
        "    return arg", "    plain++;\n    return arg"
    )
    hint.write_text(text.replace("int second = counted", "plain++; int second = counted"))
    orders = [
        f"hint.c:{line}@plain=relaxed"
        for line, code in enumerate(hint.read_text().splitlines(), 1)
        if ("hint" in code or "counted" in code) and "static" not in code
    ]
    failure = check([hint], orders=orders).failures[0]
    # All of a line is taken so, but plain++ of the worker has one of its own.
    assert (failure["kind"], failure["where"][0]["name"]) == ("data race", "plain")


def test_a_capsule_has_what_was_taken_for_relaxed(tmp_path: Path) -> None:
    from heald.replaying.replay import replay

    hint = tmp_path / "hint.c"
    hint.write_text(HINT.replace("TYPE", "int"))
    found = check([hint], orders=BOTH_SIDES, capsules=tmp_path)
    (failure,) = found.failures
    hint.unlink()
    again = replay(failure["capsule"], budget_s=30)
    assert again.verdict is Verdict.FAILED


@pytest.mark.parametrize("what", ["acquire", "split", "fence-before"])
def test_a_plain_access_is_relaxed_or_plain(tmp_path: Path, what: str) -> None:
    hint = tmp_path / "hint.c"
    hint.write_text(HINT.replace("TYPE", "int"))
    with pytest.raises(UsageError, match="plain"):
        check([hint], orders=[f"hint.c:7@plain={what}"])
    with pytest.raises(UsageError, match="no atomic operation or fence was executed"):
        check([hint], orders=["hint.c:7=relaxed"])
