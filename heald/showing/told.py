"""Which steps of a failing execution are worth telling.

Left out are plain accesses to a place that only one thread touches, unless the failure is about
them (locals whose address was passed on, mostly), and threads that only start and join others.
Equal rounds of a loop are told once, with their number; so is what a library does by itself. A
very long run is cut in the middle. Time is linear in the number of steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from heald.showing.stuck_rules import waited_on
from heald.showing.words import Step, place_of

#: What a plain read read was written by a step that is left out.
UNTOLD = -1
_PLAIN = frozenset({"read", "write"})
_ACCESSES = _PLAIN | {"load", "store", "rmw", "cas", "fence", "yield"}
_LIFE = frozenset({"spawn", "join"})
_STUCK = frozenset({"deadlock", "livelock"})


def told_steps(
    failure: Mapping[str, Any], *, whole: bool = False, fold: bool = True
) -> list[Step]:
    """Choose the steps worth telling, with ``from`` and ``newer`` counting among those.

    Parameters
    ----------
    failure
        With its ``trace``.
    whole
        Whether a very long run is told whole.
    fold
        Whether equal rounds and what libraries do are told as one step.
    """
    trace = failure["trace"]
    steps: list[Step] = [*trace["steps"]]
    for step in trace.get("pending", ()):
        if step["op"] == "fail":
            steps.append(step)
        elif failure["kind"] in _STUCK and step["op"] != "join":
            _set_stuck(steps, step)
    touched = Counter((step.get("at"), step["thread"]) for step in steps)
    threads = Counter(at for at, _ in touched)
    blamed = {
        (place.get("thread"), place.get("line")) for place in failure.get("where", ())
    }
    steps = [_shortly(step) for step in steps]
    read = _referred(steps)
    kept = [
        index
        for index, step in enumerate(steps)
        if index in read
        or (step["thread"], step.get("line")) in blamed
        or not (
            step["op"] == "end" or (step["op"] in _PLAIN and threads[step.get("at")] == 1)
        )
    ]
    acting = {steps[index]["thread"] for index in kept if steps[index]["op"] not in _LIFE}
    kept = [index for index in kept if steps[index]["thread"] in acting]
    place = {old: new for new, old in enumerate(kept)}
    told = [_renumbered(steps[index], place) for index in kept]
    if fold:
        told = _without_libraries(_folded(told), _blocks_of(failure, told))
    return told if whole else _cut(told)


#: Of many newer stores that a read missed, the first and the last are told.
_MISSED = 8


def _shortly(step: Step) -> Step:
    newer = step.get("newer") or ()
    if len(newer) <= 2 * _MISSED:
        return step
    return {**step, "newer": [*newer[:_MISSED], *newer[-_MISSED:]]}


#: A run of more steps than both together is cut in the middle.
_FIRST_STEPS = 60
_LAST_STEPS = 140


def _cut(steps: Sequence[Step]) -> list[Step]:
    """Tell the beginning and the end of a long run; between them, how many steps there were."""
    more = len(steps) - _FIRST_STEPS - _LAST_STEPS
    if more <= 1:
        return [*steps]
    resumed = _FIRST_STEPS + more
    gap = {"thread": steps[_FIRST_STEPS]["thread"], "op": "fold"}
    gap["note"] = f"{more} steps more"
    place = {
        index: min(index, max(_FIRST_STEPS, index - more + 1))
        for index in range(len(steps))
    }
    told = [*steps[:_FIRST_STEPS], gap, *steps[resumed:]]
    return [_renumbered(step, place) for step in told]


#: Rounds of a loop are folded if they are at most so long and at least so many.
_LONGEST_ROUND = 12
_FEWEST_ROUNDS = 5
_SAME = ("thread", "op", "at", "file", "line", "order", "succeeded", "called")


def _rounds_from(
    keys: Sequence[int], owners: Sequence[int], begin: int
) -> tuple[int, int]:
    """Return the length of the round that begins here and how often it comes, or 0, 0."""
    for length in range(1, _LONGEST_ROUND + 1):
        if begin + length > len(keys) or owners[begin + length - 1] != owners[begin]:
            break
        first = keys[begin : begin + length]
        count = 1
        while keys[begin + count * length : begin + (count + 1) * length] == first:
            count += 1
        if count >= _FEWEST_ROUNDS:
            return length, count
    return 0, 0


def _folded(steps: Sequence[Step]) -> list[Step]:
    """Tell the first and the last round of a loop; between them, how many there were."""
    told: list[Step] = []
    place: dict[int, int] = {}  # a step that is left out is told by the fold
    numbers: dict[tuple[Any, ...], int] = {}  # what makes rounds the same: not the values
    keys = [
        numbers.setdefault(tuple(step.get(key) for key in _SAME), len(numbers))
        for step in steps
    ]
    owners = [step["thread"] for step in steps]
    at = 0
    while at < len(steps):
        length, count = _rounds_from(keys, owners, at)
        size = length * count
        middle = range(at + length, at + size - length)
        for index in range(at, at + max(1, size)):
            if index not in middle:
                told.append(steps[index])
            elif index == middle[0]:
                told.append(_fold_of(steps[index], f"{count - 2} rounds like this"))
            place[index] = len(told) - 1
        at += max(1, size)
    return [_renumbered(step, place) for step in told]


#: So many steps in a row inside a library are told as one.
_FEWEST_IN_LIBRARY = 3
_OF_RUST = "/rustc/"
_LIBRARIES = ("/usr/include/", "/usr/lib/", "/usr/local/include/", _OF_RUST)


#: Of what Rust's std does by itself, these too are nobody's concern, nor are its variables.
_QUIET = frozenset({"alloc", "free", "once", "once failed", "detach", "panic"})
_NAMES_OF_STD = ("std::", "<std::")
_FEWEST_IN_STD = 2


def _blocks_of(failure: Mapping[str, Any], steps: Sequence[Step]) -> set[str]:
    """Return the blocks that the program itself touches, or that the failure is about."""
    own = [step for step in steps if not _is_in_std(step)]
    return {_block(str(each.get("at", ""))) for each in (*own, *failure.get("where", ()))}


def _block(at: str) -> str:
    return at.rpartition("+")[0]


def _is_in_std(step: Step) -> bool:
    """Whether Rust's std did it, or a library of which no line is known."""
    if step.get("file", "?") == "?":
        return step["op"] in _QUIET
    return str(step["file"]).startswith(_OF_RUST) or (
        str(step.get("name") or step.get("at", "")).startswith(_NAMES_OF_STD)
    )


def _without_libraries(steps: Sequence[Step], own: set[str]) -> list[Step]:
    """Tell what a library does by itself as one step; what others have read of it stays."""
    # What Rust's std says of itself is told of nobody.
    read = _referred([step for step in steps if not _is_in_std(step)])
    told: list[Step] = []
    place: dict[int, int] = {}
    at = 0
    while at < len(steps):
        end = at
        while end < len(steps) and end not in read and _is_librarys(steps, end, at, own):
            end += 1
        is_std = end > at and _is_in_std(steps[at])
        is_told_as_one = end - at >= (_FEWEST_IN_STD if is_std else _FEWEST_IN_LIBRARY)
        if is_told_as_one:
            library = _library(steps[at:end])
            told.append(_fold_of(steps[at], f"{end - at} steps in {library}"))
        else:
            end = max(end, at + 1)
            told += steps[at:end]
        for index in range(at, end):
            place[index] = len(told) - (1 if is_told_as_one else end - index)
        at = end
    return [_renumbered(step, place) for step in told]


def _library(steps: Sequence[Step]) -> str:
    file = next((str(s["file"]) for s in steps if s.get("file", "?") != "?"), "")
    if any(_is_in_std(step) and step.get("file", "?") != "?" for step in steps):
        return "std"
    return PurePath(file).name or "libraries"


def _is_librarys(steps: Sequence[Step], index: int, first: int, own: set[str]) -> bool:
    step = steps[index]
    if step["thread"] != steps[first]["thread"]:
        return False
    if _is_in_std(step):
        is_quiet = step["op"] in _QUIET and _block(str(step.get("at", ""))) not in own
        return is_quiet or step["op"] in _ACCESSES
    return (
        step["op"] in _ACCESSES
        and not _is_in_std(steps[first])
        and str(step.get("file", "")).startswith(_LIBRARIES)
    )


def _referred(steps: Sequence[Step]) -> set[int | None]:
    """Return the steps that others speak of."""
    return {
        index
        for step in steps
        for index in (step.get("from"), step.get("after"), *(step.get("newer") or ()))
    }


def _fold_of(step: Step, note: str) -> Step:
    kept = {key: step[key] for key in ("thread", "file", "line") if key in step}
    return {**kept, "op": "fold", "note": note}


def _set_stuck(steps: list[Step], pending: Step) -> None:
    """Say where a thread waits for ever: at its last step, if that is the waiting one."""
    what = f"{pending['op']} {place_of(pending)}"
    asleep = waited_on(steps, pending)
    if asleep is not None:
        what = f"the wait on {place_of(steps[asleep])}"
    stuck = {**pending, "op": "stuck", "name": what, "note": None}
    own = [i for i, step in enumerate(steps) if step["thread"] == pending["thread"]]
    if own and all(steps[own[-1]].get(key) == pending.get(key) for key in ("op", "at")):
        steps[own[-1]] = {**steps[own[-1]], **stuck}
    else:
        steps.append(stuck)


def _renumbered(step: Step, place: Mapping[int, int]) -> Step:
    changed = dict(step)
    if changed.get("from") is not None:
        changed["from"] = place[changed["from"]]
    if changed.get("after") is not None:
        changed["after"] = place[changed["after"]]
    if changed.get("source") is not None:
        changed["source"] = place.get(changed["source"], UNTOLD)
    if changed.get("newer"):
        changed["newer"] = [place[index] for index in changed["newer"]]
    return changed
