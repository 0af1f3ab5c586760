"""Bugs behind outcomes that no order of the calls explains.

*ABA*, *lost update*, *stale publication*, *store buffering*: each looked for in the trace alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from heald.showing.pattern import (
    LOADS,
    STORES,
    Diagnosis,
    Run,
    Step,
    all_of,
    is_write,
    line_of,
    missing_pair,
    who,
)
from heald.showing.words import place_of, value_of


def aba(_failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
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
        others = all_of({run.steps[write]["thread"] for write in between})
        calls = dict.fromkeys(filter(None, map(run.call_of, between)))
        how = f" by {', '.join(calls)}" if calls else ""
        return Diagnosis(
            "ABA",
            f"ABA: {place_of(step)} held {value_of(step, 'old')} when "
            f"{who(step)} read it at {line_of(look)}; {others} replaced it and put it "
            f"back{how}, and the stale compare-exchange at {line_of(step)} succeeded"
            f"{_stale_value(run, looked, index)}",
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


def _stale_value(run: Run, looked: int, index: int) -> str:
    """Say where what the exchange stored was read, if that place has another value by now."""
    step = run.steps[index]
    for read, source in reversed([*run.own(step["thread"], looked, index)]):
        if "from" not in source or source.get("old") != step.get("new"):
            continue
        later = run.writes(source["at"], read, index)
        if not later or run.steps[later[-1]].get("new") == source["old"]:
            return ""
        return (
            f": it stored {value_of(step, 'new')}, read at {line_of(source)} from "
            f"{place_of(source)}, which held {value_of(run.steps[later[-1]], 'new')} by then"
        )
    return ""


def lost_update(_failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
    """Find a load and a later store, with another thread's store to the place in between."""
    for index, store in enumerate(run.steps):
        if store["op"] not in STORES:
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


def _last_load(run: Run, store: Step, index: int) -> int | None:
    """Return the load that the store's value was made from: same place, same call."""
    for earlier in range(index - 1, -1, -1):
        step = run.steps[earlier]
        if step["thread"] != store["thread"]:
            continue
        if step["op"] == "call":
            return None
        if step.get("at") == store["at"] and "from" in step:
            return earlier if step["op"] in LOADS else None
    return None


def _lost(run: Run, index: int, read_at: int, at: int) -> Diagnosis:
    store, read, other = run.steps[index], run.steps[read_at], run.steps[at]
    its = _last_load(run, other, at)
    old, new = value_of(read, "old"), value_of(store, "new")
    where = place_of(store)
    same = its is not None and run.steps[its].get("old") == read["old"]
    if same and other.get("new") == store["new"]:
        what = (
            f"{all_of({store['thread'], other['thread']})} both read {old} from "
            f"{where} and both wrote {new}"
        )
    else:
        what = (
            f"{who(store)} read {old} from {where}, {who(other)} "
            f"wrote {value_of(other, 'new')}, and {who(store)} overwrote it with {new}"
        )
    return Diagnosis(
        "lost update",
        f"lost update: {what} ({line_of(read)}, {line_of(store)})",
        "make reading and writing one step: an atomic read-modify-write, a compare-exchange "
        "loop, or a lock",
        marks={at: "LOST: overwritten", index: f"LOST: overwrites what #{at + 1} wrote"},
    )


def publication(_failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
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


def _flag(run: Run, read: int, written: int) -> tuple[int, int] | None:
    """Return the writer's later store that the reader saw before its stale read."""
    writer, reader = run.steps[written]["thread"], run.steps[read]["thread"]
    for index, step in run.own(reader, -1, read):
        source = step.get("from")
        if source is None or source < written:
            continue
        if run.steps[source]["thread"] == writer:
            return source, index
    return None


def _stale(run: Run, pair: tuple[int, int], written: int, read: int) -> Diagnosis:
    raised, seen = run.steps[pair[0]], run.steps[pair[1]]
    data, stale = run.steps[written], run.steps[read]
    return Diagnosis(
        "stale publication",
        f"stale publication: {who(seen)} saw at {line_of(seen)} what {who(raised)} "
        f"stored at {line_of(raised)}, but not {value_of(data, 'new')}, stored before it "
        f"at {line_of(data)}: it read {value_of(stale, 'old')} at {line_of(stale)}",
        suspicion=missing_pair(run, pair, written, read),
        marks={
            written: f"MISSED by #{read + 1}",
            pair[0]: f"SEEN by #{pair[1] + 1}, without what was stored before it",
        },
    )


def store_buffering(_failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
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
                f"store buffering: {who(mine)} stored at {line_of(mine)} and then loaded "
                f"at {line_of(read)}, {who(written)} stored at {line_of(written)} and "
                f"then loaded at {line_of(theirs)}; neither saw the other's store",
                suspicion="each thread needs a sequentially consistent fence between its "
                "store and its load",
            )
    return None


def _crossing(run: Run, read: int, written: int) -> tuple[int, int] | None:
    """Return the reader's earlier store, and the writer's later load that missed it."""
    reader, writer = run.steps[read]["thread"], run.steps[written]["thread"]
    stores: dict[str, list[int]] = {}
    for mine, store in run.own(reader, -1, read):
        if is_write(store) and store.get("at") != run.steps[read]["at"]:
            stores.setdefault(str(store.get("at")), []).append(mine)
    found: tuple[int, int] | None = None
    for theirs, load in run.own(writer, written, len(run.steps) if stores else 0):
        if "from" not in load or is_write(load):
            continue
        source = -1 if load["from"] is None else load["from"]
        missed = stores.get(str(load.get("at")), [])
        first = bisect_right(missed, source)
        if first < len(missed) and (found is None or missed[first] < found[0]):
            found = missed[first], theirs
    return found
