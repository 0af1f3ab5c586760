"""Where the functions are that a scenario calls: read off the author's files."""

from __future__ import annotations

from pathlib import Path

import pytest

import heald
from heald import Call, Scenario
from heald.campaign.progress import finding_line
from heald.campaign.record import Record
from heald.finding import Finding
from heald.showing.evidence import failure_of
from heald.subject.defined import definitions

TEXT = """
int bump(struct counter *counter);
/* bump(counter) { is not it } */
static int twice(struct counter *c) { return bump(c) + bump(c); }
int
bump(struct counter *counter)
{
    if (counter) { look(counter); }
    return counter->n++;
}
#define look(c) { (void)c; }
int both(struct counter *counter) { return twice(counter); }
"""


@pytest.fixture
def subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> heald.Subject:
    monkeypatch.chdir(tmp_path)
    Path("types.h").write_text("struct counter { int n; };\n")
    Path("lost.c").write_text('#include "types.h"\n' + TEXT)
    ops = {
        "bump": heald.op("int bump(struct counter *)"),
        "two": heald.op("int both(struct counter *)"),
        "look": heald.op("int look(struct counter *)"),
    }
    source = str(tmp_path / "lost.c")
    return heald.Subject(
        source, headers=[str(tmp_path / "types.h")], state="struct counter", ops=ops
    )


def test_definitions_are_found_and_neither_calls_nor_declarations_nor_macros(
    subject: heald.Subject,
) -> None:
    threads = ((Call("two"), Call("bump")), (Call("bump"), Call("look")))
    assert definitions(subject, Scenario(threads=threads)) == [
        {"file": "lost.c", "line": 13, "function": "both"},
        {"file": "lost.c", "line": 7, "function": "bump"},
    ]


def test_a_wrong_result_stands_at_the_function_in_a_campaign_and_in_annotations() -> None:
    place = {"file": "lost.c", "line": 7, "function": "bump"}
    scenario = Scenario(threads=((Call("bump"),),))
    found = Finding(
        "forbidden outcome", "1 of 2 samples", scenario, detail={"defined": [place]}
    )
    first, second = finding_line(Record("lost", "."), found, "c.json").splitlines()
    assert first == "failed lost: forbidden outcome: 1 of 2 samples (bump at lost.c:7)"
    assert second == "heald replay c.json".rjust(21)
    assert failure_of(found)["where"] == [{**place, "access": "in"}]
    crashed = {"defined": [place], "where": [{"file": "a.c", "line": 1}]}
    assert failure_of(Finding("x", "", detail=crashed))["where"] == crashed["where"]
