"""An agent by itself: what it answers, what it refuses, and when it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from heald.targets.isolated import result_from_json
from tests.cluster.talk import Talk, project

pytestmark = pytest.mark.slow


def test_hello_says_what_a_leader_compares() -> None:
    with Talk() as agent:
        answer = agent.ask("hello")
    assert answer["answer"] == "hello"
    assert answer["topology"]["machine"] == os.uname().machine
    assert answer["processors"] == sorted(os.sched_getaffinity(0))
    assert len(answer["key"]) == 20


def test_a_slice_comes_back_as_it_was_and_what_it_prints_does_not(tmp_path: Path) -> None:
    project(tmp_path, "good", "bad")
    with Talk() as agent:
        prepared = agent.prepare(tmp_path)
        assert prepared["targets"]["fake/bad"] == {"shown_here": "rare", "expected": None}
        answer = agent.hear(agent.start("fake/bad", seed=41))
    assert answer["how"] == "result"
    result = result_from_json(answer["data"])
    assert (result.samples, result.findings[0].seed) == (42, 41)
    assert answer["seconds"] >= 0.05


def test_compiling_a_target_says_what_it_is_made_of(tmp_path: Path) -> None:
    project(tmp_path, "good")
    with Talk() as agent:
        agent.prepare(tmp_path)
        answer = agent.ask("compile", target="fake/good")
    assert answer["identity"] == {"check": "fake", "sources": {}, "flags": ["fake/good"]}


def test_slices_side_by_side_end_each_in_its_time(tmp_path: Path) -> None:
    project(tmp_path, "long", "good")
    with Talk() as agent:
        agent.prepare(tmp_path)
        long = agent.start("fake/long")
        assert agent.hear(agent.start("fake/good"))["how"] == "result"
        agent.send("stop", of=long, now=False)
        assert agent.hear(long)["how"] == "result"


def test_what_does_not_stop_is_killed_when_asked(tmp_path: Path) -> None:
    project(tmp_path, "long")
    with Talk() as agent:
        agent.prepare(tmp_path)
        long = agent.start("fake/long")
        agent.send("stop", of=long, now=True)
        assert agent.hear(long)["how"] == "killed"


def test_a_crash_is_the_slices_and_not_the_agents(tmp_path: Path) -> None:
    project(tmp_path, "crash", "good")
    with Talk() as agent:
        agent.prepare(tmp_path)
        crash = agent.hear(agent.start("fake/crash"))
        assert (crash["how"], crash["code"]) == ("signal", signal.SIGSEGV)
        assert agent.hear(agent.start("fake/good"))["how"] == "result"


SLICE = {"target": "fake/good", "seed": 1, "seconds": 1, "processors": []}


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        ({"ask": "dance"}, "there is no ask 'dance'"),
        ({"ask": ["hello"]}, "there is no ask"),
        ({"ask": "hello", "extra": 1}, "hello: there is no field 'extra'"),
        ({"ask": "slice"}, "slice: there is no target"),
        ({"ask": "slice", **SLICE, "seed": -1}, "seed cannot be '-1'"),
        ({"ask": "slice", **SLICE, "seed": True}, "seed cannot be 'True'"),
        ({"ask": "slice", **SLICE, "seconds": 1e12}, "seconds cannot be"),
        ({"ask": "slice", **SLICE, "target": "x" * 100_000}, "target cannot be"),
        ({"ask": "slice", **SLICE}, "no target fake/good was loaded"),
        ({"ask": "slice", **SLICE, "processors": ["0"]}, "processors cannot be"),
        ({"ask": "has", "digests": ["../../etc/passwd"]}, "digests cannot be"),
        ({"ask": "keep", "digest": "0" * 64, "data": "AAAA"}, "not what its name says"),
        ({"ask": "keep", "digest": "0" * 64, "data": "?"}, "is no base64"),
        (
            {"ask": "prepare", "folder": "/nowhere", "files": None, "places": []},
            "there is no folder /nowhere",
        ),
        (
            {
                "ask": "prepare",
                "folder": ".",
                "files": {"../out.py": "0" * 64},
                "places": [],
            },
            "'../out.py' is no name of a file",
        ),
        (
            {"ask": "prepare", "folder": ".", "files": {"a.py": "0" * 64}, "places": []},
            "a.py (" + "0" * 64 + ") was never sent",
        ),
        ({"ask": "stop", "of": 1.5, "now": False}, "of cannot be '1.5'"),
    ],
)
def test_what_is_not_an_ask_is_refused_with_a_reason(
    ask: dict[str, Any], words: str, tmp_path: Path, shared_agent: Talk
) -> None:
    answer = shared_agent.ask(**ask)
    assert answer["answer"] == "refused"
    assert words in answer["message"]


@pytest.fixture(scope="module")
def shared_agent() -> Any:
    with Talk() as agent:
        yield agent


@pytest.mark.parametrize(
    "line", [b"no JSON\n", b"[1]\n", b'"text"\n', b"[" * 9999 + b"\n"]
)
def test_what_is_no_object_ends_the_connection(line: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "heald", "agent", "--once"],
        input=line,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["answer"] == "refused"
    assert b"Traceback" not in done.stderr


def children_of(pid: int) -> list[int]:
    return [
        int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ]


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(*pids: int) -> None:
    end = time.monotonic() + 60
    while not all(map(is_gone, pids)):
        assert time.monotonic() < end, f"{pids} still run"
        time.sleep(0.01)


@pytest.mark.parametrize("ending", ["closed pipe", "kill -9"])
def test_what_an_agent_runs_ends_with_it(tmp_path: Path, ending: str) -> None:
    project(tmp_path, "long")
    with Talk() as agent:
        agent.prepare(tmp_path)
        agent.start("fake/long")
        agent.ask("alive")
        (child,) = children_of(agent.process.pid)
        if ending == "kill -9":
            agent.process.kill()
        else:
            assert agent.process.stdin is not None
            agent.process.stdin.close()
        assert agent.process.wait(60) == (0 if ending == "closed pipe" else -9)
        wait_until_gone(child)


def test_an_agent_ends_with_the_parent_that_it_was_given(tmp_path: Path) -> None:
    script = (
        "import os, subprocess, sys, time\n"
        "agent = subprocess.Popen([sys.executable, '-m', 'heald', 'agent', '--parent',"
        " str(os.getpid())], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        'agent.stdin.write(b\'{"ask": "alive", "id": 1}\\n\'); agent.stdin.flush()\n'
        "agent.stdout.readline()\n"
        "print(agent.pid, flush=True)\n"
        "if not os.fork(): time.sleep(60)  # somebody else holds the pipes open\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    agent = int(parent.stdout.readline())
    (holder,) = [pid for pid in children_of(parent.pid) if pid != agent] or [0]
    parent.kill()
    parent.communicate() if not holder else parent.wait()
    wait_until_gone(agent)
    if holder:
        os.kill(holder, signal.SIGKILL)
    parent.stdout.close()


def test_an_agent_that_hears_nothing_ends(tmp_path: Path) -> None:
    with Talk("--silence", "0.3s") as agent:
        agent.ask("alive")
        assert agent.process.wait(60) == 0
