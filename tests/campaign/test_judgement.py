"""What a target shows depends on the machine: judged and shown for each kind of machines."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

import heald
from heald import Finding, Verdict
from heald.campaign.database import Database
from heald.campaign.judgement import judge
from heald.campaign.plan import Plan
from heald.campaign.record import Record
from heald.campaign.report import rendered
from heald.campaign.table import print_table, summary
from heald.targets.target import SliceResult
from heald.topology import this_machine

X86, ARM = "x86_64", "aarch64"


def record(
    expected: str | None, shown: dict[str, str], caught: dict[str, float | None]
) -> Record:
    """Return a record: on each kind a minute, with a finding after so many seconds."""
    found = Record("ring/relaxed", "rings.py", expected)
    for kind, after in caught.items():
        found.on(kind).shown_here = shown.get(kind, "yes")
        for second in range(1, 61):
            bad = after is not None and second >= after
            findings = [Finding("stale slot", "3 gave 0")] if bad else []
            found.add(SliceResult(1000, 1.0, {"1": 1}, findings), kind)
    return found


HIDDEN = {X86: "no", ARM: "yes"}
ON_ARM = {ARM: 40.0, X86: None}


@pytest.mark.parametrize(
    ("expected", "shown", "caught", "verdict", "worth"),
    [
        (
            *("flawed", HIDDEN, ON_ARM, Verdict.PASSED),
            "caught on aarch64 in 40 s, never on x86_64 in 1 min 00 s: stale slot x 21",
        ),
        (
            *("flawed", HIDDEN, {ARM: 40.0, X86: 3.0}, Verdict.FAILED),
            "on x86_64: stale slot x 58, which this machine cannot show: who is wrong?",
        ),
        (
            *("flawed", HIDDEN, {ARM: None, X86: None}, Verdict.FAILED),
            "on aarch64: not caught in 1 min 00 s; must be within 1 min 00 s; "
            "on x86_64: not shown: this machine hides it",
        ),
        (
            *("flawed", {X86: "no", ARM: "rare"}, {ARM: None, X86: None}, Verdict.PASSED),
            "on aarch64: not caught: rare on this machine; "
            "on x86_64: not shown: this machine hides it",
        ),
        (
            *("sound", {}, ON_ARM, Verdict.FAILED),
            "stale slot x 21, caught on aarch64 in 40 s, never on x86_64 in 1 min 00 s",
        ),
        (
            "sound",
            {},
            {ARM: None, X86: None},
            Verdict.PASSED,
            "misses below ",
        ),
        (
            "flawed",
            HIDDEN,
            {X86: None},
            Verdict.PASSED,
            "not shown: this machine hides it",
        ),
    ],
)
def test_each_kind_of_machines_is_judged_by_what_it_can_show(
    expected: str | None,
    shown: dict[str, str],
    caught: dict[str, float | None],
    verdict: Verdict,
    worth: str,
) -> None:
    found = record(expected, shown, caught)
    if len(caught) == 1:  # one machine is the campaign's own
        found.shown_here = shown[X86]
    judged = judge(found)
    assert judged.verdict is verdict
    assert judged.worth.startswith(worth)


def test_the_table_has_a_column_for_each_kind(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([record("flawed", HIDDEN, ON_ARM)], Console(width=200))
    head, row, *_ = capsys.readouterr().out.splitlines()
    assert ("aarch64" in head, "x86_64" in head) == (True, True)
    assert "caught 40 s" in row
    print_table([record("flawed", {X86: "no"}, {X86: None})], Console(width=200))
    assert "x86_64" not in capsys.readouterr().out


def test_json_says_of_each_kind_when_it_was_caught() -> None:
    (row,) = summary([record("flawed", HIDDEN, ON_ARM)])["targets"]
    assert row["kinds"][ARM]["caught_after_s"] == 40.0
    assert row["kinds"][X86]["caught_after_s"] is None
    assert row["kinds"][X86]["shown_here"] == "no"


def test_a_database_knows_the_machines_and_what_each_kind_showed(tmp_path: Path) -> None:
    facts = {
        name: {
            "topology": {**this_machine().to_json(), "machine": name, "kernel": "9.9"},
            "heald": "0.1.0",
            "compiler": f"gcc of {name}\nmore",
        }
        for name in (X86, ARM)
    }
    found = record("flawed", HIDDEN, ON_ARM)
    with Database(tmp_path / "results.db") as database:
        topology = this_machine().to_json()
        campaign = database.start(Plan(), seed=1, topology=topology, heald="0.1.0")
        target = database.add_target(campaign, found)
        machines = {n: database.add_machine(campaign, n, facts[n]) for n in (X86, ARM)}
        assert database.add_machine(campaign, ARM, facts[ARM]) == machines[ARM]
        for kind, shown in HIDDEN.items():
            database.set_shown(target, kind, shown)
        for number in range(120):
            kind = (X86, ARM)[number % 2]
            bad = kind == ARM and number >= 78
            findings = [Finding("stale slot", "3 gave 0")] if bad else []
            result = SliceResult(1000, 1.0, {"1": 1}, findings)
            keep = {"seed": number, "used_s": 1.0, "capsules": {}, "number": number}
            arguments = (campaign, target, result)
            assert database.add_slice(*arguments, **keep, machine=machines[kind])
            assert not database.add_slice(*arguments, **keep, machine=machines[X86])
        (read,) = database.records(campaign)
        assert judge(read).worth == judge(found).worth
        assert read.samples == 120_000
        rows = database.machines(campaign)
        assert [(row["name"], row["slices"]) for row in rows] == [(X86, 60), (ARM, 60)]
        latest = database.latest()
        assert latest is not None
        page = rendered(database, latest)
    assert "gcc of aarch64" in page
    assert "caught on aarch64 in 40 s, never on x86_64" in page


@pytest.mark.parametrize(
    ("shown", "here"),
    [
        ("rare", "rare"),
        ({this_machine().machine: "no", "*": "yes"}, "no"),
        ({"vax": "no", "*": "rare"}, "rare"),
        ({"vax": "no"}, "yes"),
    ],
)
def test_a_subject_says_of_each_family_what_it_shows(
    shown: object, here: str, tmp_path: Path
) -> None:
    (tmp_path / "c.c").write_text("int one(void) { return 1; }\n")
    subject = heald.Subject(
        tmp_path / "c.c",
        ops={"one": heald.op("int one(void)")},
        shown_here=shown,  # type: ignore[arg-type]
    )
    assert subject.shown_here == here
