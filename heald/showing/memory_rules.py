"""Bugs that the explorer names itself, told with places: of the heap, races, waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heald.kinds import DATA_RACE
from heald.showing.pattern import (
    Diagnosis,
    Run,
    Step,
    line_of,
    missing_pair,
    said_of,
    who,
)
from heald.showing.words import place_of


def heap(failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
    """Say what was done to a block, and who freed and made it."""
    where = {place.get("access", ""): place for place in failure.get("where", ())}
    kind = failure["kind"]
    users = [place for name, place in where.items() if name not in _LIFE]
    if kind != "use after free" or not users:
        users = [*failure.get("where", ())]
    if not users:
        return None
    bad: Step = users[0]  # also where it was noticed only as the block was freed
    line = f"{kind}: {who(bad)} {said_of(bad)} {place_of(bad) or 'a block'}"
    line += f" at {line_of(bad)}"
    freed, made = where.get("freed"), where.get("allocated")
    if freed is not None and freed is not bad:
        line += f"; freed at {line_of(freed)} by {who(freed)}"
    if made is not None and made is not bad:
        line += f"; allocated at {line_of(made)} by {who(made)}"
    if freed is None or freed is bad:
        return Diagnosis(kind, line, _HEAP_ADVICE.get(kind, ""))
    free, used = _step_at(run, freed, frozenset({"free"})), _step_at(run, bad)
    since = _pointer(run, bad, used) if kind == "use after free" else None
    if since is not None:
        line += f"; {who(bad)} has had the pointer since {line_of(since)}, from {place_of(since)}"
    if free is not None and used is not None and used < free:
        line += _HARMLESS.format(said=bad.get("access", "access"))
    advice = (
        _counted(run, freed, free)
        or _protected(bad, since, freed)
        or _HEAP_ADVICE.get(kind, "")
    )
    if kind == "double free" and bad.get("thread") == freed.get("thread"):
        advice = _TWICE_BY_ONE
    return Diagnosis(kind, line, advice, marks=_heap_marks(bad, free, used))


_LIFE = frozenset({"freed", "allocated"})
_HARMLESS = (
    "; in this run the {said} came first, but nothing orders it before the free: it may as well "
    "come after"
)


def _heap_marks(bad: Step, free: int | None, used: int | None) -> dict[int, str]:
    """Mark the access and what freed the block, where both are in the trace."""
    if free is None:
        return {}
    marks = {free: f"FREED here, and {who(bad)} {said_of(bad)} it at {line_of(bad)}"}
    if used is not None and used != free:
        said = "before" if used < free else "after"
        marks[used] = f"USED {said} the free of #{free + 1}, and nothing keeps it so"
        if used > free:
            marks[used] = f"USED: freed by #{free + 1}"
    return marks


_HEAP_ADVICE = {
    "use after free": "free it only when no thread can still reach it: hazard pointers, "
    "epochs, reference counts",
    "double free": "exactly one thread may come to free it: let the one that takes it out",
}
_TWICE_BY_ONE = (
    "one thread frees it at both places: free it at one of them, and forget the pointer there; if "
    "it got there by a stale pointer, it is others that it must not be handed to"
)


def _counted(run: Run, freed: Step, free: int | None) -> str:
    """Say how a count inside the block decides who frees it, where whoever freed took one off."""
    if free is None:
        return ""
    own = [*run.own(freed["thread"], -1, free)]
    block = str(run.steps[free].get("at", "")).rpartition("+")[0]
    counted = [
        index
        for index, step in own
        if step["op"] in ("rmw", "cas")
        and str(step.get("at", "")).rpartition("+")[0] == block
        and _is_one_less(step)
    ]
    if not block or not counted:
        return ""
    count = run.steps[counted[-1]]
    looked = any(
        index > counted[-1] and step["op"] == "load" and step.get("at") == count["at"]
        for index, step in own
    )
    last = "who gets 1 from its own fetch_sub holds the last one, and alone may free"
    if looked:
        return (
            f"do not read {place_of(count)} again after it was taken down at {line_of(count)}: "
            f"{last}"
        )
    return (
        f"hold one of {place_of(count)} for as long as the block is used, and give it back "
        f"(acq_rel) after the last use: {last}"
    )


def _pointer(run: Run, bad: Step, used: int | None) -> Step | None:
    """Return the read that gave a thread the pointer to the block that it uses."""
    block = str(bad.get("at", "")).rpartition("+")[0]
    before = len(run.steps) if used is None else used
    if not block or "thread" not in bad:
        return None
    own = [
        step
        for _, step in run.own(bad["thread"], -1, before)
        if step.get("old") == f"{block}+0" and step["op"] in _GIVES and step.get("line")
    ]
    return own[-1] if own else None


_GIVES = frozenset({"load", "read", "rmw", "cas"})


def _protected(bad: Step, since: Step | None, freed: Step) -> str:
    """Say from where to where a block must be kept, and by whom."""
    if since is None or freed.get("thread") == bad.get("thread"):
        return ""
    return (
        f"let {who(bad)} hold the block from {line_of(since)} to {line_of(bad)} (a hazard pointer, "
        f"an epoch, a count taken together with the pointer), and {who(freed)} free it at "
        f"{line_of(freed)} only when nobody does"
    )


def _is_one_less(step: Step) -> bool:
    old, new = str(step.get("old")), str(step.get("new"))
    return old.isdecimal() and new.isdecimal() and int(old) - int(new) == 1


def race(failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
    """Say both accesses, and the pair that should have ordered them."""
    where = list(failure.get("where", ()))
    if len(where) < 2:
        return None
    first, second = where[1], where[0]
    line = (
        f"data race: {who(first)} {said_of(first)} {place_of(first) or 'memory'} at "
        f"{line_of(first)}, {who(second)} {said_of(second)} it at {line_of(second)}, and "
        "nothing orders the two"
    )
    pair = _unpaired(run, first, second)
    return Diagnosis(
        DATA_RACE,
        line,
        "" if pair else _race_advice(run, first, second),
        suspicion=pair,
        marks=_race_marks(run, where),
    )


def _race_marks(run: Run, where: Sequence[Step]) -> dict[int, str]:
    """Mark the two accesses: the last step of each thread on its line, there or about to be."""
    second, first = (_step_at(run, place) for place in where[:2])
    marks = {}
    if first is not None:
        other = f"#{second + 1}, " if second is not None else f"{who(where[0])}: "
        marks[first] = (
            f"RACE: nothing orders this before {other}{_said_briefly(where[0])}"
        )
    if second is not None:
        other = f"#{first + 1}" if first is not None else line_of(where[1])
        marks[second] = f"RACE: with {other}"
    return marks


def _step_at(run: Run, place: Step, ops: frozenset[str] | None = None) -> int | None:
    """Return the last step that a place of the failure speaks of, if it was made."""
    own = [
        index
        for index, step in enumerate(run.steps)
        if step["thread"] == place.get("thread")
        and step.get("line") == place.get("line")
        and (step["op"] in ops if ops else step["op"] not in ("call", "return"))
    ]
    there = [i for i in own if run.steps[i].get("at") == place.get("at")]
    return next(iter((there or own)[-1:]), None)


def _said_briefly(place: Step) -> str:
    return f"the {place.get('access', 'access')} at {line_of(place)}"


def _race_advice(run: Run, first: Step, second: Step) -> str:
    """Say what cures it: an update stays a race of two steps if each half is made atomic."""
    updated = next((place for place in (first, second) if _is_update(run, place)), None)
    if updated is None:
        return _RACE_ADVICE
    one = f"make the update at {line_of(updated)} one atomic read-modify-write"
    if line_of(first) == line_of(second):
        return f"{one}, or let one lock guard it everywhere"
    return f"{one} and the other access atomic, too, or let one lock guard both"


_RACE_ADVICE = (
    "make both accesses atomic, or let a lock or a release/acquire pair order them; with "
    "plain accesses the compiler may keep a value in a register, or read it once"
)


def _is_update(run: Run, place: Step) -> bool:
    """Whether a thread read the place and wrote it, both on the line of a place of the failure."""
    own = [
        step["op"]
        for _, step in run.own(place.get("thread", -1), -1, len(run.steps))
        if step.get("at") == place.get("at") and line_of(step) == line_of(place)
    ]
    return (
        bool(place.get("file")) and "write" in own and "read" in own[: own.index("write")]
    )


def _unpaired(run: Run, first: Step, second: Step) -> str:
    """Find a flag that was stored after the first access and seen before the second."""
    steps = run.steps
    for seen, step in run.own(second.get("thread", -1), -1, len(steps)):
        source = step.get("from")
        if source is None or steps[source]["thread"] != first.get("thread"):
            continue
        done = [
            index
            for index, other in run.own(first["thread"], -1, source)
            if other.get("at") == first.get("at") and other.get("line") == first["line"]
        ]
        if done:
            return missing_pair(run, (source, seen), done[-1], len(steps))
    return ""
