"""A loop that is longer than the explorer follows: which one, how long, and what to do about it.

The engine stops where a thread has made ``max_events`` steps. If the thread then ends, or comes to
where it waits, when it runs on alone, the loop is no failure, and the result is undecided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONG_LOOP = "long loop"
"""The engine's reason for ending such a search."""

MOST_EVENTS = 60_000
"""The largest ``max_events``."""


def long_loop_notes(counts: Mapping[str, Any]) -> list[str]:
    """Say in sentences what a result tells of such a loop; none if it tells of none."""
    loop = counts.get("long_loop")
    if not loop:
        return []
    further, followed = loop["further"], loop["followed"]
    where = f"{loop['file']}:{loop['line']}" if loop.get("file") else "an unknown place"
    then = loop["then"] if loop["then"].startswith("the ") else f"it {loop['then']}"
    who = "main" if loop["thread"] == 0 else f"thread {loop['thread']}"
    advice = "give the loop fewer rounds (a smaller bound by -- -DNAME=N)"
    advice += ", or have only the first ones followed (--bound N)"
    if followed + further < MOST_EVENTS:
        advice += f", or all of them (--max-events {followed + further + 1}"
        advice += "; with --search random if there are too many executions)"
    return [
        f"the loop at {where} is longer than was followed: {who} made {followed:,} steps "
        f"(--max-events), and {further:,} more when it ran on alone; then {then}",
        f"to get an answer, {advice}",
    ]
