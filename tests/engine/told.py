"""What a search says, but for addresses and times: to compare two builds of the engine."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

COUNTS = ("executions", "blocked", "failures", "steps", "exhausted")


def told(command: Sequence[str], **environment: str) -> list[Any]:
    """Run an explorer; fail if it does not end well or complains."""
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [_told(json.loads(line)) for line in done.stdout.splitlines()]


def _told(line: Mapping[str, Any]) -> Any:
    if line["type"] == "result":
        return [line[key] for key in COUNTS]
    if line["type"] in ("failure", "again"):
        where = [{k: v for k, v in spot.items() if k != "site"} for spot in line["where"]]
        return line["kind"], line["message"], where, len(line["trace"]["steps"])
    return line
