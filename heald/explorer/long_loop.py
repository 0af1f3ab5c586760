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


LONG_WORK_MS = 300
"""Of its own work, after which it is told where a thread was when the time was over."""


def _place(told: Mapping[str, Any]) -> str:
    return f"{told['file']}:{told['line']}" if told.get("file") else "an unknown place"


def _thread(told: Mapping[str, Any]) -> str:
    return "main" if told["thread"] == 0 else f"thread {told['thread']}"


def busy_notes(counts: Mapping[str, Any]) -> list[str]:
    """Say who was at work of its own when the time was over, if it had been for long."""
    busy = counts.get("busy")
    if not busy or busy["idle_ms"] < LONG_WORK_MS:
        return []
    return [
        f"when the time was over {_thread(busy)} was at {_place(busy)}, and had done nothing that "
        f"other threads could see for {busy['idle_ms'] / 1000:.1f} s of processor time: a loop "
        "without end, or long work of its own"
    ]


def long_loop_notes(counts: Mapping[str, Any]) -> list[str]:
    """Say in sentences what a result tells of such a loop; none if it tells of none."""
    loop = counts.get("long_loop")
    if not loop:
        return []
    further, followed = loop["further"], loop["followed"]
    then = loop["then"] if loop["then"].startswith("the ") else f"it {loop['then']}"
    advice = "give the loop fewer rounds (a smaller bound by -- -DNAME=N)"
    advice += ", or have only the first ones followed (--bound N)"
    if followed + further < MOST_EVENTS:
        advice += f", or all of them (--max-events {followed + further + 1}"
        advice += "; with --search random if there are too many executions)"
    first = counts.get("first_rounds")
    shown = (
        [
            f"with at most {first['rounds']} rounds of any loop nothing failed: "
            f"{first['executions']:,} executions"
        ]
        if first
        else []
    )
    return [
        f"the loop at {_place(loop)} is longer than was followed: {_thread(loop)} made "
        f"{followed:,} steps (--max-events), and {further:,} more when it ran on alone; "
        f"then {then}",
        f"to get an answer, {advice}",
        *shown,
    ]
