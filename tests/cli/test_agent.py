"""``heald agent`` where nobody speaks to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from heald.cluster.lines import encoded
from tests.cluster.talk import project
from tests.cluster.test_agent import SLICE


def test_once_does_all_asks_of_a_file_in_their_order(tmp_path: Path) -> None:
    project(tmp_path, "good")
    asks = [
        {
            "ask": "prepare",
            "folder": str(tmp_path),
            "files": None,
            "places": ["fakes.py"],
        },
        {"ask": "compile", "target": "fake/good"},
        {"ask": "slice", **SLICE, "seconds": 0.05},
    ]
    jobs = tmp_path / "jobs"
    jobs.write_bytes(b"".join(encoded({"id": n, **ask}) for n, ask in enumerate(asks)))
    with open(jobs) as file:
        done = subprocess.run(
            [sys.executable, "-m", "heald", "agent", "--once"],
            stdin=file,
            capture_output=True,
            check=True,
        )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [0, 1, 2]
    assert answers[2]["data"]["samples"] == 2
    assert b"noise" in done.stderr  # of the import; a slice's own is silenced
