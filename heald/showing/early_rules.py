"""Publication before initialisation: who saw the flag may look before the data is there.

Not the same as a stale publication: there the data was stored before the flag and not seen. Here
the writer's own order is wrong, and no memory order of the flag mends it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from heald.showing.pattern import (
    READS,
    Diagnosis,
    Run,
    Step,
    is_write,
    line_of,
    said_of,
    who,
)
from heald.showing.words import place_of, value_of

_NAME = "publication before initialisation"
_ADVICE = "write everything first, and the store that lets others see it last"
_PLAIN = {"write", "atomic store", "atomic update", "store"}


def early_race(failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
    """Find a race with a write that comes after the store by which its reader found the place."""
    first = _first_writes(run)
    places = list(failure.get("where", ()))[:2]
    for written, read in (places, places[::-1]) if len(places) == 2 else ():
        if written.get("access") not in _PLAIN or written.get("at") is None:
            continue
        seen = [*_seen(run, read["thread"], written["thread"])]
        begun, _ = first.get((written["thread"], written["at"]), (len(run.steps), None))
        if any(begun < store for store, _ in seen):
            continue  # it was published in time, and is not ordered with that
        for store, load in seen:
            line = (
                f"{_NAME}: {_seen_words(run, store, load)} and {said_of(read)} "
                f"{place_of(read) or 'memory'} at {line_of(read)}, which {who(written)} "
                f"writes only later, at {line_of(written)}"
            )
            return Diagnosis(_NAME, line, _ADVICE, marks=_marks(store, load))
    return None


def early(_failure: Mapping[str, Any], run: Run) -> Diagnosis | None:
    """Find a read of what nobody had written yet, by who had seen the writer's earlier store.

    One pass: of each writer only the first store that a reader saw matters, and of each place
    only the writer's first one.
    """
    first = _first_writes(run)
    seen: defaultdict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for index, step in enumerate(run.steps):
        reader = step["thread"]
        if "from" in step and step["op"] in READS:
            for writer, (shown, load) in seen[reader].items():
                when, later = first.get((writer, step["at"]), (-1, step))
                if when < index:
                    continue
                line = (
                    f"{_NAME}: {_seen_words(run, shown, load)} and read "
                    f"{value_of(step, 'old')} from {place_of(step)} at {line_of(step)}, which "
                    f"{who(later)} stores only later, at {line_of(later)}"
                )
                return Diagnosis(_NAME, line, _ADVICE, marks=_marks(shown, load))
        store = _another_s_store(run, step)
        if store is not None:
            seen[reader].setdefault(run.steps[store]["thread"], (store, index))
    return None


def _first_writes(run: Run) -> dict[tuple[int, Any], tuple[int, Step]]:
    """Return each thread's first write to each place, and when; what is pending, at the end."""
    first: dict[tuple[int, Any], tuple[int, Step]] = {}
    for index, step in enumerate((*run.steps, *run.pending)):
        if is_write(step):
            first.setdefault((step["thread"], step.get("at")), (index, step))
    return first


def _seen(run: Run, reader: int, writer: int) -> Iterator[tuple[int, int]]:
    """Yield the writer's stores that the reader saw, and where it saw each."""
    for load, step in run.own(reader, -1, len(run.steps)):
        store = _another_s_store(run, step)
        if store is not None and run.steps[store]["thread"] == writer:
            yield store, load


def _another_s_store(run: Run, step: Step) -> int | None:
    """Return the store of another thread that a step saw, at a place with a name."""
    store = step.get("from")
    if store is None or not run.steps[store].get("at"):
        return None
    return int(store) if run.steps[store]["thread"] != step["thread"] else None


def _seen_words(run: Run, store: int, load: int) -> str:
    stored, loaded = run.steps[store], run.steps[load]
    return (
        f"{who(loaded)} saw at {line_of(loaded)} what {who(stored)} stored at "
        f"{line_of(stored)},"
    )


def _marks(store: int, load: int) -> dict[int, str]:
    return {store: f"TOO EARLY: #{load + 1} sees it, and what it leads to is not written"}
