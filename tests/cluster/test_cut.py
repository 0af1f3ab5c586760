"""A network that is cut: both ends find out, what was lost is done again, nobody is left."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from heald import UsageError
from heald.cluster.pipes import PipesBackend, Start
from heald.explorer.program import check
from tests.cluster.asked import asking
from tests.cluster.test_agent import children_of, wait_until_gone
from tests.cluster.test_searching import ALL, COUNTING

pytestmark = pytest.mark.slow


def far(silence_s: float) -> Start:
    """Return an agent behind a wire: a `cat` that can be stopped, as a network is cut."""
    agent = f"{sys.executable} -m heald agent --silence {silence_s}s"
    return Start("far", ["sh", "-c", f"cat | {agent}; exit"])


@pytest.fixture
def wired() -> Iterator[list[int]]:
    pids: list[int] = []
    yield pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def answers(backend: PipesBackend) -> bool:
    (link,) = backend.links()
    handle = link.submit("hello")
    end = time.monotonic() + 60
    while (answer := handle.poll()) is None and time.monotonic() < end:
        backend.pump()
        time.sleep(0.01)
    return answer is not None and answer["answer"] == "hello"


def test_an_agent_that_hears_nothing_else_is_told_that_somebody_is_there() -> None:
    backend = PipesBackend([far(2.0)], is_here=False, alive_every_s=0.1)
    try:
        assert answers(backend)
        (link,) = backend.links()
        end = time.monotonic() + 4.0
        while time.monotonic() < end:
            backend.pump()
            time.sleep(0.02)
        assert backend.links() == [link]
        assert answers(backend)
    finally:
        backend.close()


def test_a_search_over_a_network_that_is_cut_has_the_same_total(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wired: list[int]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("counting.c").write_text(COUNTING.replace("CHECK", "return 0;"))
    agent = [sys.executable, "-m", "heald", "agent", "--parent", str(os.getpid())]
    backend = PipesBackend(
        [Start("near", agent), far(2.0)], is_here=True, alive_every_s=0.1
    )
    lines: list[Any] = []

    def cut(counts: Mapping[str, Any]) -> None:
        """Cut it once it works; give it up as `ssh` does, when its agent is gone."""
        if lines:
            return
        link = backend.links()[1]
        children = {command(pid): pid for pid in children_of(link.process.pid)}
        os.kill(children["cat"], signal.SIGSTOP)
        wired.append(children.pop("cat"))
        lines.append(link)
        wait_until_gone(*children.values())  # by itself: it hears nothing any more
        link.process.kill()

    monkeypatch.setattr("heald.cluster.divided._TELL_EVERY_S", 0.0)
    with asking(backend, parts=8):
        result = check(["counting.c"], on_progress=cut)
    assert lines
    assert not lines[0].is_alive
    assert (result.executions, result.exhaustive) == (ALL, True)


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def test_a_machine_that_is_gone_for_a_while_ends_no_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("heald.cluster.pipes._FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("heald.cluster.pipes._LONGEST_PAUSE_S", 0.02)
    Path("counting.c").write_text(COUNTING.replace("CHECK", "return 0;"))
    agent = f"{sys.executable} -m heald agent --parent {os.getpid()}"
    # There for the first time, then fifteen times not, then there.
    there = "[ $n = 1 ] || [ $n -gt 16 ]"
    script = f"echo >> times; n=$(wc -l < times); {there} || exit 255; exec {agent}"
    backend = PipesBackend([Start("far", ["sh", "-c", script])], is_here=True)
    killed: list[int] = []

    def kill(_: Mapping[str, Any]) -> None:
        if not killed:
            killed.append(backend.links()[0].process.pid)
            os.kill(killed[0], signal.SIGKILL)

    monkeypatch.setattr("heald.cluster.divided._TELL_EVERY_S", 0.0)
    with asking(backend, parts=8):
        result = check(["counting.c"], on_progress=kill)
    assert killed
    assert len(Path("times").read_text()) == 17
    assert (result.executions, result.exhaustive) == (ALL, True)


def test_a_search_whose_machines_are_gone_ends_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("heald.cluster.crew._PATIENCE_S", 0.5)
    Path("counting.c").write_text(COUNTING.replace("CHECK", "return 0;"))
    agent = f"{sys.executable} -m heald agent --parent {os.getpid()}"
    script = f"[ -e gone ] && exit 255; touch gone; exec {agent}"
    backend = PipesBackend([Start("far", ["sh", "-c", script])], is_here=True)

    def kill(_: Mapping[str, Any]) -> None:
        for link in backend.links():
            link.process.kill()

    monkeypatch.setattr("heald.cluster.divided._TELL_EVERY_S", 0.0)
    gone = r"no agent is within reach any more \(far\)"
    with asking(backend, parts=8), pytest.raises(UsageError, match=gone):
        check(["counting.c"], on_progress=kill)


def test_a_search_that_no_agent_came_to_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("counting.c").write_text(COUNTING.replace("CHECK", "return 0;"))
    backend = PipesBackend([Start("deaf", ["sleep", "100"])], is_here=True)
    with asking(backend), pytest.raises(UsageError, match="no agent was ready"):
        check(["counting.c"], budget_s=0.3)
