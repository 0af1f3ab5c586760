"""Campaigns on agents: the same results, whoever is lost on the way."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from heald import UsageError, Verdict
from heald.campaign.agents import AgentHands, ended_of
from heald.campaign.beginning import begin
from heald.campaign.database import Database
from heald.campaign.judgement import judge
from heald.campaign.plan import Plan
from heald.campaign.run import Campaign
from heald.cluster.machine import hello
from heald.cluster.pipes import PipesBackend, Start, local_backend
from heald.cluster.project import project_here
from heald.targets.isolated import result_to_json
from heald.targets.places import targets_in
from heald.targets.target import SliceResult
from tests.campaign.fakes import OPENED
from tests.campaign.test_run import Silent
from tests.cluster.talk import project
from tests.cluster.test_agent import children_of, wait_until_gone

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    for name in [name for name in sys.modules if name.startswith("heald_place_fakes")]:
        del sys.modules[name]


def campaign_on(backend: Any, *, resume: bool = False, **plan: Any) -> Campaign:
    """Return a campaign over the project in this folder."""
    database = Database(Path("results.db"))
    OPENED.append(database)
    settings = {"seed": 7, "jobs": 2, "slice_s": 0.05, "budget_s": 60.0, **plan}
    chosen = Plan(places=("fakes.py",), **settings)
    targets = {target.name: (target, "fakes.py") for target in targets_in("fakes.py")}
    return begin(
        chosen,
        targets,
        database,
        capsules=Path("capsules"),
        resumed=database.latest() if resume else None,
        hands=AgentHands(backend, project_here(["fakes.py"]), list(targets), chosen.jobs),
    )


def run(campaign: Campaign, enough: Callable[[Campaign], bool]) -> dict[str, Verdict]:
    campaign.run(Silent(enough))
    return {name: judge(record).verdict for name, record in campaign.records.items()}


def slices(least: int) -> Callable[[Campaign], bool]:
    return lambda campaign: all(r.slices >= least for r in campaign.records.values())


def rows(statement: str) -> list[Any]:
    with closing(sqlite3.connect("results.db")) as database:
        return database.execute(statement).fetchall()


def count() -> int:
    """Return how many slices were committed."""
    with contextlib.suppress(sqlite3.OperationalError):  # not begun
        return int(rows("SELECT count(*) FROM slice")[0][0])
    return 0


def test_a_campaign_on_agents_has_the_slices_that_one_here_has() -> None:
    project(Path(), "good", "bad")
    campaign = campaign_on(local_backend(2))
    verdicts = run(campaign, slices(6))
    assert verdicts == {"fake/good": Verdict.PASSED, "fake/bad": Verdict.FAILED}
    # The seed follows from target and number, the samples of a fake from the seed.
    for target, name in enumerate(("fake/good", "fake/bad"), 1):
        found = rows(f"SELECT number, seed, samples FROM slice WHERE target = {target}")
        assert {number for number, _, _ in found} >= set(range(6)), name
        assert all(samples == seed % 1000 + 1 for _, seed, samples in found)
    assert rows("SELECT count(*) FROM slice WHERE machine IS NULL") == [(0,)]
    assert rows("SELECT name FROM machine ORDER BY name") == [("local-0",), ("local-1",)]
    assert {r["name"] for r in campaign.database.machines(campaign.id)} == {
        "local-0",
        "local-1",
    }


def test_an_agent_killed_in_a_slice_is_replaced_and_its_slice_asked_again() -> None:
    project(Path(), "good", "kills-one")
    verdicts = run(campaign_on(local_backend(2)), slices(3))
    assert verdicts == {"fake/good": Verdict.PASSED, "fake/kills-one": Verdict.PASSED}
    numbers = [n for (n,) in rows("SELECT number FROM slice WHERE target = 2")]
    assert 0 in numbers  # the one that it was killed in
    assert len(set(numbers)) == len(numbers)


def test_what_kills_its_machine_three_times_is_a_finding() -> None:
    project(Path(), "kills-its-machine", "good")

    def enough(campaign: Campaign) -> bool:
        return bool(campaign.records["fake/kills-its-machine"].findings)

    campaign = campaign_on(local_backend(1))
    verdicts = run(campaign, enough)
    assert verdicts["fake/kills-its-machine"] is Verdict.FAILED
    assert verdicts["fake/good"] is not Verdict.FAILED
    words = "kills its machine: 3 were lost while it ran (local-0, local-0, local-0)"
    assert set(rows("SELECT kind, message FROM finding")) == {("lost", words)}


def test_an_innocent_slice_beside_it_is_not_blamed() -> None:
    project(Path(), "good", "kills-one")
    run(campaign_on(local_backend(1), jobs=2), slices(2))
    assert rows("SELECT count(*) FROM finding") == [(0,)]


def stranger(**other: Any) -> PipesBackend:
    """Return an agent that says something else of itself."""
    line = json.dumps({"answer": "hello", "id": 1, **hello(), **other})
    script = f"input(); print({line!r}, flush=True); input()"
    start = Start("stranger", [sys.executable, "-c", script])
    return PipesBackend([start], is_here=True)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"heald": "0.0.9"}, "the agent on stranger has other heald: '0.0.9'"),
        ({"key": "1234"}, "the agent on stranger has other sources of heald: '1234'"),
        ({"protocol": 99}, "the agent on stranger has other protocol: 99"),
        ({"topology": "a big one"}, "the agent on stranger does not say what machine"),
        ({"processors": []}, "the agent on stranger does not say what machine"),
    ],
)
def test_another_heald_is_refused_by_name(other: Mapping[str, Any], words: str) -> None:
    project(Path(), "good")
    campaign = campaign_on(stranger(**other))
    with pytest.raises(UsageError, match=f"^{re.escape(words)}"):
        run(campaign, slices(1))


def test_what_is_no_agent_is_given_up() -> None:
    project(Path(), "good")
    campaign = campaign_on(PipesBackend([Start("wall", ["true"])], is_here=True))
    with pytest.raises(UsageError, match="3 agents on wall died before they were ready"):
        run(campaign, slices(1))


class Late:
    """A machine that is taken for lost in its first slice, and answers all the same."""

    is_here = True

    def __init__(self) -> None:
        self.first: list[Any] = []
        self.machines = [self.Link(self, "first"), self.Link(self, "second")]

    def links(self) -> Sequence[Any]:
        return [link for link in self.machines if link.is_alive]

    def pump(self) -> None:
        pass

    def close(self) -> None:
        pass

    class Link:
        is_pinned = False

        def __init__(self, backend: Late, name: str) -> None:
            self.backend, self.name, self.is_alive = backend, name, True

        def submit(self, ask: str, **fields: Any) -> Any:
            match ask:
                case "hello":
                    answer = {"answer": "hello", **hello()}
                case "prepare":
                    targets = {"fake/good": {"shown_here": "yes"}}
                    answer = {"answer": "prepared", "targets": targets}
                case "slice" if self.name == "first":
                    self.is_alive = False
                    return self.backend.Lost(self.backend, fields)
                case "slice":
                    answer = ended(fields["seed"])
                    self.backend.first.append(fields["seed"])
                case _:
                    answer = {"answer": "ended", "how": "result", "data": {}}
            return self.backend.Done(answer)

    class Done:
        def __init__(self, answer: Mapping[str, Any]) -> None:
            self.answer = answer

        def poll(self) -> Any:
            return self.answer

        def stop(self, *, now: bool) -> None:
            pass

    class Lost:
        def __init__(self, backend: Late, fields: Mapping[str, Any]) -> None:
            self.backend, self.seed = backend, fields["seed"]

        def poll(self) -> Any:
            again = self.backend.first.count(self.seed)
            return ended(self.seed) if again else {"answer": "lost", "message": "a cut"}

        def stop(self, *, now: bool) -> None:
            pass


def ended(seed: int) -> dict[str, Any]:
    result = result_to_json(SliceResult(seed % 1000 + 1, 0.05, {"1": 1}))
    return {"answer": "ended", "how": "result", "data": result, "message": "", "code": 0}


def test_an_answer_that_comes_twice_counts_once() -> None:
    project(Path(), "good")
    backend = Late()
    campaign = campaign_on(backend, jobs=1)
    run(campaign, slices(5))
    found = rows("SELECT number, seed FROM slice")
    assert len({number for number, _ in found}) == len(found)
    first = next(seed for number, seed in found if number == 0)
    assert backend.first.count(first) == 1
    assert campaign.records["fake/good"].slices == len(found)


@pytest.mark.parametrize(
    "answer",
    [
        {"answer": "ended", "how": "result", "data": {"samples": -1}},
        {"answer": "ended", "how": "result", "data": "nonsense"},
        {"answer": "ended", "how": "rm -rf", "message": "", "code": 0},
        {"answer": "ended", "how": "exit"},
        {"answer": "dance"},
        {},
    ],
)
def test_what_makes_no_sense_is_the_slices_fault(answer: Mapping[str, Any]) -> None:
    found = ended_of(answer)
    assert (found.how, found.message[:27]) == ("exit", "its result makes no sense: ")


def test_a_leader_that_is_killed_takes_its_agents_along_and_can_be_resumed() -> None:
    project(Path(), "good", "bad")
    Path("plan.toml").write_text('places = ["fakes.py"]\nslice = "50ms"\nseed = 7\n')
    command = [sys.executable, "-m", "heald", "stress", "--db", "results.db"]
    where = ["--cluster", "local:2", "--plan", "plan.toml"]
    leader = subprocess.Popen(
        [*command, *where, "--budget", "600s"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 100
    while count() < 5:
        assert time.monotonic() < end
        time.sleep(0.05)
    agents = children_of(leader.pid)
    assert len(agents) == 2
    os.kill(leader.pid, signal.SIGKILL)
    leader.wait()
    wait_until_gone(*agents)
    before = count()
    _resume_for_a_while([*command, *where, "--resume", "--budget", "600s"], before)
    numbers = rows("SELECT target, number FROM slice")
    assert len(set(numbers)) == len(numbers) > before


def _resume_for_a_while(command: list[str], before: int) -> None:
    leader = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 100
    while count() < before + 3:
        assert time.monotonic() < end
        time.sleep(0.05)
    agents = children_of(leader.pid)
    leader.send_signal(signal.SIGINT)
    output, _ = leader.communicate(timeout=900)
    assert b"fake/bad: failed: lost update" in output
    assert leader.returncode == 1
    wait_until_gone(*agents)
