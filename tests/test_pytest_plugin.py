"""The plugin, seen from outside: pytest runs of their own on small test files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

VIOLATION = """
from heald import Finding
from heald.testing.violated import violated

def test_counter():
    raise violated(
        Finding("lost update", "2 gave 1", seed=3), target="counter/plain",
        place="subjects", identity={},
    )
"""
SEEDS = """
def test_seed(heald_run):
    with open("seeds", "a") as file:
        print(heald_run.number, heald_run.seed, heald_run.budget_s, heald_run.profile, file=file)
"""
LOOP = """
def test_seed(heald_repetitions):
    for run in heald_repetitions:
        with open("seeds", "a") as file:
            print(run.number, run.seed, file=file)
        assert run.number != FAILS
"""


#: The plugin of Hypothesis imports all of it, which costs more than all else of a session.
WITHOUT = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")


def run(folder: Path, text: str, *arguments: str, **environment: str) -> str:
    (folder / "test_it.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *WITHOUT, *arguments],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "HEALD_SEED"} | environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    return done.stdout + done.stderr


def seeds(folder: Path) -> list[list[str]]:
    lines = (folder / "seeds").read_text().splitlines()
    (folder / "seeds").unlink()
    return [line.split() for line in lines]


def test_violation_ends_in_replay_line_and_junit_properties(tmp_path: Path) -> None:
    forms = ["--heald-html=p.html", "--heald-sarif=s.sarif", "--heald-github"]
    output = run(tmp_path, VIOLATION, "--junit-xml=junit.xml", *forms)
    (capsule,) = (tmp_path / ".heald" / "capsules").iterdir()
    name = f".heald/capsules/{capsule.name}"
    *_, replay, last = output.splitlines()
    assert replay == f"heald replay {name}    # test_it.py::test_counter"
    assert "1 failed" in last
    tree = ElementTree.parse(tmp_path / "junit.xml")
    properties = {p.get("name"): p.get("value") for p in tree.iter("property")}
    assert properties == {
        "heald.finding": "lost update",
        "heald.replay": f"heald replay {name}",
    }
    message = "test_it.py::test_counter: 2 gave 1"
    assert f"lost update: {message}" in output.partition("::error")[2]
    assert message in (tmp_path / "p.html").read_text()
    assert name in (tmp_path / "s.sarif").read_text()


def test_header_names_seed_profile_compiler_and_machine(tmp_path: Path) -> None:
    output = run(tmp_path, SEEDS, "--heald-seed=7", "--heald-profile=thorough")
    pattern = (
        r"^heald: \d+\.\d+\.\d+, --heald-seed=7, profile thorough, \S+.*\d+\.\d+\.\d+\n"
        r"heald: \d+ x .*"
    )
    assert re.search(pattern, output, re.MULTILINE)


FAKE_COMPILER = "#!/bin/sh\ntouch {started}\necho 1.2.3\n"


def compiler_that_leaves_a_mark(folder: Path) -> tuple[str, Path]:
    compiler, started = folder / "cc", folder / "started"
    compiler.write_text(FAKE_COMPILER.format(started=started))
    compiler.chmod(0o755)
    return str(compiler), started


@pytest.mark.parametrize("arguments", [(), ("-v",), ("-n", "2")], ids=" ".join)
def test_session_without_heald_starts_no_compiler_and_prints_no_line(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    compiler, started = compiler_that_leaves_a_mark(tmp_path)
    output = run(tmp_path, "def test_plain(): pass\n", *arguments, CC=compiler)
    assert "1 passed" in output
    assert not started.exists()
    assert re.findall(r"^heald.*", output, re.MULTILINE) == []


@pytest.mark.parametrize("text", [SEEDS, "import heald.subject\ndef test_it(): pass\n"])
def test_session_with_heald_names_the_compiler(tmp_path: Path, text: str) -> None:
    compiler, started = compiler_that_leaves_a_mark(tmp_path)
    output = run(tmp_path, text, "--heald-seed=7", CC=compiler)
    assert started.exists()
    assert f"--heald-seed=7, profile quick, {compiler} 1.2.3\n" in output


def test_processes_that_share_the_tests_share_seed_and_replay_lines(
    tmp_path: Path,
) -> None:
    run(tmp_path, SEEDS, "--heald-seed=7")
    alone = seeds(tmp_path)
    output = run(tmp_path, SEEDS, "--heald-seed=7", "-n", "2")
    assert seeds(tmp_path) == alone
    assert "--heald-seed=7, profile quick" in output
    output = run(tmp_path, VIOLATION, "-n", "2")
    assert re.search(r"^heald replay \S+ +# test_it\.py::test_counter$", output, re.M)


def test_seed_follows_from_the_base_seed_however_it_is_given(tmp_path: Path) -> None:
    run(tmp_path, SEEDS, "--heald-seed=7", "--heald-budget=250ms")
    ((number, seed, budget, profile),) = seeds(tmp_path)
    assert (number, budget, profile) == ("0", "0.25", "quick")
    run(tmp_path, SEEDS, HEALD_SEED="7")
    assert seeds(tmp_path)[0][1] == seed
    run(tmp_path, SEEDS, "--heald-seed=8")
    assert seeds(tmp_path)[0][1] != seed


def test_repetition_has_its_own_seed_whatever_the_count(tmp_path: Path) -> None:
    run(tmp_path, SEEDS, "--heald-seed=7", "--count=3")
    three = seeds(tmp_path)
    run(tmp_path, SEEDS, "--heald-seed=7", "--count=4")
    four = seeds(tmp_path)
    assert four[:3] == three
    assert len({seed for _, seed, *_ in four}) == 4


def test_looping_test_is_one_item_and_names_the_repetition_that_failed(
    tmp_path: Path,
) -> None:
    loop = LOOP.replace("FAILS", "20000")
    output = run(
        tmp_path, loop, "--heald-seed=7", "--count=30000", "--junit-xml=junit.xml"
    )
    rows = seeds(tmp_path)
    assert len(rows) == 20001
    assert len({seed for _, seed in rows}) == 20001
    assert "collected 1 item" in output
    assert f"repetition 20001, seed {rows[-1][1]}" in output
    tree = ElementTree.parse(tmp_path / "junit.xml")
    assert {p.get("name"): p.get("value") for p in tree.iter("property")} == {
        "heald.repetitions": "20001"
    }


def test_profile_of_hypothesis_is_left_alone_unless_one_is_chosen(tmp_path: Path) -> None:
    text = """
from hypothesis import settings
def test_profile(): assert settings().max_examples == EXAMPLES
"""
    for examples, *arguments in (
        (100,),
        (50, "--heald-profile=quick"),
        (500, "--heald-profile=thorough"),
    ):
        output = run(
            tmp_path, text.replace("EXAMPLES", str(examples)), *map(str, arguments)
        )
        assert "1 passed" in output, output


@pytest.mark.parametrize(
    ("option", "told"), [("-rA", True), ("-rp", True), ("-v", True), ("-rf", False)]
)
def test_what_a_pass_is_worth_is_told_where_passes_are(
    tmp_path: Path, option: str, told: bool
) -> None:
    text = "def test_it(heald_run): heald_run.say('7 samples')\n"
    output = run(tmp_path, text, option, "--junit-xml=junit.xml")
    line = "heald: what a pass is worth"
    assert ("test_it.py::test_it: 7 samples" in output.partition(line)[2]) is told
    assert 'name="heald.worth" value="7 samples"' in (tmp_path / "junit.xml").read_text()
