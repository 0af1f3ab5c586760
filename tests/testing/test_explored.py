"""``heald.explored``: drawn scenarios in every execution, and failures that shrink."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

import heald
from heald import Subject, Violated
from heald.explorer.exploration import explore_scenario
from heald.testing import explored as exploring
from heald.testing.repeated import HealdRun
from subjects import counter, publish, stack
from subjects.stack import _stack


def run(test: object, seed: int = 1, budget_s: float = 3.0) -> None:
    test([HealdRun(seed=seed, budget_s=budget_s, profile="quick")])  # type: ignore[operator]


def named(module: object, name: str) -> Subject:
    """Return a copy, which a test may change."""
    variants = module.VARIANTS  # type: ignore[attr-defined]
    return copy.copy(
        next(variant.subject for variant in variants if variant.name == name)
    )


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_sound_subject_passes() -> None:
    run(heald.explored(named(stack, "stack/tagged"), threads=2, ops=2), budget_s=1)


def test_two_threads_that_race_in_one_function_are_asked_for_a_role() -> None:
    with pytest.raises(
        Violated, match=r"If only one thread may call \w+, give its heald"
    ):
        run(heald.explored(named(counter, "counter/plain"), threads=2, ops=1))


def test_flawed_subject_fails_with_a_capsule_and_its_smallest_scenario() -> None:
    with pytest.raises(Violated) as caught:
        run(heald.explored(named(publish, "publish/relaxed-relaxed")))
    finding = caught.value.finding
    assert finding is not None
    assert finding.kind == "data race"
    assert finding.scenario is not None
    assert len(finding.scenario.calls) <= 3
    assert caught.value.capsule is not None
    assert caught.value.capsule.exists()


def test_flaw_that_needs_weak_memory_passes_under_sc_and_tso() -> None:
    relaxed = named(publish, "publish/relaxed-relaxed")
    run(heald.explored(relaxed, models=("sc", "tso")), budget_s=1)


@pytest.mark.parametrize("seed", range(3))
def test_aba_of_the_pool_stack_shrinks_to_five_calls_of_two_threads(seed: int) -> None:
    bare = _stack("pool", "stack_pool", shown_here="yes")
    bare.interesting = ()  # nobody says where to look
    with pytest.raises(Violated) as caught:
        run(heald.explored(bare, models=("sc",)), seed=seed, budget_s=20)
    scenario = caught.value.finding.scenario  # type: ignore[union-attr]
    assert scenario is not None
    assert len(scenario.threads) == 2
    assert len(scenario.before) + sum(map(len, scenario.threads)) <= 5


def test_what_cannot_be_modelled_fails_the_test_by_name(tmp_path: Path) -> None:
    source = tmp_path / "forks.c"
    source.write_text(
        "#include <unistd.h>\nint f(void);\nint f(void) { return fork(); }\n"
    )
    subject = Subject(source, ops={"f": heald.op("int f(void)")})
    with pytest.raises(pytest.fail.Exception, match=r"cannot be explored: .*fork"):
        run(heald.explored(subject, threads=2, ops=1))


def test_scenarios_too_big_to_visit_are_run_by_drawn_schedules_that_shrink(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # One execution, in order, and one sample of it: neither shows the lost update.
    monkeypatch.setattr(exploring, "_MOST_EXECUTIONS", 1)
    monkeypatch.setattr(exploring, "_SAMPLES", 1)
    lossy = named(counter, "counter/load-store")
    lossy.interesting = ()
    search = exploring.ExploredSearch(lossy, ("sc",), "fail", 1.0, seed=3)
    monkeypatch.setattr(search, "_one", lambda *_: undecided)
    scenario = heald.Scenario(threads=((heald.Call("increment"),),) * 2)
    undecided = explore_scenario(lossy, scenario, model="sc", max_executions=1)
    assert not undecided.findings
    search.run(heald.scenarios(lossy, threads=(2, 3), ops=(1, 3), after=1))
    assert search.smallest is not None
    assert len(search.smallest.scenario.threads) == 2
    assert search.smallest.findings[0].kind == "forbidden outcome"


def test_a_pass_says_what_limits_its_worth_once(tmp_path: Path) -> None:
    source = tmp_path / "draws.c"
    source.write_text(
        "#include <stdlib.h>\nint f(void);\nint f(void) { return rand() < 0; }\n"
    )
    subject = Subject(source, ops={"f": heald.op("int f(void)")}, trust=["rand"])
    said: list[str] = []
    test = heald.explored(subject, threads=2, ops=1)
    test([HealdRun(seed=1, budget_s=1, profile="quick", say=said.append)])
    (text,) = said
    assert text.count("the program draws random numbers") == 1
    assert text.count("rand is trusted: what it does to memory was not seen") == 1


def test_a_loop_that_is_too_long_is_no_failure_and_named(tmp_path: Path) -> None:
    source = tmp_path / "long.c"
    source.write_text(
        "#include <stdatomic.h>\nstatic atomic_int x;\nint f(void);\n"
        "int f(void) { if (x) return 0; for (int i = 0; i < 30000; i++) x++; return 0; }\n"
    )
    subject = Subject(source, ops={"f": heald.op("int f(void)")})
    scenario = heald.Scenario(threads=((heald.Call("f"),),))
    for search in ("exhaustive", "random"):
        result = explore_scenario(subject, scenario, search=search)
        assert (result.verdict, result.findings) == (heald.Verdict.UNDECIDED, ())
        assert result.engine["long_loop"]["line"] == 4
