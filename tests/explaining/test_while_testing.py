"""A failing test, a replay and a capsule say why, wherever the failure was met."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.capsule import capsule_of, load_capsule
from heald.cli import main
from heald.explaining.while_testing import Explanations
from heald.finding import Finding
from heald.state import CAPSULES
from heald.targets.of_subject import SubjectTarget
from subjects import counter

PLAIN = next(each for each in counter.TARGETS if each.name == "counter/plain")
LOST = ((), (None,), (None,), (1,))
FINDING = Finding("forbidden outcome", "one lost", counter.TWICE, LOST, seed=1)

USER_TEST = """
import heald
from heald import Call, Scenario

class Model:
    def __init__(self): self.value = 0
    def add(self): self.value += 1
    def get(self): return self.value

shared = heald.Subject(
    "shared.c", state="struct shared",
    ops={"add": heald.op("void shared_add(struct shared *)"),
         "get": heald.op("int shared_get(struct shared *)")},
    model=Model, after=["get"],
    interesting=[Scenario(threads=((Call("add"),), (Call("add"),)), after=(Call("get"),))],
)
test_shared = heald.linearizable(shared, threads=2, ops=2)
test_every_execution = heald.explored(shared, threads=2, ops=1, races="allow")
"""
USER_CODE = """
struct shared { int value; };
void shared_add(struct shared *s);
int shared_get(struct shared *s);
void shared_add(struct shared *s) { s->value++; }
int shared_get(struct shared *s) { return s->value; }
"""


def run_pytest(folder: Path, *arguments: str) -> str:
    (folder / "shared.c").write_text(USER_CODE)
    (folder / "test_it.py").write_text(USER_TEST)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=900,
    )
    return done.stdout + done.stderr


def heald(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "heald", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )


BUG = "lost update: threads 1 and 2 both read 0 from s->value and both wrote 1"


def lines_of(text: str) -> list[str]:
    """Return the lines as they are whatever a frame puts around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def holds(text: str, part: str) -> bool:
    """Whether all lines of the part stand in the text, one after the other."""
    whole, wanted = lines_of(text), lines_of(part)
    starts = range(len(whole) - len(wanted) + 1)
    return any(whole[at : at + len(wanted)] == wanted for at in starts)


@pytest.mark.slow
def test_terminal_pytest_junit_and_json_say_the_same_line_by_line(tmp_path: Path) -> None:
    said = run_pytest(tmp_path, "--junit-xml=j.xml", "-k", "test_shared")
    assert f"explained: {BUG} (shared.c:5, shared.c:5)" in said
    assert (
        "replay exactly: heald replay .heald/capsules/shared-forbidden-outcome-" in said
    )
    found = map(load_capsule, (tmp_path / CAPSULES).glob("shared-forbidden-*.json"))
    (explanation,) = (each.explanation for each in found if each.check == "native")
    assert explanation["failure"]["diagnosis"]["name"] == "lost update"
    text = str(explanation["text"])
    first, *body = text.splitlines()
    assert first.removeprefix("explained: ").startswith(BUG)
    assert len(body) > 10  # scenario, conditions, columns, advice
    told = "\n".join(body)
    assert holds(said, told)  # pytest
    junit = ElementTree.parse(tmp_path / "j.xml")
    values = {each.get("name"): each.get("value") for each in junit.iter("property")}
    assert str(values["heald.bug"]).startswith(BUG)
    failure = junit.find(".//failure")
    assert failure is not None
    assert holds(failure.text or "", told)  # JUnit
    bug = explanation["failure"]["diagnosis"]["line"]
    assert first == f"explained: {bug}"  # JSON
    exact = "\n".join(line for line in body if not line.startswith("replay exactly"))
    for words in ([], ["--json"]):  # the terminal, and JSON again
        again = heald(tmp_path, "replay", str(explanation["capsule"]), *words)
        assert again.returncode == 1, again.stderr
        shown = json.loads(again.stdout)["message"] if words else again.stdout
        assert holds(shown, f"{bug}\n{exact}")


@pytest.mark.slow
def test_nothing_is_explained_where_no_time_is_given(tmp_path: Path) -> None:
    said = run_pytest(tmp_path, "--heald-explain=0", "-k", "test_shared")
    assert "1 failed" in said
    assert "explained:" not in said


@pytest.mark.slow
def test_explored_test_shows_the_same_message_and_replays(tmp_path: Path) -> None:
    said = run_pytest(tmp_path, "-k", "test_every_execution")
    assert BUG in said
    (capsule,) = (tmp_path / CAPSULES).glob("shared-forbidden-outcome-*.json")
    again = heald(tmp_path, "replay", str(capsule.relative_to(tmp_path)))
    assert again.returncode == 1, again.stderr
    assert again.stdout.startswith(f"failed: failed again\n{BUG}")


def native_capsule(folder: Path) -> Path:
    target = SubjectTarget(PLAIN)
    capsule = capsule_of(
        FINDING,
        target=target.name,
        place="subjects/counter.py",
        expected="flawed",
        identity=target.identity(),
    )
    return capsule.save(folder)


def test_replay_explains_and_keeps_it_in_the_capsule(tmp_path: Path) -> None:
    capsule = native_capsule(tmp_path)
    result = CliRunner().invoke(main, ["replay", str(capsule), "--explain", "--json"])
    assert result.exit_code == 1, result.output
    explanation = load_capsule(capsule).explanation
    assert explanation["found"]
    exact = load_capsule(Path(explanation["capsule"]))
    assert (exact.check, exact.kind) == ("explored", "forbidden outcome")


def test_what_the_explorer_found_cannot_be_explained_again(tmp_path: Path) -> None:
    capsule = native_capsule(tmp_path)
    CliRunner().invoke(main, ["replay", str(capsule), "--explain"])
    exact = load_capsule(capsule).explanation["capsule"]
    result = CliRunner().invoke(main, ["replay", exact, "--explain"])
    assert result.exit_code == 2
    assert "only what was found on real threads is explained" in result.output


def test_json_holds_what_the_text_says(tmp_path: Path) -> None:
    capsule = native_capsule(tmp_path)
    shown = CliRunner().invoke(main, ["replay", str(capsule), "--explain"])
    explanation = json.loads(capsule.read_text())["explanation"]
    assert explanation["failure"]["diagnosis"]["line"] in shown.output
    for step in explanation["failure"]["trace"]["steps"]:
        assert step["op"] in ("call", "return") or f":{step['line']}" in shown.output


def test_same_failure_is_explained_once(tmp_path: Path) -> None:
    explanations = Explanations(budget_s=2.0)
    first = explanations.explain(PLAIN, FINDING, "subjects")
    assert explanations.explain(PLAIN, FINDING, "subjects") is first


def test_time_for_explanations_of_a_subject_ends() -> None:
    explanations = Explanations(budget_s=1e-9)
    told = []
    for seed in range(2):
        finding = Finding("crash", str(seed), counter.TWO_EACH if seed else counter.TWICE)
        told.append(explanations.explain(PLAIN, finding, "subjects"))
    assert str(told[1]).startswith("not explained: enough time went into it")


def test_finding_without_a_scenario_is_left_alone() -> None:
    assert Explanations(budget_s=1.0).explain(PLAIN, Finding("crash", ""), "x") == ""
