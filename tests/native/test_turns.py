from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heald.native.turns import turn, wait_until_quiet

HOLD = """
import sys, time
from heald.native.turns import turn
with turn():
    print("mine", flush=True)
    time.sleep(float(sys.argv[1]))
"""


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEALD_TURNS", str(tmp_path / "turn"))
    return tmp_path / "turn"


def holder(seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(seconds)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "mine\n"
    return child


@pytest.mark.usefixtures("lock")
def test_processes_take_turns() -> None:
    with holder(0.5) as child:
        with turn():
            assert child.stdout is not None
            assert child.stdout.read() == ""  # it has ended its turn before
        child.wait()


@pytest.mark.usefixtures("lock")
def test_turn_of_a_killed_process_is_over() -> None:
    with holder(600) as child:
        child.kill()
        with turn():
            pass


def test_nobody_waits_where_no_file_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALD_TURNS", "/proc/none/turn")
    with turn(), turn():
        pass


def test_turn_follows_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    monkeypatch.setenv("HEALD_TURNS", str(tmp_path / "link"))
    with turn():
        assert os.listdir(tmp_path) == ["link"]


def test_quiet_is_waited_for_and_not_for_ever() -> None:
    told = iter([0.9, 0.8, 0.2])
    assert wait_until_quiet(60.0, lambda: next(told))
    began = time.monotonic()
    assert not wait_until_quiet(0.05, lambda: 1.0)
    assert time.monotonic() - began < 60  # not for ever
