"""Orders weakened where they execute: what is needed, what is not, what never ran."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from heald.orders.mutants_table import table
from heald.orders.mutate import mutate_program
from heald.orders.place_mutants import PlaceMutation
from heald.verdicts import Verdict

PROGRAM = """\
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#define wrapped_load(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define wrapped_store(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
static int flag, data, other;
static atomic_int count;
static void never(void) {{ wrapped_store(&other, 1); }}
static void *reader(void *arg) {{
    if (wrapped_load(&flag))
        assert(data == 1);
    count++;
    return arg;
}}
int main(int argc, char **argv) {{
    pthread_t t;
    pthread_create(&t, 0, reader, 0);
    data = 1;
    {store}
    if (argc > 5)
        never();
    pthread_join(t, 0);
    return 0;
}}
"""
STORE = "wrapped_store(&flag, 1);"


def mutated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str) -> PlaceMutation:
    monkeypatch.chdir(tmp_path)
    Path("p.c").write_text(PROGRAM.format(store=store))
    return mutate_program(["p.c"], budget_s=60)


def test_orders_behind_macros_are_weakened_where_they_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = mutated(tmp_path, monkeypatch, STORE)
    states = {(each.place, each.old, each.new): each.state for each in result.mutants}
    assert states == {
        ("p.c:10", "acquire", "relaxed"): "needed",
        ("p.c:19", "release", "relaxed"): "needed",
        ("p.c:12", "seq_cst", "acq_rel"): "stronger",
        ("p.c:12", "seq_cst", "acquire"): "stronger",
        ("p.c:12", "seq_cst", "release"): "stronger",
        ("p.c:12", "seq_cst", "relaxed"): "stronger",
        ("p.c:8", "", ""): "never run",
    }
    assert result.verdict is Verdict.PASSED
    assert result.score == 1.0


def test_what_never_ran_is_a_gap_and_not_part_of_the_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = mutated(tmp_path, monkeypatch, STORE)
    assert result.count("never run") == 1
    assert "never run: no execution comes to it" in table(result)


def test_an_implicit_order_is_an_order_and_is_weakened_until_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = mutated(tmp_path, monkeypatch, "__sync_fetch_and_add(&flag, 1);")
    update = [each for each in result.mutants if each.place == "p.c:19"]
    assert {each.old for each in update} == {"seq_cst"}
    assert [(each.new, each.state, each.step) for each in update] == [
        ("acq_rel", "stronger", 1),
        ("acquire", "needed", 2),
        ("release", "stronger", 2),
        ("relaxed", "needed", 3),
    ]
    # Of the acquire in the reader, the counter and this: the counter is too strong altogether.
    assert result.shown_needed() == (2, 3)


def test_an_acquire_that_only_load_buffering_could_need_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
    #include <pthread.h>
    #include <stdatomic.h>
    static atomic_int full, slot;
    static void *consumer(void *arg) {
        if (atomic_load_explicit(&slot, memory_order_acquire))
            atomic_store_explicit(&full, 1, memory_order_relaxed);
        return arg;
    }
    int main(void) {
        pthread_t t;
        pthread_create(&t, 0, consumer, 0);
        if (!atomic_load_explicit(&full, memory_order_relaxed))
            atomic_store_explicit(&slot, 1, memory_order_relaxed);
        pthread_join(t, 0);
        return 0;
    }
    """
    monkeypatch.chdir(tmp_path)
    Path("lb.c").write_text(text)
    result = mutate_program(["lb.c"], budget_s=60)
    (acquire,) = result.mutants
    assert (acquire.state, acquire.beyond_rc11) == ("stronger", True)
    assert "load buffering" in table(result)


def test_a_program_that_fails_by_itself_has_no_mutants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = mutated(
        tmp_path, monkeypatch, "__atomic_store_n(&flag, 1, __ATOMIC_RELAXED);"
    )
    assert result.verdict is Verdict.FAILED
    assert not result.mutants


def test_a_program_without_orders_is_untrustworthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("none.c").write_text("int main(void) { return 0; }")
    assert mutate_program(["none.c"], budget_s=60).verdict is Verdict.UNTRUSTWORTHY


def test_a_budget_that_ends_first_is_undecided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.c").write_text(PROGRAM.format(store=STORE))
    assert mutate_program(["p.c"], budget_s=0).verdict is Verdict.UNDECIDED


WRAPPED = """\
#ifndef WRAPPED_H
#define WRAPPED_H
#define smp_load(p, order) __atomic_load_n((p), (order))
#define smp_store(p, v, order) __atomic_store_n((p), (v), (order))
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
static inline unsigned ring_tail(const unsigned *tail) {
    return smp_load(tail, __ATOMIC_RELAXED);
}
#endif
"""
RING_C = """\
#include <assert.h>
#include <pthread.h>
#include "wrapped.h"
static unsigned head, tail;
static int slot[2];
static void *producer(void *arg) {
    slot[0] = 7;
    smp_wmb();
    smp_store(&tail, 1u, __ATOMIC_RELAXED);
    return arg;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, producer, 0);
    if (ring_tail(&tail) == 1) {
        smp_rmb();
        assert(slot[0] == 7);
        smp_store(&head, 1u, __ATOMIC_RELEASE);
    }
    pthread_join(thread, 0);
    return 0;
}
"""


def test_a_header_of_macros_is_weakened_where_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "include").mkdir()
    Path("include/wrapped.h").write_text(WRAPPED)
    Path("ring.c").write_text(RING_C)
    result = mutate_program(["ring.c"], cflags=["-Iinclude"], budget_s=60)
    states = {(m.place, m.operation, m.new, m.name): m.state for m in result.mutants}
    assert states == {
        ("ring.c:8", "fence", "removed", "smp_wmb"): "needed",
        ("ring.c:16", "fence", "removed", "smp_rmb"): "needed",
        ("ring.c:18", "store", "relaxed", ""): "stronger",
    }
    assert result.score == 1.0


TEMPLATE = """\
#include <atomic>
#include <pthread.h>
#include <cassert>
template <typename T, unsigned N> class Ring {
    std::atomic<unsigned> head{0}, tail{0};
    T slots[N];
  public:
    bool push(T value) {
        unsigned at = tail.load(std::memory_order_relaxed);
        if (at - head.load(std::memory_order_acquire) == N)
            return false;
        slots[at % N] = value;
        tail.store(at + 1, std::memory_order_release);
        return true;
    }
    bool pop(T &value) {
        unsigned at = head.load(std::memory_order_relaxed);
        if (tail.load(std::memory_order_acquire) == at)
            return false;
        value = slots[at % N];
        head.store(at + 1, std::memory_order_release);
        return true;
    }
    void clear() { head.store(0); }
};
static Ring<int, 1> numbers;
static Ring<long, 1> letters;
static void *producer(void *arg) {
    numbers.push(1);
    numbers.push(2);
    letters.push(3);
    return arg;
}
int main() {
    pthread_t thread;
    int number;
    long letter;
    pthread_create(&thread, nullptr, producer, nullptr);
    while (!numbers.pop(number)) {}
    assert(number == 1);
    if (letters.pop(letter))
        assert(letter == 3);
    if (numbers.pop(number))
        assert(number == 2);
    pthread_join(thread, nullptr);
    return 0;
}
"""


def test_a_template_is_one_place_however_often_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ring.cpp").write_text(TEMPLATE)
    result = mutate_program(["ring.cpp"], budget_s=60)
    lines = {
        int(m.place.rpartition(":")[2].partition("#")[0]): (m.old, m.new, m.state)
        for m in result.mutants
        if m.state != "never run"
    }
    assert lines == {
        10: ("acquire", "relaxed", "needed"),
        13: ("release", "relaxed", "needed"),
        18: ("acquire", "relaxed", "needed"),
        21: ("release", "relaxed", "needed"),
    }
    assert any(m.sites > 1 for m in result.mutants)


def test_a_program_is_mutated_without_what_draws_scenarios(tmp_path: Path) -> None:
    """Hypothesis takes longer to be loaded than the mutants of a small program."""
    file = tmp_path / "p.c"
    file.write_text(
        "#include <stdatomic.h>\natomic_int x; int main(void) { return x; }\n"
    )
    program = (
        "import sys\nfrom heald.cli import main\n"
        f"main(['mutate', {str(file)!r}], standalone_mode=False)\n"
        "assert 'hypothesis' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
