"""The name of a bug, in one line, from the execution that shows it.

A failing execution says what happened; people know bugs by name. Each rule here looks for
the pattern that a name stands for, in the trace alone, and says it with places and values:
*ABA*, *lost update*, *stale publication*, *store buffering*, *use after free*, *deadlock*.
Where no rule fits, the failure's own words remain; nothing is guessed.

Pure: from the JSON of a failure (``heald.showing.trace`` describes it) to text. Rules look at what
is atomic in the trace; with races allowed that is every access.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, TypeAlias

from heald.kinds import DATA_RACE, Family, Finder, of
from heald.showing.words import place_of, value_of

Step: TypeAlias = Mapping[str, Any]

_RELEASES = frozenset({"release", "acq_rel", "seq_cst"})
_ACQUIRES = frozenset({"acquire", "consume", "acq_rel", "seq_cst"})
_LOADS = frozenset({"load", "read"})
_STORES = frozenset({"store", "write"})
_READS = _LOADS | {"rmw", "cas"}
_WRITES = _STORES | {"rmw", "cas"}
_HEAP = of(Family.HEAP, Family.LEFT)
_STUCK = of(Family.STUCK, by=Finder.EXPLORER)
_JUDGED = of(Family.JUDGED, Family.INVARIANT)
_SYMPTOMS = _JUDGED | {"assertion", "abort", "uninitialised read", "wild access"}


@dataclass(frozen=True)
class Diagnosis:
    """A bug by name.

    Attributes
    ----------
    name
        ``"ABA"``, ``"lost update"``, ... or the failure's kind where no rule fits.
    line
        The name and what happened, with places; one line.
    advice
        The known cures of an algorithm that has this bug; else empty.
    suspicion
        Orders that seem to be missing. Nobody has tried them: what looks like a missing pair
        may be another bug.
    marks
        What there is to say of the steps that show it, by their index in the trace.
    is_by_rule
        Whether a rule found the pattern; else the line is the failure's own words.
    """

    name: str
    line: str
    advice: str = ""
    suspicion: str = ""
    marks: Mapping[int, str] = field(default_factory=dict)
    is_by_rule: bool = True

    def to_json(self) -> dict[str, str]:
        """Return its parts by name."""
        return {
            "name": self.name,
            "line": self.line,
            "advice": self.advice,
            "suspicion": self.suspicion,
        }


def diagnose(failure: Mapping[str, Any]) -> Diagnosis:
    """Name the bug that a failure shows.

    Parameters
    ----------
    failure
        ``kind``, ``message``, ``where`` and ``trace`` as in ``heald check --json``; both of
        the latter may be missing. Calls of a scenario have their text in ``at``.
    """
    trace = failure.get("trace") or {}
    run = _Run(trace.get("steps", ()), trace.get("pending", ()))
    for applies, rule in _RULES:
        if failure["kind"] in applies:
            found = rule(failure, run)
            if found is not None:
                return found
    return Diagnosis(failure["kind"], _plainly(failure), is_by_rule=False)


class _Run:
    """A trace, with the questions that the rules ask."""

    def __init__(self, steps: Sequence[Step], pending: Sequence[Step]) -> None:
        self.steps = steps
        self.pending = pending

    def reads(self) -> Iterator[tuple[int, Step]]:
        """Yield atomic reads with their index."""
        return (
            (index, step)
            for index, step in enumerate(self.steps)
            if step["op"] in _READS and "from" in step
        )

    def writes(self, at: str, after: int, before: int) -> list[int]:
        """Return the atomic writes to a place, strictly between two steps."""
        return [
            index
            for index in range(after + 1, before)
            if self.steps[index].get("at") == at and _writes(self.steps[index])
        ]

    def guess(self, index: int) -> int | None:
        """Return the thread's latest read of the same place with the same value before."""
        step = self.steps[index]
        for earlier in range(index - 1, -1, -1):
            other = self.steps[earlier]
            if other["thread"] != step["thread"]:
                continue
            if other["op"] == "call":
                return None
            if other.get("at") == step["at"] and other["op"] in _READS:
                return earlier if other.get("old") == step.get("old") else None
        return None

    def call_of(self, index: int) -> str:
        """Return the scenario's call that a step belongs to, or nothing."""
        thread = self.steps[index]["thread"]
        for earlier in range(index, -1, -1):
            step = self.steps[earlier]
            if step["thread"] == thread and step["op"] in ("call", "return"):
                return str(step.get("at", "")) if step["op"] == "call" else ""
        return ""

    def own(self, thread: int, after: int, before: int) -> Iterator[tuple[int, Step]]:
        """Yield one thread's steps, strictly between two."""
        for index in range(after + 1, before):
            if self.steps[index]["thread"] == thread:
                yield index, self.steps[index]


# --- outcomes that no order of the calls explains -----------------------------------------


def _aba(_failure: Mapping[str, Any], run: _Run) -> Diagnosis | None:
    """Find a compare-exchange that succeeded on a value that had been changed and changed back."""
    for index, step in run.reads():
        if step["op"] != "cas" or not step.get("succeeded"):
            continue
        looked = run.guess(index)
        if looked is None or run.steps[looked]["from"] == step["from"]:
            continue
        look = run.steps[looked]
        since = -1 if look["from"] is None else look["from"]
        between = [
            write
            for write in run.writes(step["at"], since, index)
            if run.steps[write]["thread"] != step["thread"]
        ]
        if not any(run.steps[write].get("new") != step["old"] for write in between):
            continue
        others = _threads({run.steps[write]["thread"] for write in between})
        calls = dict.fromkeys(filter(None, map(run.call_of, between)))
        how = f" by {', '.join(calls)}" if calls else ""
        return Diagnosis(
            "ABA",
            f"ABA: {place_of(step)} held {value_of(step, 'old')} when "
            f"{_thread(step)} read it at {_place(look)}; {others} replaced it and put it "
            f"back{how}, and the stale compare-exchange at {_place(step)} succeeded",
            "let the value change whenever it is used again (a version beside the pointer, "
            "exchanged together with it), or keep what a thread looks at from being used "
            "again (hazard pointers)",
            marks={
                looked: "SEEN here: the value that the exchange below takes for unchanged",
                between[-1]: f"ABA: put back after #{between[0] + 1} had replaced it",
                index: f"ABA: succeeds, though what #{looked + 1} saw is gone and come again",
            },
        )
    return None


def _lost_update(_failure: Mapping[str, Any], run: _Run) -> Diagnosis | None:
    """Find a load and a later store, with another thread's store to the place in between."""
    for index, store in enumerate(run.steps):
        if store["op"] not in _STORES:
            continue
        read = _last_load(run, store, index)
        if read is None:
            continue
        source = -1 if run.steps[read]["from"] is None else run.steps[read]["from"]
        lost = [
            write
            for write in run.writes(store["at"], source, index)
            if run.steps[write]["thread"] != store["thread"]
        ]
        if lost:
            return _lost(run, index, read, lost[-1])
    return None


def _last_load(run: _Run, store: Step, index: int) -> int | None:
    """Return the load that the store's value was made from: same place, same call."""
    for earlier in range(index - 1, -1, -1):
        step = run.steps[earlier]
        if step["thread"] != store["thread"]:
            continue
        if step["op"] == "call":
            return None
        if step.get("at") == store["at"] and "from" in step:
            return earlier if step["op"] in _LOADS else None
    return None


def _lost(run: _Run, index: int, read_at: int, at: int) -> Diagnosis:
    store, read, other = run.steps[index], run.steps[read_at], run.steps[at]
    its = _last_load(run, other, at)
    old, new = value_of(read, "old"), value_of(store, "new")
    where = place_of(store)
    same = its is not None and run.steps[its].get("old") == read["old"]
    if same and other.get("new") == store["new"]:
        what = (
            f"{_threads({store['thread'], other['thread']})} both read {old} from "
            f"{where} and both wrote {new}"
        )
    else:
        what = (
            f"{_thread(store)} read {old} from {where}, {_thread(other)} "
            f"wrote {value_of(other, 'new')}, and {_thread(store)} overwrote it with {new}"
        )
    return Diagnosis(
        "lost update",
        f"lost update: {what} ({_place(read)}, {_place(store)})",
        "make reading and writing one step: an atomic read-modify-write, a compare-exchange "
        "loop, or a lock",
        marks={at: "LOST: overwritten", index: f"LOST: overwrites what #{at + 1} wrote"},
    )


def _publication(_failure: Mapping[str, Any], run: _Run) -> Diagnosis | None:
    """Find a flag that was seen although what was written before it was not."""
    for index, read in run.reads():
        for newer in read.get("newer") or ():
            written = run.steps[newer]
            if written["thread"] == read["thread"]:
                continue
            pair = _flag(run, index, newer)
            if pair is not None:
                return _stale(run, pair, newer, index)
    return None


def _flag(run: _Run, read: int, written: int) -> tuple[int, int] | None:
    """Return the writer's later store that the reader saw before its stale read."""
    writer, reader = run.steps[written]["thread"], run.steps[read]["thread"]
    for index, step in run.own(reader, -1, read):
        source = step.get("from")
        if source is None or source < written:
            continue
        if run.steps[source]["thread"] == writer:
            return source, index
    return None


def _stale(run: _Run, pair: tuple[int, int], written: int, read: int) -> Diagnosis:
    raised, seen = run.steps[pair[0]], run.steps[pair[1]]
    data, stale = run.steps[written], run.steps[read]
    return Diagnosis(
        "stale publication",
        f"stale publication: {_thread(seen)} saw at {_place(seen)} what {_thread(raised)} "
        f"stored at {_place(raised)}, but not {value_of(data, 'new')}, stored before it "
        f"at {_place(data)}: it read {value_of(stale, 'old')} at {_place(stale)}",
        suspicion=_missing_pair(run, pair, written, read),
        marks={
            written: f"MISSED by #{read + 1}",
            pair[0]: f"SEEN by #{pair[1] + 1}, without what was stored before it",
        },
    )


def _missing_pair(run: _Run, pair: tuple[int, int], written: int, read: int) -> str:
    """Say which half of the release/acquire pair is not there."""
    raised, seen = run.steps[pair[0]], run.steps[pair[1]]
    releases = raised.get("order") in _RELEASES or any(
        step["op"] == "fence" and step.get("order") in _RELEASES
        for _, step in run.own(raised["thread"], written, pair[0])
    )
    acquires = seen.get("order") in _ACQUIRES or any(
        step["op"] == "fence" and step.get("order") in _ACQUIRES
        for _, step in run.own(seen["thread"], pair[1], read)
    )
    if _place(raised) == _place(seen):
        return f"the update at {_place(raised)} must be an acq_rel one"
    store, load = f"the store at {_place(raised)}", f"the load at {_place(seen)}"
    missing = {
        (False, False): f"{store} must be a release and {load} an acquire",
        (False, True): f"{store} must be a release, or follow a release fence",
        (True, False): f"{load} must be an acquire, or an acquire fence follow it",
        (True, True): "what is between them orders nothing",
    }[releases, acquires]
    return f"the release/acquire pair {_place(raised)} / {_place(seen)} is missing: {missing}"


def _store_buffering(_failure: Mapping[str, Any], run: _Run) -> Diagnosis | None:
    """Find two threads that stored, then loaded and missed what the other stored."""
    for index, read in run.reads():
        for newer in read.get("newer") or ():
            written = run.steps[newer]
            pair = _crossing(run, index, newer)
            if pair is None or written["thread"] == read["thread"]:
                continue
            mine, theirs = run.steps[pair[0]], run.steps[pair[1]]
            return Diagnosis(
                "store buffering",
                f"store buffering: {_thread(mine)} stored at {_place(mine)} and then loaded "
                f"at {_place(read)}, {_thread(written)} stored at {_place(written)} and "
                f"then loaded at {_place(theirs)}; neither saw the other's store",
                suspicion="each thread needs a sequentially consistent fence between its "
                "store and its load",
            )
    return None


def _crossing(run: _Run, read: int, written: int) -> tuple[int, int] | None:
    """Return the reader's earlier store, and the writer's later load that missed it."""
    reader, writer = run.steps[read]["thread"], run.steps[written]["thread"]
    place = run.steps[read]["at"]
    for mine, store in run.own(reader, -1, read):
        if not _writes(store) or store.get("at") == place:
            continue
        for theirs, load in run.own(writer, written, len(run.steps)):
            missed = "from" in load and (load["from"] is None or load["from"] < mine)
            if load.get("at") == store.get("at") and missed and not _writes(load):
                return mine, theirs
    return None


# --- memory, races, waiting ---------------------------------------------------------------


def _heap(failure: Mapping[str, Any], run: _Run) -> Diagnosis | None:
    where = {place.get("access", ""): place for place in failure.get("where", ())}
    bad = next(iter(failure.get("where", ())), None)
    if bad is None:
        return None
    kind = failure["kind"]
    line = f"{kind}: {_thread(bad)} {_said(bad)} {place_of(bad) or 'a block'}"
    line += f" at {_place(bad)}"
    freed, made = where.get("freed"), where.get("allocated")
    if freed is not None and freed is not bad:
        line += f"; freed at {_place(freed)} by {_thread(freed)}"
    if made is not None and made is not bad:
        line += f"; allocated at {_place(made)} by {_thread(made)}"
    marks = _heap_marks(run, bad, freed) if freed is not None and freed is not bad else {}
    return Diagnosis(kind, line, _HEAP_ADVICE.get(kind, ""), marks=marks)


def _heap_marks(run: _Run, bad: Step, freed: Step) -> dict[int, str]:
    """Mark the access and what freed the block, where both are in the trace."""
    free = _step_at(run, freed, frozenset({"free"}))
    used = _step_at(run, bad)
    if free is None:
        return {}
    marks = {free: f"FREED here, and {_thread(bad)} {_said(bad)} it at {_place(bad)}"}
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


def _race(failure: Mapping[str, Any], run: _Run) -> Diagnosis | None:
    where = list(failure.get("where", ()))
    if len(where) < 2:
        return None
    first, second = where[1], where[0]
    line = (
        f"data race: {_thread(first)} {_said(first)} {place_of(first) or 'memory'} at "
        f"{_place(first)}, {_thread(second)} {_said(second)} it at {_place(second)}, and "
        "nothing orders the two"
    )
    pair = _unpaired(run, first, second)
    return Diagnosis(DATA_RACE, line, pair or _RACE_ADVICE, marks=_race_marks(run, where))


def _race_marks(run: _Run, where: Sequence[Step]) -> dict[int, str]:
    """Mark the two accesses: the last step of each thread on its line, there or about to be."""
    second, first = (_step_at(run, place) for place in where[:2])
    marks = {}
    if first is not None:
        other = f"#{second + 1}, " if second is not None else f"{_thread(where[0])}: "
        marks[first] = (
            f"RACE: nothing orders this before {other}{_said_briefly(where[0])}"
        )
    if second is not None:
        other = f"#{first + 1}" if first is not None else _place(where[1])
        marks[second] = f"RACE: with {other}"
    return marks


def _step_at(run: _Run, place: Step, ops: frozenset[str] | None = None) -> int | None:
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
    return f"the {place.get('access', 'access')} at {_place(place)}"


_RACE_ADVICE = (
    "make both accesses atomic, or let a lock or a release/acquire pair order them; with "
    "plain accesses the compiler may keep a value in a register, or read it once"
)


def _unpaired(run: _Run, first: Step, second: Step) -> str:
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
            return _missing_pair(run, (source, seen), done[-1], len(steps))
    return ""


def _stuck(failure: Mapping[str, Any], run: _Run) -> Diagnosis | None:
    waiting = [
        f"{_thread(step)} at {_place(step)} for {place_of(step)}"
        for step in run.pending
        if step["op"] != "join" and step.get("at")
    ]
    if not waiting:
        return None
    kind = failure["kind"]
    what = {
        "deadlock": "all that are left wait for each other",
        "livelock": "a loop waits for what nobody will write any more",
        "endless loop": "a loop makes steps without end",
    }[kind]
    return Diagnosis(kind, f"{kind}: {what}: {'; '.join(waiting)}")


def _plainly(failure: Mapping[str, Any]) -> str:
    text = f"{failure['kind']}: {failure['message']}"
    places = [place for place in failure.get("where", ()) if place.get("file")]
    if places:
        text += f", at {_place(places[0])} by {_thread(places[0])}"
    return text


Rule: TypeAlias = Callable[[Mapping[str, Any], _Run], Diagnosis | None]

_RULES: Sequence[tuple[frozenset[str], Rule]] = (
    (_HEAP, _heap),
    (of(Family.RACE), _race),
    (_STUCK, _stuck),
    (_SYMPTOMS, _aba),
    (_SYMPTOMS, _publication),
    (_SYMPTOMS, _store_buffering),
    (_SYMPTOMS, _lost_update),
)


# --- words --------------------------------------------------------------------------------


def _writes(step: Step) -> bool:
    return step["op"] in _WRITES and step.get("succeeded") is not False


def _said(place: Step) -> str:
    access = str(place.get("access", "touches"))
    if access in ("read", "write"):
        return f"{access}s"
    return {
        "atomic load": "loads",
        "atomic store": "stores",
        "atomic update": "updates",
        "freed": "frees",
        "allocated": "allocated",
    }.get(access, access)


def _thread(step: Step) -> str:
    number = step.get("thread")
    return "main" if number == 0 else f"thread {number}"


def _threads(numbers: set[int]) -> str:
    named = ["main" if number == 0 else str(number) for number in sorted(numbers)]
    if len(named) == 1:
        return named[0] if named == ["main"] else f"thread {named[0]}"
    return f"threads {', '.join(named[:-1])} and {named[-1]}"


def _place(step: Step) -> str:
    if not step.get("file"):
        return "an unknown place"
    return f"{PurePath(step['file']).name}:{step['line']}"
