"""Threads that can never go on: what each waits for, who has it, what came too early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heald.kinds import Family, Finder, of
from heald.showing.pattern import LOADS, Diagnosis, Run, Step, line_of, who
from heald.showing.words import call_of, place_of, value_of

_STUCK = of(Family.STUCK, by=Finder.EXPLORER)
_WHAT = {
    "deadlock": "all that are left wait for each other",
    "livelock": "a loop waits for what nobody will write any more",
    "endless loop": "a loop makes steps without end",
}
_ALONE = "nobody is left who could let it go on"
_IN_ONE_ORDER = (
    "take the locks in one order everywhere, or the second one with a trylock that, where it "
    "fails, lets the first go and tries again"
)
_LOST_ADVICE = (
    "change and look at what is waited for under the lock of the wait, "
    "and look again in a loop around the wait"
)


def stuck(failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
    """Say who waits where for what."""
    waiting = [step for step in run.pending if _waits(step, "at")]
    if not waiting:
        return None
    kind = failure["kind"]
    lost = _lost_wakeup(run, waiting) if kind == "deadlock" else None
    if lost is not None:
        return lost
    calls: set[tuple[int, str]] = set()  # said once of a thread
    said = "; ".join(_waits_for(run, step, calls) for step in waiting)
    what = _ALONE if kind == "deadlock" and len(waiting) == 1 else _WHAT[kind]
    in_turn = len(waiting) > 1 and all(_held(run, step, calls) for step in waiting)
    return Diagnosis(kind, f"{kind}: {what}: {said}", _IN_ONE_ORDER if in_turn else "")


def waiting_places(failure: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the places where threads wait for ever; none of a failure that is no such thing."""
    if failure["kind"] not in _STUCK:
        return []
    pending = (failure.get("trace") or {}).get("pending", ())
    return [{**step, "access": "waits"} for step in pending if _waits(step, "file")]


def waited_on(steps: Sequence[Step], pending: Step) -> int | None:
    """Return the step at which a thread began to wait for a signal; None if it does not."""
    if pending["op"] != "woken":
        return None
    for index in range(len(steps) - 1, -1, -1):
        step = steps[index]
        if step["thread"] == pending["thread"] and step["op"] == "wait":
            return index
    return None


def _waits(step: Step, key: str) -> bool:
    return step["op"] != "join" and bool(step.get(key))


def _waits_for(run: Run, step: Step, calls: set[tuple[int, str]]) -> str:
    asleep = waited_on(run.steps, step)
    told = f"{who(step)} at {_line(step, calls)} for "
    if asleep is not None:
        return f"{told}a signal of {place_of(run.steps[asleep])}"
    return f"{told}{place_of(step)}{_held(run, step, calls)}"


def _line(step: Step, calls: set[tuple[int, str]]) -> str:
    call = step["thread"], call_of(step)
    is_new = call not in calls
    calls.add(call)
    return line_of(step) + (call_of(step) if is_new else "")


def _held(run: Run, pending: Step, calls: set[tuple[int, str]]) -> str:
    """Say who has the lock that is waited for, and since where."""
    if pending["op"] != "lock":
        return ""
    for step in reversed(run.steps):
        if step.get("at") != pending["at"]:
            continue
        if step["op"] == "unlock":
            return ""
        if step["op"] == "lock" and step.get("succeeded") is not False:
            owner = "it" if step["thread"] == pending["thread"] else who(step)
            since = f"locked at {_line(step, calls)}" if step.get("file") else "has"
            return f", which {owner} {since}"
    return ""


def _lost_wakeup(run: Run, waiting: Sequence[Step]) -> Diagnosis | None:
    """Find a signal that came before the wait which it was meant for."""
    for pending in waiting:
        wait = waited_on(run.steps, pending)
        if wait is None:
            continue
        condition = run.steps[wait].get("at")
        for index in range(wait - 1, -1, -1):
            step = run.steps[index]
            if step["op"] != "signal" or step.get("at") != condition:
                continue
            name = place_of(run.steps[wait])
            line = (
                f"lost wake-up: {who(step)} signals {name} at {line_of(step)} before "
                f"{who(pending)} waits on it at {line_of(pending)}, and nobody signals it again"
            )
            marks = {
                index: "LOST: nobody waits for this signal yet",
                wait: f"TOO LATE: the signal of #{index + 1} was the last one",
            }
            look = _look_before_lock(run, wait, step["thread"])
            if look is not None:
                line += f"; {_looked(run.steps[look])} before it took the lock"
                marks[look] = "TOO EARLY: the lock of the wait is not taken yet"
            return Diagnosis("lost wake-up", line, _LOST_ADVICE, marks=marks)
    return None


def _look_before_lock(run: Run, wait: int, signaller: int) -> int | None:
    """Find the look at what is waited for, where it came before the lock of the wait.

    That is the waiter's last atomic read before it took that lock, if whoever signals wrote to
    the place after that, and the waiter did not look again with the lock.
    """
    waiter = run.steps[wait]["thread"]
    given_back = next(run.own(waiter, wait, len(run.steps)), None)  # as the wait begins
    if given_back is None or given_back[1]["op"] != "unlock":
        return None
    own = [*run.own(waiter, -1, wait)]
    taken = [
        index
        for index, step in own
        if step["op"] == "lock" and step.get("at") == given_back[1].get("at")
    ]
    looks = [each for each in own if each[1]["op"] in LOADS and "from" in each[1]]
    before = [index for index, _ in looks if taken and index < taken[-1]]
    if not before:
        return None
    at = run.steps[before[-1]]["at"]
    if any(index > taken[-1] and step["at"] == at for index, step in looks):
        return None
    changed = run.writes(at, before[-1], wait)
    is_theirs = any(run.steps[write]["thread"] == signaller for write in changed)
    return before[-1] if is_theirs else None


def _looked(look: Step) -> str:
    return f"{who(look)} read {value_of(look, 'old')} from {place_of(look)} at {line_of(look)},"
