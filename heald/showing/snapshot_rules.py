"""Calls that are no one step: they read what never was together, or half of what was written.

*Inconsistent snapshot*: a call read one place, others changed it and another place, then the
call read that one. *Partial update*: a call saw what another had written to one place, and not yet
what the same call was about to write to another. Both only of values that were there: of stale
ones the rules of ``outcome_rules`` know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from heald.showing.cures import CURES
from heald.showing.pattern import Diagnosis, Run, Step, is_write, line_of, who
from heald.showing.words import place_of, value_of

_CURE = CURES["non-linearizable history"]


def snapshot(_failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
    """Find a call that read two places whose two values were never there together."""
    for first, second in _pairs(run):
        look, again = run.steps[first], run.steps[second]
        came = again["from"]
        if came is None or came <= first or not _never_together(run, first, second):
            continue
        gone = [w for w in _others(run, look, first, second) if w < came]
        call = run.call_of(first)
        writer = run.steps[gone[0]]
        return Diagnosis(
            "inconsistent snapshot",
            f"inconsistent snapshot: {call} of {who(look)} read {_read(look)}; "
            f"{_wrote(writer, run.steps[came])}; then it read {_read(again)}: the two values "
            "were never there together",
            _CURE,
            marks={
                first: f"SEEN here: #{gone[0] + 1} changes it before the call has read on",
                came: f"SEEN by #{second + 1}, with what was there before #{gone[0] + 1}",
            },
        )
    return None


def partial(_failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
    """Find a call that saw the first of two writes of another call, and not yet the second."""
    for first, second in _pairs(run):
        for early, late in ((first, second), (second, first)):
            seen, missed = run.steps[early], run.steps[late]
            source = seen["from"]
            if source is None or run.steps[source]["thread"] == seen["thread"]:
                continue
            rest = _rest_of_call(run, source, missed)
            if rest is None or rest < max(first, second):
                continue
            if run.steps[rest].get("new") == missed.get("old"):
                continue
            half = run.call_of(source)
            return Diagnosis(
                "partial update",
                f"partial update: {run.call_of(first)} of {who(seen)} saw {_read(seen)}, which "
                f"{half} of {who(run.steps[source])} wrote at {line_of(run.steps[source])}, and "
                f"{_read(missed)}, which {half} had yet to write at {line_of(run.steps[rest])}",
                _CURE,
                marks={
                    source: f"SEEN by #{early + 1}: half of what the call writes",
                    rest: f"TOO LATE for #{late + 1}",
                },
            )
    return None


def _pairs(run: Run) -> Iterator[tuple[int, int]]:
    """Yield two reads of one call, of two places, each of the newest value."""
    for first, look in run.reads():
        if not run.call_of(first) or not _is_newest(run, first):
            continue
        for second, again in run.own(look["thread"], first, len(run.steps)):
            if again["op"] in ("call", "return"):
                break
            is_read = "from" in again and again.get("at") != look.get("at")
            if is_read and _is_newest(run, second):
                yield first, second


def _is_newest(run: Run, index: int) -> bool:
    step = run.steps[index]
    writes = run.writes(step["at"], -1, index)
    return (writes[-1] if writes else None) == step.get("from")


def _others(run: Run, look: Step, after: int, before: int) -> list[int]:
    """Return what other threads wrote to the place of a read, between two steps."""
    return [
        index
        for index in run.writes(look["at"], after, before)
        if run.steps[index]["thread"] != look["thread"]
    ]


def _never_together(run: Run, first: int, second: int) -> bool:
    """Whether no moment from the first read to the second had both values."""
    look, again = run.steps[first], run.steps[second]
    changes = run.writes(again["at"], first, second)
    held: str | None = look.get("old")
    other: str | None = run.steps[changes[0]].get("old") if changes else None
    if held is None or other is None or other == again.get("old"):
        return False
    for index in range(first + 1, second):
        step = run.steps[index]
        if not is_write(step):
            continue
        if step.get("at") == look["at"]:
            held = step.get("new")
        elif step.get("at") == again["at"]:
            other = step.get("new")
        if held == look["old"] and other == again["old"]:
            return False
    return bool(_others(run, look, first, second))


def _rest_of_call(run: Run, source: int, missed: Step) -> int | None:
    """Return where the call that wrote goes on to write the other place."""
    for index, step in run.own(run.steps[source]["thread"], source, len(run.steps)):
        if step["op"] in ("call", "return"):
            return None
        if step.get("at") == missed["at"] and is_write(step):
            return index
    return None


def _read(step: Step) -> str:
    return f"{place_of(step)} as {value_of(step, 'old')} at {line_of(step)}"


def _wrote(first: Step, then: Step) -> str:
    """Say two writes, of one thread or of two."""
    other = "" if first["thread"] == then["thread"] else f"{who(then)} wrote "
    return (
        f"{who(first)} wrote {value_of(first, 'new')} to {place_of(first)} at {line_of(first)} "
        f"and {other}{value_of(then, 'new')} to {place_of(then)} at {line_of(then)}"
    )
