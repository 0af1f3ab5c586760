from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from heald import Call, Finding, Scenario, UsageError
from heald.campaign.database import KEPT_OUTCOMES, Database
from heald.campaign.plan import Plan, Rule
from heald.campaign.record import Record
from heald.targets.target import SliceResult

PLAN = Plan(
    places=("subjects",), budget_s=9.0, rules=(Rule("a/*", 2.0, catch_within_s=3.0),)
)
FINDING = Finding(
    "forbidden outcome",
    "2 gave 1",
    Scenario(threads=((Call("add", (1,)),), (Call("add", (2,)),))),
    ((), (None,), ((1, True),), ()),
    seed=9,
    count=4,
    detail={"stride": 8},
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "results.db") as opened:
        yield opened


def started(database: Database) -> int:
    return database.start(PLAN, seed=5, topology={"processors": 2}, heald="0.1.0")


def test_record_read_back_equals_the_one_in_memory(database: Database) -> None:
    campaign = started(database)
    record = Record("a/b", "subjects", "flawed", "rare", 3.0)
    number = database.add_target(campaign, record)
    results = [
        SliceResult(100, 0.5, {"x": 60, "y": 40}, notes=("4 threads on 2 processors",)),
        SliceResult(50, 0.25, {"x": 50}, trustworthy=False),
        SliceResult(10, 0.125, {"y": 6, "z": 4}, (FINDING,)),
    ]
    for result in results:
        capsules = {0: "c.json"} if result.findings else {}
        database.add_slice(
            campaign, number, result, seed=1, used_s=2.5, capsules=capsules
        )
        record.add(result)
        record.capsules += capsules.values()
    database.set_error(number, ("usage error", "a.c:1: no"))
    record.error = ("usage error", "a.c:1: no")
    assert database.records(campaign) == [record]
    (found,) = database.findings(campaign)
    assert (found["target"], found["capsule"], found["count"]) == ("a/b", "c.json", 4)
    latest = database.latest()
    assert latest is not None
    assert (latest.plan, latest.seed, latest.used_s, latest.state) == (
        PLAN,
        5,
        2.5,
        "running",
    )


def test_adding_a_known_target_again_keeps_its_results(database: Database) -> None:
    campaign = started(database)
    number = database.add_target(campaign, Record("a/b", "old"))
    database.add_slice(
        campaign, number, SliceResult(7, 1.0), seed=1, used_s=1, capsules={}
    )
    assert database.add_target(campaign, Record("a/b", "new", "sound")) == number
    (record,) = database.records(campaign)
    assert (record.place, record.expected, record.samples) == ("new", "sound", 7)


def test_endless_outcomes_do_not_fill_the_file(database: Database) -> None:
    campaign = started(database)
    number = database.add_target(campaign, Record("a/b", "p"))
    many = {str(i): 1 for i in range(KEPT_OUTCOMES + 50)}
    for _ in range(2):
        database.add_slice(
            campaign, number, SliceResult(1, 1.0, many), seed=1, used_s=1, capsules={}
        )
    (record,) = database.records(campaign)
    assert len(record.outcomes) == KEPT_OUTCOMES
    assert set(record.outcomes.values()) == {2}


def test_results_can_be_read_while_a_campaign_writes(database: Database) -> None:
    campaign = started(database)
    number = database.add_target(campaign, Record("a/b", "p"))
    with Database(database.path, must_exist=True) as reader:
        for samples in (1, 2):
            database.add_slice(
                campaign, number, SliceResult(1, 1.0), seed=1, used_s=1, capsules={}
            )
            assert reader.records(campaign)[0].samples == samples


def test_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but somebody's notes\n" * 50)
    with pytest.raises(
        UsageError, match=r"^cannot use .*notes\.txt as a database: file is not"
    ):
        Database(path)
    assert path.read_text().startswith("not a database")


def test_results_of_another_format_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(
        UsageError, match=r"has results of format 99, this heald writes 1: move"
    ):
        Database(path)
