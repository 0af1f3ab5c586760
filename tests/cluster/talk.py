"""An agent and somebody who talks to it, for tests; and a project that needs no C."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from heald.cluster.lines import encoded

PROJECT = """
import os, signal, time
from heald import Finding
from heald.targets.target import SliceResult


class Target:
    shown_here = "rare"

    def __init__(self, name, expected=None):
        self.name, self.expected = name, expected

    def identity(self):
        return {"check": "fake", "sources": {}, "flags": [self.name]}

    def run_slice(self, *, seconds, seed, stop):
        print("noise of the code under test")
        how = self.name.partition("/")[2]
        if how == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if how == "kills-its-machine":
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(30)
        if how == "kills-one" and not os.path.exists("killed"):
            open("killed", "w").close()
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(30)
        end = time.monotonic() + (60 if how == "long" else seconds)
        while time.monotonic() < end and not stop.is_set():
            time.sleep(0.002)
        findings = [Finding("lost update", "2 gave 1", seed=seed)] if how == "bad" else []
        return SliceResult(seed % 1000 + 1, seconds, {"1": 1}, findings)


print("noise of a project that is imported")
TARGETS = [Target(f"fake/{how}") for how in HOWS]
"""


def project(folder: Path, *hows: str) -> Path:
    """Write a project whose targets behave as they are called."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fakes.py").write_text(f"HOWS = {list(hows)!r}\n{PROJECT}")
    return folder


class Talk:
    """An agent of its own process, spoken to one ask at a time."""

    def __init__(self, *options: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "heald", "agent", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        self.number = 0

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def send(self, ask: str, **fields: Any) -> int:
        assert self.process.stdin is not None
        self.number += 1
        self.process.stdin.write(encoded({"ask": ask, "id": self.number, **fields}))
        self.process.stdin.flush()
        return self.number

    def hear(self, number: int, *, also: str = "") -> Mapping[str, Any]:
        """Return the answer to an ask that is no progress, or is called `also`."""
        import json

        assert self.process.stdout is not None
        for line in self.process.stdout:
            answer = json.loads(line)
            news = answer["answer"] != "progress" or also == "progress"
            if answer["id"] == number and news:
                assert isinstance(answer, dict)
                return answer
        raise AssertionError("the agent has ended")

    def ask(self, ask: str, **fields: Any) -> Mapping[str, Any]:
        return self.hear(self.send(ask, **fields))

    def prepare(self, folder: Path, places: Sequence[str] = ("fakes.py",)) -> Any:
        return self.ask("prepare", folder=str(folder), files=None, places=list(places))

    def start(self, target: str, seconds: float = 0.05, seed: int = 7) -> int:
        return self.send(
            "slice", target=target, seed=seed, seconds=seconds, processors=[]
        )
