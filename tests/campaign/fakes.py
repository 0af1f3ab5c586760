"""Targets that need no C and no luck, for everything that only asks how a campaign behaves.

Run as a program it is a small campaign over them, for tests that kill it:

    python -m tests.campaign.fakes DATABASE BUDGET_S [resume]
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald.campaign.beginning import begin
from heald.campaign.database import Database
from heald.campaign.plan import Plan
from heald.campaign.progress import Lines
from heald.campaign.run import Campaign
from heald.finding import Finding
from heald.stop import Stop
from heald.targets.target import Expected, SliceResult
from heald.verdicts import UsageError

Work = Callable[[float, int, Stop], SliceResult]


@dataclass
class Fake:
    """A target whose slice is a function of the slice's seed."""

    name: str
    behave: Work
    expected: Expected = None
    shown_here: str = "yes"
    catch_within_s: float = 60.0

    def run_slice(self, *, seconds: float, seed: int, stop: Stop) -> SliceResult:
        return self.behave(seconds, seed, stop)

    def identity(self) -> dict[str, Any]:
        return {"check": "fake", "sources": {"fake.c": "0" * 64}, "flags": ["-O2"]}


def sample_until(seconds: float, stop: Stop) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not stop.is_set():
        time.sleep(0.002)


def good(seconds: float, seed: int, stop: Stop) -> SliceResult:
    sample_until(seconds, stop)
    return SliceResult(1000, seconds, {"a": 600, "b": 400})


def failing(seconds: float, seed: int, stop: Stop) -> SliceResult:
    sample_until(min(seconds, 0.02), stop)
    finding = Finding("lost update", f"2 increments gave 1, seed {seed}", seed=seed)
    return SliceResult(100, 0.02, {"1": 1, "2": 99}, (finding,))


def doubtful(seconds: float, seed: int, stop: Stop) -> SliceResult:
    return SliceResult(10, 0.01, {"a": 10}, trustworthy=False)


def empty(seconds: float, seed: int, stop: Stop) -> SliceResult:
    return SliceResult(0, 0.01)


def crash(seconds: float, seed: int, stop: Stop) -> SliceResult:
    os.kill(os.getpid(), signal.SIGSEGV)
    return good(seconds, seed, stop)


def leave(seconds: float, seed: int, stop: Stop) -> SliceResult:
    os._exit(0)


def hang(seconds: float, seed: int, stop: Stop) -> SliceResult:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(1)


def refuse(seconds: float, seed: int, stop: Stop) -> SliceResult:
    raise UsageError("stack.c:3: error: expected ';'")


def blunder(seconds: float, seed: int, stop: Stop) -> SliceResult:
    raise KeyError("the model forgot")


OPENED: list[Database] = []
"""What ``campaign_of`` opened; each test ends with closing it (``conftest.py``)."""


def campaign_of(
    folder: Path, *fakes: Fake, resume: bool = False, **plan: Any
) -> Campaign:
    """Return a campaign over `fakes`, results and capsules in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(folder / "results.db")
    OPENED.append(database)
    settings: dict[str, Any] = {"seed": 7, "jobs": 2, "slice_s": 0.05, **plan}
    return begin(
        Plan(**settings),
        {fake.name: (fake, "fakes") for fake in fakes},
        database,
        capsules=folder / "capsules",
        resumed=database.latest() if resume else None,
    )


def main() -> None:
    folder, budget_s, *resume = sys.argv[1:]
    fakes = (Fake("good/one", good, "sound"), Fake("bad/one", failing, "flawed"))
    campaign_of(Path(folder), *fakes, resume=bool(resume), budget_s=float(budget_s)).run(
        Lines()
    )


if __name__ == "__main__":
    main()
