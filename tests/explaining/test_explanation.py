"""Failures seen on real threads come back with a schedule, a trace and a name."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from heald import Call, Scenario, Subject, UsageError
from heald.capsule import load_capsule
from heald.explaining.explanation import Explained, explain, explain_and_keep
from heald.explorer.execution import bug_of, text_of
from heald.finding import Finding
from heald.native import NativeSession
from heald.native.trial import try_scenario
from heald.replaying.replay import replay
from heald.verdicts import Verdict
from subjects import counter, publish, stack
from tests.explaining.racy import RACY
from tests.processor import spent

SUBJECTS = {
    each.name: each for each in (*counter.TARGETS, *publish.TARGETS, *stack.TARGETS, RACY)
}


def calls(*names: str) -> tuple[Call, ...]:
    return tuple(Call(name) for name in names)


def both(call: Call, other: Call | None = None) -> Scenario:
    return Scenario(threads=((call,), (other or call,)))


FOUND_NATIVELY = [
    ("counter/plain", counter.TWO_EACH, "lost update"),
    ("counter/volatile", counter.TWICE, "lost update"),
    ("counter/load-store", counter.THREE_THREADS, "lost update"),
    ("stack/malloc", stack.MIXED, "use after free"),
    ("stack/pool", stack.TAG_WRAP_1, "ABA"),
    ("stack/hazard-no-recheck", stack.MIXED, "use after free"),
    ("publish/plain-flag", publish.WAITING, "endless loop"),
    ("racy", both(Call("claim")), "lost update"),
    ("racy", Scenario(threads=(calls("new_id"),) * 3), "lost update"),
    ("racy", both(Call("enter", (0,)), Call("enter", (1,))), "store buffering"),
    ("racy", both(Call("drop")), "double free"),
    ("racy", both(Call("wait_inside")), "livelock"),
]


def native_failure(subject: Subject, scenario: Scenario) -> Finding:
    """Run on real threads until something fails."""
    with NativeSession(hang_s=0.5) as session:
        for seed in range(4):
            trial = try_scenario(
                session, subject, scenario, seed=seed, budget_s=2.0, until_failure=True
            )
            if trial.failed:
                return trial.findings[0]
    pytest.skip(f"real threads did not show {subject.name}'s flaw in 8 s")


@pytest.mark.parametrize(
    ("name", "scenario", "bug"),
    FOUND_NATIVELY,
    ids=[f"{name}-{bug}".replace(" ", "-") for name, _, bug in FOUND_NATIVELY],
)
def test_native_finding_comes_back_with_its_name(
    name: str, scenario: Scenario, bug: str
) -> None:
    subject = SUBJECTS[name]
    found = explain(subject, native_failure(subject, scenario), budget_s=600)
    assert found.failed is not None, found.text()
    assert bug_of(found.failed).name == bug, found.text()
    assert len(found.failed.scenario.calls) <= len(scenario.calls)
    assert found.failed.detail["trace"]["steps"]


def lost_update() -> Finding:
    outcome = ((), (None, None), (None, None), (3,))
    return Finding("forbidden outcome", "", counter.TWO_EACH, outcome)


def test_explanation_is_the_smallest_scenario_with_the_fewest_switches() -> None:
    found = explain(SUBJECTS["counter/plain"], lost_update(), budget_s=600).failed
    assert found is not None
    assert found.scenario == counter.TWICE
    threads = [s["thread"] for s in found.detail["trace"]["steps"] if s["thread"]]
    switches = sum(a != b for a, b in pairwise(threads))
    assert switches == 2  # one thread reads, the other does it all, the first one writes


def test_what_sc_shows_is_not_explained_by_weak_memory() -> None:
    found = explain(SUBJECTS["counter/load-store"], lost_update(), budget_s=600).failed
    assert found is not None
    assert found.detail["model"] == "sc"


def test_what_only_store_buffers_show_is_explained_under_tso() -> None:
    scenario = both(Call("enter", (0,)), Call("enter", (1,)))
    finding = Finding("forbidden outcome", "", scenario, ((), (True,), (True,), ()))
    found = explain(RACY, finding, budget_s=600)
    assert found.failed is not None
    assert found.failed.detail["model"] == "tso"
    assert [attempt.model for attempt in found.attempts] == ["sc", "tso"]
    assert bug_of(found.failed).name == "store buffering"


def test_same_question_has_the_same_answer() -> None:
    texts = {
        explain(
            SUBJECTS["stack/pool"],
            Finding("forbidden outcome", "", stack.ABA),
            budget_s=600,
        ).text()
        for _ in range(2)
    }
    assert len(texts) == 1


def test_what_is_not_found_is_said_with_its_bounds() -> None:
    sound = SUBJECTS["counter/fetch-add-relaxed"]
    found = explain(sound, lost_update(), budget_s=600)
    assert not found.found
    assert [attempt.exhaustive for attempt in found.attempts] == [True] * 4
    assert "rc11 with races allowed: all 6 executions" in found.text()


def test_a_hang_that_the_scenario_asks_for_is_not_what_shrinking_ends_with() -> None:
    # Without the sender, waiting for ever is right: that scenario explains nothing.
    hang = Finding("hang", "", publish.WAITING)
    found = explain(SUBJECTS["publish/plain-flag"], hang, budget_s=600)
    assert found.failed is not None
    assert Call("send", (1,)) in found.failed.scenario.calls


def test_finding_without_a_counterpart_is_a_usage_error() -> None:
    finding = Finding("exit", "", counter.TWICE)
    with pytest.raises(
        UsageError, match=r"^the explorer knows no counterpart of 'exit'$"
    ):
        explain(SUBJECTS["counter/plain"], finding)


def kept(folder: Path) -> Explained:
    return explain_and_keep(
        SUBJECTS["counter/plain"],
        lost_update(),
        place="subjects",
        folder=folder,
        budget_s=600,
    )


def test_capsule_replays_exactly_in_under_a_second(tmp_path: Path) -> None:
    found = kept(tmp_path)
    assert found.capsule is not None
    assert found.failed is not None
    took = []
    for _ in range(2):  # the first one imports what it needs
        began = spent()
        again = replay(load_capsule(found.capsule), budget_s=600)
        took.append(spent() - began)
    assert min(took) < 1.0
    assert (again.verdict, again.failures, again.samples) == (Verdict.FAILED, 1, 1)
    assert bug_of(found.failed).line in again.message


def test_replay_says_the_same_as_the_explanation(tmp_path: Path) -> None:
    found = kept(tmp_path)
    assert found.capsule is not None
    assert found.failed is not None
    assert (
        text_of(found.failed) in replay(load_capsule(found.capsule), budget_s=600).message
    )


def test_what_only_weak_memory_shows_is_said_to_be_more_than_x86() -> None:
    subject = SUBJECTS["publish/relaxed-acquire"]
    stale = Finding("forbidden outcome", "", publish.TRYING)
    found = explain(subject, stale, budget_s=600)
    assert found.failed is not None, found.text()
    assert (found.failed.detail["model"], found.beyond_x86) == ("rc11", True)
    assert "x86 hardware alone does not show it; the compiler reordered" in found.text()
    assert "none of all " in found.text()
    assert found.to_json()["beyond_x86"]


@pytest.mark.parametrize("name", ["racy", "counter/plain"])
def test_what_x86_shows_is_not_said_to_be_more_than_it(name: str) -> None:
    scenario = both(Call("enter", (0,)), Call("enter", (1,)))
    buffered = Finding("forbidden outcome", "", scenario, ((), (True,), (True,), ()))
    found = explain(
        SUBJECTS[name], buffered if name == "racy" else lost_update(), budget_s=600
    )
    assert found.found
    assert not found.beyond_x86
    assert "x86" not in found.text()


def test_all_of_it_holds_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    # Seconds as the searches count them, so that a busy machine changes nothing.
    import heald.explaining.search as explaining

    clock = [0.0]
    counted = SimpleNamespace(monotonic=lambda: clock[0])
    monkeypatch.setattr(explaining, "time", counted)
    given = []
    explore = explaining.explore_scenario

    def slow(*arguments: object, **options: object) -> object:
        given.append(options["budget_s"])
        clock[0] += float(str(options["budget_s"]))  # each search takes all it may
        return explore(*arguments, **{**options, "budget_s": 60.0})  # type: ignore[arg-type]

    monkeypatch.setattr(explaining, "explore_scenario", slow)
    hang = Finding("forbidden outcome", "", stack.TAG_WRAP_2)
    found = explain(SUBJECTS["stack/pool"], hang, budget_s=10.0)
    assert len(given) > 1
    assert clock[0] <= 10.5
    assert found.was_cut == found.found
