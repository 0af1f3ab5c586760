"""Compiling before a campaign: a compiler that does not end holds nobody up for good."""

from __future__ import annotations

import subprocess
from pathlib import Path

from heald.campaign.preparation import Preparation
from heald.targets.isolated import Ended
from heald.targets.target import Target

from . import fakes
from .fakes import Fake


class Compiled(Fake):
    """One whose compiler sleeps, and that says who that is."""

    def __init__(self, pids: Path, seconds: float) -> None:
        super().__init__("a/slow", fakes.good, "sound")
        self.pids, self.seconds = pids, seconds

    def prepare(self) -> None:
        with subprocess.Popen(["sleep", str(self.seconds)]) as compiler:
            self.pids.write_text(str(compiler.pid))
            compiler.wait()


def failed(preparation: Preparation) -> list[tuple[str, Ended]]:
    return [each for each in preparation.errors(lambda: False) if each is not None]


def test_compiler_that_does_not_end_is_killed_and_named(tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    targets: dict[str, Target] = {"a/slow": Compiled(pids, 600)}
    late = Preparation(targets, patience_s=0.1, longest_s=1.0)
    [(name, ended)] = failed(late)
    assert (name, ended.how) == ("a/slow", "usage error")
    assert ended.message == "not compiled: for 1.0 s none was"
    if pids.exists():
        state = Path(f"/proc/{pids.read_text()}/stat")
        assert not state.exists() or ") Z " in state.read_text()


def test_compiler_may_take_longer_than_a_slice(tmp_path: Path) -> None:
    targets: dict[str, Target] = {"a/slow": Compiled(tmp_path / "pid", 0.5)}
    assert not failed(Preparation(targets, patience_s=0.1, longest_s=600.0))
