"""Scenarios over a subject in the explorer: outcomes, order of calls, judgement."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

import heald
from heald import Call, Scenario, Subject, UsageError, Verdict
from heald.explorer.exploration import explore_scenario, scenario_text
from subjects import stack

COUNTER = """\
#include <stdatomic.h>
struct counter { atomic_int value; };
int counter_add(struct counter *c, int n);
int counter_get(struct counter *c);
int counter_is_valid(struct counter *c);
#ifdef LOSES
int counter_add(struct counter *c, int n) {
    int old = atomic_load_explicit(&c->value, memory_order_relaxed);
    atomic_store_explicit(&c->value, old + n, memory_order_relaxed);
    return old;
}
#else
int counter_add(struct counter *c, int n) {
    return atomic_fetch_add_explicit(&c->value, n, memory_order_relaxed);
}
#endif
int counter_get(struct counter *c) {
    return atomic_load_explicit(&c->value, memory_order_relaxed);
}
int counter_is_valid(struct counter *c) { return counter_get(c) < 100; }
"""


class CounterModel:
    def __init__(self) -> None:
        self.value = 0

    def add(self, n: int) -> int:
        self.value += n
        return self.value - n

    def get(self) -> int:
        return self.value


def counter(folder: Path, **options: object) -> Subject:
    (folder / "counter.c").write_text(COUNTER)
    return Subject(
        folder / "counter.c",
        state="struct counter",
        is_valid="int counter_is_valid(struct counter *)",
        ops={
            "add": heald.op(
                "int counter_add(struct counter *, int n)", n=st.integers(1, 99)
            ),
            "get": heald.op("int counter_get(struct counter *)"),
        },
        model=CounterModel,
        **options,  # type: ignore[arg-type]
    )


ADD, GET = Call("add", (1,)), Call("get")
RACE = Scenario(threads=((ADD,), (ADD,)), after=(GET,))


def test_scenario_is_written_as_the_driver_reads_it(tmp_path: Path) -> None:
    scenario = Scenario(before=(ADD,), threads=((GET,), (ADD, GET)))
    text = scenario_text(counter(tmp_path), scenario)
    assert text == "2 1 1 2 0 0 0 0 1 1 1 0 1 2 1 2 3 2 1 1 0"
    text = scenario_text(counter(tmp_path), scenario, in_time=((1, 2), (1, 3)))
    assert text == "2 1 1 2 0 0 0 0 1 1 1 0 1 2 1 2 3 2 1 1 2 1 2 1 3"


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
def test_right_counter_passes_with_every_outcome_counted(
    tmp_path: Path, model: str
) -> None:
    result = explore_scenario(counter(tmp_path), RACE, model=model)
    assert result.verdict is Verdict.PASSED
    assert result.exhaustive
    assert result.outcomes == {((), (0,), (1,), (2,)): 1, ((), (1,), (0,), (2,)): 1}


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
def test_lost_update_is_a_wrong_outcome(tmp_path: Path, model: str) -> None:
    flawed = counter(tmp_path, defines={"LOSES": None})
    result = explore_scenario(flawed, RACE, model=model)
    assert result.verdict is Verdict.FAILED
    assert {finding.kind for finding in result.findings} == {"forbidden outcome"}
    outcomes = {finding.outcome for finding in result.findings}
    assert outcomes == {((), (0,), (0,), (1,))}
    (first, *_) = result.findings
    assert "add(1) -> 0 || add(1) -> 0 ; get() -> 1" in first.message
    assert first.detail["schedule"]


def test_broken_invariant_is_found_and_names_its_scenario(tmp_path: Path) -> None:
    big = Scenario(threads=((Call("add", (60,)),), (Call("add", (60,)),)))
    result = explore_scenario(counter(tmp_path), big)
    assert result.verdict is Verdict.FAILED
    assert result.findings[0].kind == "broken invariant"
    assert result.findings[0].scenario == big


def test_calls_that_happen_before_others_are_known(tmp_path: Path) -> None:
    scenario = Scenario(before=(ADD,), threads=((ADD, GET), (GET,)), after=(GET,))
    result = explore_scenario(counter(tmp_path), scenario)
    for history in result.histories:
        before_of_last = history.before[-1]
        assert {0, 2, 3} <= before_of_last  # what the joins order
        assert history.before[2] >= {1}  # a thread's own order
        assert 1 not in history.before[3]  # relaxed accesses order nothing


def test_stale_read_after_a_finished_call_is_not_linearizable(tmp_path: Path) -> None:
    """Relaxed loads may miss an update that happened before: rc11 alone shows it."""
    source = tmp_path / "flag.c"
    source.write_text(
        "#include <stdatomic.h>\n"
        "struct pair { atomic_int x, flag; };\n"
        "void put(struct pair *p); int look(struct pair *p); int see(struct pair *p);\n"
        "void put(struct pair *p) { atomic_store_explicit(&p->x, 1, memory_order_relaxed);\n"
        "    atomic_store_explicit(&p->flag, 1, memory_order_relaxed); }\n"
        "int look(struct pair *p) {\n"
        "    return atomic_load_explicit(&p->flag, memory_order_relaxed); }\n"
        "int see(struct pair *p) {\n"
        "    return atomic_load_explicit(&p->x, memory_order_relaxed); }\n"
    )

    class Pair:
        def __init__(self) -> None:
            self.x = 0

        def put(self) -> None:
            self.x = 1

        def look(self) -> int:
            return self.x

        def see(self) -> int:
            return self.x

    subject = Subject(
        source,
        state="struct pair",
        ops={
            "put": heald.op("void put(struct pair *)"),
            "look": heald.op("int look(struct pair *)"),
            "see": heald.op("int see(struct pair *)"),
        },
        model=Pair,
    )
    scenario = Scenario(threads=((Call("put"),), (Call("look"), Call("see"))))
    assert explore_scenario(subject, scenario, model="sc").verdict is Verdict.PASSED
    assert explore_scenario(subject, scenario, model="tso").verdict is Verdict.PASSED
    weak = explore_scenario(subject, scenario, model="rc11")
    assert [finding.kind for finding in weak.findings] == ["forbidden outcome"]


def test_budget_that_ends_first_is_undecided(tmp_path: Path) -> None:
    many = Scenario(threads=tuple((ADD,) * 4 for _ in range(4)))
    result = explore_scenario(counter(tmp_path), many, max_executions=100)
    assert result.verdict is Verdict.UNDECIDED
    assert not result.exhaustive


def test_what_cannot_be_modelled_is_refused_by_name(tmp_path: Path) -> None:
    source = tmp_path / "forks.c"
    source.write_text(
        "#include <unistd.h>\nint f(void);\nint f(void) { return fork(); }\n"
    )
    subject = Subject(source, ops={"f": heald.op("int f(void)")})
    with pytest.raises(UsageError, match="fork"):
        explore_scenario(subject, Scenario(threads=((Call("f"),),)))


def test_same_scenario_twice_gives_the_same_schedules(tmp_path: Path) -> None:
    flawed = counter(tmp_path, defines={"LOSES": None})
    first, second = (explore_scenario(flawed, RACE) for _ in range(2))
    assert first.histories == second.histories
    assert first.findings == second.findings


@pytest.mark.parametrize("name", ["stack/pool", "stack/tag-1-bit"])
def test_aba_is_found_by_exploring_and_by_sampling_with_every_seed(name: str) -> None:
    subject = next(v.subject for v in stack.VARIANTS if v.name == name)
    scenario = stack.ABA if name == "stack/pool" else stack.TAG_WRAP_1
    found = explore_scenario(subject, scenario, model="sc")
    assert [finding.kind for finding in found.findings][:1] == ["forbidden outcome"]
    for seed in range(20):
        sampled = explore_scenario(
            subject,
            scenario,
            model="sc",
            search="mixed",
            seed=seed,
            max_executions=10_000,
        )
        assert sampled.findings, f"seed {seed}"


def test_more_results_than_a_call_has_room_for_are_refused(tmp_path: Path) -> None:
    outs = ", ".join(f"int *out{number}" for number in range(17))
    declared = f"void many(int *state, {outs})"
    code = f"{declared};\n{declared} {{ *state = 1; *out16 = 2; }}\n"
    (tmp_path / "many.c").write_text(code)
    subject = heald.Subject(
        tmp_path / "many.c", state="int", ops={"many": heald.op(declared)}
    )
    scenario = Scenario(threads=((Call("many"),),))
    with pytest.raises(heald.UsageError, match="does not fit the subject's operations"):
        explore_scenario(subject, scenario)


def test_an_operation_ends_where_there_is_no_return_address() -> None:
    """What is compared there are registers, and which of them are dead is not known."""
    tagged = next(each for each in stack.TARGETS if each.variant == "tagged")
    scenario = max(tagged.interesting, key=lambda each: len(each.calls))
    found = explore_scenario(tagged, scenario, max_executions=20_000)
    assert (found.verdict, found.exhaustive) == (Verdict.PASSED, True)
