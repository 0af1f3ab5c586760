"""One step of an execution in words: ``top: NULL -> node#1  (cas, release)``.

Names are the author's where debugging information gave them (``heald.naming``), else the
explorer's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

Step = Mapping[str, Any]
Sources = Callable[[str, int], str]

WORDS = {  # op -> how it is said; accesses say what they change instead
    "spawn": "starts",
    "join": "waits for the end of",
    "lock": "locks",
    "unlock": "unlocks",
    "wait": "waits on",
    "signal": "signals",
    "alloc": "allocates",
    "free": "frees",
    "call": "calls",
    "return": "returns from",
    "print": "prints",
    "fail": "FAILS",
    "stuck": "STUCK at",
    "fold": "...",
}


def place_of(step: Step) -> str:
    """Name what a step is about."""
    return str(step.get("name") or step.get("at", "")).removesuffix("+0")


def call_of(step: Step) -> str:
    """Say which call of its function a step was in; nothing where only one leads there."""
    return f" (called at {step['called']})" if step.get("called") else ""


def value_of(step: Step, key: str) -> str | None:
    """Return ``old`` or ``new`` as it is shown; None where it is not known."""
    value = step.get(f"{key}_name", step.get(key))
    return None if value is None else str(value)


def step_lines(
    index: int,
    steps: Sequence[Step],
    names: Mapping[int, str],
    sources: Sources,
    marks: Mapping[int, str],
) -> list[str]:
    """Say the source line first, then what it did, then where what it read came from.

    Parameters
    ----------
    names
        Of the threads.
    marks
        What there is to say of steps that matter, by index.
    """
    step, lines = steps[index], []
    if step.get("file") and not _goes_on(index, steps):
        place = f"{PurePath(step['file']).name}:{step['line']}"
        lines.append(f"{place}  {_statement(step, sources)}".rstrip())
    source, effect = step.get("from"), f"  {_effect(step)}"
    if step["op"] in WORDS or source is None or step.get("newer"):
        lines.append(effect)
    else:
        lines.append(f"{effect}  from #{source + 1}")
    if step.get("called") and not _is_told(index, steps):
        lines.append(f"  called at {step['called']}")
    if step.get("newer") and step["op"] not in WORDS:
        lines += [f"  {line}" for line in _stale(step, steps, names)]
    if step.get("after") is not None:
        lines += [f"  {line}" for line in _store_order(step, steps, names)]
    if index in marks:
        lines.append(f"  {marks[index]}")
    return lines


#: A statement over more lines than this is quoted in part.
_LINES_OF_A_STATEMENT = 4


def _statement(step: Step, sources: Sources) -> str:
    """Quote a line of source, and those behind it while a parenthesis is open."""
    text = sources(step["file"], step["line"])
    for more in range(1, _LINES_OF_A_STATEMENT):
        if text.count("(") <= text.count(")"):
            break
        text = f"{text} {sources(step['file'], step['line'] + more)}".rstrip()
    return text


def _goes_on(index: int, steps: Sequence[Step]) -> bool:
    """Whether the step before was made by the same thread on the same line, in the same call."""
    if index == 0:
        return False
    keys = ("thread", "file", "line", "called")
    return all(steps[index - 1].get(key) == steps[index].get(key) for key in keys)


def _is_told(index: int, steps: Sequence[Step]) -> bool:
    """Whether the thread's step before was in the same call."""
    thread, called = steps[index]["thread"], steps[index]["called"]
    own = (s for s in reversed(steps[:index]) if s["thread"] == thread)
    return bool(next(own, {}).get("called") == called)


def _effect(step: Step) -> str:
    """``top: NULL -> node#1  (cas, release)`` and the like."""
    op, old, new = step["op"], value_of(step, "old"), value_of(step, "new")
    at, note = place_of(step), step.get("note")
    if op in WORDS:
        return " ".join(part for part in (WORDS[op], at, note) if part)
    how = ", ".join(str(part) for part in (op, step.get("order"), note) if part)
    if step.get("succeeded") is False:
        return f"{at} is {old}, left alone  ({how} failed)"
    if new is not None and old is not None:
        return f"{at}: {old} -> {new}  ({how})"
    if new is not None:
        return f"{at} = {new}  ({how})"
    if old is not None:
        return f"{at} is {old}  ({how})"
    return f"{at}  ({how})".strip()


def _store_order(
    step: Step, steps: Sequence[Step], names: Mapping[int, str]
) -> list[str]:
    """Why a store that is told first may be the later one of the two."""
    other = steps[step["after"]]
    value = _with_value(other)
    writer = names[other["thread"]]
    return [
        f"ORDER: of these stores to {place_of(step)} this one is the later, "
        f"#{step['after'] + 1}'s{value} the earlier:",
        f"  nothing that {writer} has read or waited for orders this store before its own",
    ]


def _stale(step: Step, steps: Sequence[Step], names: Mapping[int, str]) -> list[str]:
    """Which store a read took its value from and why a newer one could be missed."""
    source, newer = step["from"], step["newer"]
    origin = "the initial value" if source is None else f"the store of #{source + 1}"
    last = steps[newer[-1]]
    value = _with_value(last)
    reader, writer = names[step["thread"]], names[last["thread"]]
    if last["thread"] == step["thread"]:
        why = "its own later store is not in this read's past"
    else:
        why = f"nothing that {reader} has read or waited for orders {writer}'s store before it"
    return [f"STALE: {origin}, not #{newer[-1] + 1}'s{value}:", f"  {why}"]


def _with_value(step: Step) -> str:
    value = value_of(step, "new")
    return "" if value is None else f" ({value})"
