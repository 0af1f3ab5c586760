"""A campaign explains what nobody expected, within its budget, and keeps what it learnt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heald import Call, Scenario, Verdict
from heald.campaign import explanations
from heald.campaign.database import Database
from heald.campaign.explanations import (
    FAIR_S,
    LONGEST_S,
    NOT_EXPLAINED,
    Explanations,
    explain_request,
)
from heald.campaign.record import Record
from heald.campaign.report import rendered
from heald.campaign.table import attention, summary
from heald.capsule import load_capsule
from heald.finding import Finding
from heald.replaying.replay import replay
from heald.targets.of_subject import SubjectTarget
from heald.targets.target import Expected
from tests.campaign import fakes
from tests.campaign.fakes import Fake, campaign_of
from tests.campaign.test_run import run
from tests.explaining.racy import RACY

TARGET = SubjectTarget(RACY)
NEW_IDS = Scenario(threads=((Call("new_id"),), (Call("new_id"),)))
SAME_ID = Finding("forbidden outcome", "", NEW_IDS, ((), (0,), (0,), ()))


def offered(*offers: tuple[str, Expected, str], budget_s: float = 100.0) -> Explanations:
    queue = Explanations(budget_s)
    for name, expected, kind in offers:
        finding = Finding(kind, "", NEW_IDS)
        record = Record(name, "here", expected)
        queue.offer(record, TARGET, finding, "here", f"{name}.json")
    return queue


@pytest.mark.parametrize(
    ("offers", "taken"),
    [
        ([("a", None, "crash")], ["a.json"]),
        ([("a", "sound", "crash"), ("b", None, "hang")], ["a.json", "b.json"]),
        ([("a", None, "crash"), ("a", None, "crash")], ["a.json"]),
        ([("a", None, "crash"), ("a", None, "hang")], ["a.json", "a.json"]),
        ([("a", "flawed", "crash")], []),
        ([("a", None, "exit")], []),
    ],
    ids=["one", "two targets", "again", "two kinds", "expected", "no counterpart"],
)
def test_first_of_each_kind_is_explained_unless_it_was_expected(
    offers: list[tuple[str, Expected, str]], taken: list[str]
) -> None:
    assert [request.capsule for request in offered(*offers).waiting] == taken


def test_target_without_a_subject_is_not_explained() -> None:
    queue = Explanations(100.0)
    fake = Fake("a", fakes.good)
    queue.offer(Record("a", "here"), fake, SAME_ID, "here", "a.json")
    assert not queue.waiting


def test_explanations_have_a_quarter_of_the_budget_and_never_more_than_is_left() -> None:
    names = [(f"{number}", None, "crash") for number in range(9)]
    queue = offered(*names, budget_s=100.0)
    spent = []
    while (chosen := queue.next(90.0)) is not None:
        spent.append(chosen[1])
        queue.spent(chosen[1])
    assert sum(spent) == pytest.approx(25.0)
    assert all(FAIR_S <= each <= LONGEST_S for each in spent[:-1])
    assert len(spent) >= 8
    assert len(queue.waiting) == 9 - len(spent)


@pytest.mark.parametrize(
    ("waiting", "budget_s", "left_s", "allowed_s"),
    [
        (1, 100.0, 90.0, LONGEST_S),
        (1, 40.0, 39.0, 10.0),
        (1, 100.0, 2.0, 2.0),
        (5, 100.0, 90.0, 5.0),
        (5, 20.0, 19.0, FAIR_S),
        (1, 100.0, 0.1, None),
        (0, 100.0, 90.0, None),
    ],
    ids=["longest", "share", "left", "fair", "not too short", "too late", "none"],
)
def test_one_explanation_takes_what_is_fair(
    waiting: int, budget_s: float, left_s: float, allowed_s: float | None
) -> None:
    names = [(f"{number}", None, "crash") for number in range(waiting)]
    chosen = offered(*names, budget_s=budget_s).next(left_s)
    assert (None if chosen is None else chosen[1]) == allowed_s


def test_something_is_kept_back_only_while_something_waits() -> None:
    assert offered(budget_s=100.0).reserve_s == 0
    assert offered(("a", None, "crash"), budget_s=100.0).reserve_s == 5.0


def test_explanation_is_written_into_the_capsule_and_replays(tmp_path: Path) -> None:
    campaign = campaign_of(tmp_path, TARGET, budget_s=1.0)
    record = campaign.records["racy"]
    place = "tests.explaining.racy"
    capsule = campaign.keeping.keep_capsules(record, [SAME_ID])[0]
    queue = Explanations(1000.0)
    queue.offer(record, TARGET, SAME_ID, place, capsule)
    explain_request(queue.waiting[0], 60.0)
    explanation = load_capsule(Path(capsule)).explanation
    assert explanation["found"]
    assert "lost update" in explanation["text"]
    again = replay(load_capsule(Path(explanation["capsule"])), budget_s=60)
    assert again.verdict is Verdict.FAILED


@pytest.mark.slow
def test_campaign_explains_by_itself_and_shows_it_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explanations, "LONGEST_S", 300.0)  # a busy machine needs longer
    campaign = campaign_of(tmp_path, TARGET, budget_s=4000.0)
    record = campaign.records["racy"]

    def explained(_: object) -> bool:
        return any(each["found"] for each in record.explained.values())

    verdicts, _ = run(campaign, explained)
    assert verdicts == {"racy": Verdict.FAILED}
    capsule, explanation = next(
        (path, each) for path, each in record.explained.items() if each["found"]
    )
    text = explanation["text"]
    assert load_capsule(Path(capsule)).explanation["text"] == text
    with Database(campaign.database.path) as kept:
        row = kept.latest()
        assert row is not None
        assert kept.records(row.id)[0].explained[capsule]["text"] == text
    shown = "\n".join(line[4:] for line in attention([record]))
    assert text in shown
    assert json.loads(json.dumps(summary([record])))["targets"][0]["explanations"]
    with Database(campaign.database.path) as kept:
        html = rendered(kept, row).replace("&#34;", '"').replace("&#39;", "'")
    assert text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html


def test_what_takes_too_long_is_ended_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    def for_ever(request: object, limit_s: float) -> None:
        time.sleep(600)

    monkeypatch.setattr("heald.campaign.run.explain_request", for_ever)
    monkeypatch.setattr(explanations, "LONGEST_S", 1.0)

    def failing(seconds: float, seed: int, stop: fakes.Stop) -> fakes.SliceResult:
        fakes.sample_until(min(seconds, 0.02), stop)
        return fakes.SliceResult(10, 0.02, {}, (SAME_ID,))

    target = Fake("racy", failing)
    target.subject = RACY  # type: ignore[attr-defined]
    campaign = campaign_of(tmp_path, target, budget_s=600.0)
    record = campaign.records["racy"]
    run(campaign, lambda _: bool(record.explained))
    (explanation,) = record.explained.values()
    assert explanation == {"found": False, "text": NOT_EXPLAINED}
