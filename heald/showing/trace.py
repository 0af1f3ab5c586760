"""How a failing execution is shown to a person: one column per thread, in the order it ran.

The explorer reports a failure as JSON (``heald check --json``, capsules): ``kind``,
``message``, ``where`` and ``trace``. This file turns it into text and decides nothing. Columns are
used where they fit into the width, otherwise each step starts with its thread. Execution
graphs (``--print-executions``, ``--dot``) are drawn in ``heald.showing.graphs``.

A trace is ``{"threads": [{"id", "name"}], "steps": [STEP]}``. A step has ``thread``, ``op``,
``file``, ``line``, ``function`` and, where they apply, ``order``, ``at``, ``old``, ``new``,
``succeeded``, ``from`` (the step whose store was read, None for the initial value), ``newer``
(steps with later stores to the same place that had happened already),
``after`` (a step told later
whose store this one comes after all the same) and ``note``. Keys that are missing are not
shown. ``pending`` lists what each thread would do next, in the same form.

Left out are plain accesses to a place that only one thread touches, unless the failure is about
them (locals whose address was passed on, mostly), and threads that only start and join others.
Steps are numbered as they are shown.
"""

from __future__ import annotations

import linecache
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

Step = Mapping[str, Any]
Sources = Callable[[str, int], str]

NARROWEST_COLUMN = 26
WIDEST_COLUMN = 64
LOG_WIDTH = 120
GAP = 2
_WORDS = {  # op -> how it is said; accesses say what they change instead
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
_PLAIN = frozenset({"read", "write"})
_LIFE = frozenset({"spawn", "join"})
_STUCK = frozenset({"deadlock", "livelock"})


def terminal_width() -> int | None:
    """Return the columns of the terminal that stderr is, or None where it is a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stderr.isatty() else None


def source_line(file: str, line: int) -> str:
    """Return the text of one source line without its indentation; empty if it cannot be read."""
    return linecache.getline(file, line).strip()


def render(
    failure: Mapping[str, Any],
    *,
    width: int | None = None,
    color: bool = False,
    sources: Sources = source_line,
) -> str:
    """Draw one failure: what happened, the places it is about, the run that led there.

    Parameters
    ----------
    failure
        One element of ``failures`` in the JSON of ``heald check``; see the module's text
        for ``trace``, which may be missing.
    width
        Columns there are to fill; None, for logs, means 120.
    color
        Whether to use terminal escapes.
    sources
        Gives the text of a source line.

    Returns
    -------
    str
        Lines without a newline at the end.
    """
    paint = _paint if color else _plain
    lines = [paint("bold", f"{failure['kind']}: {failure['message']}")]
    lines += _places(failure.get("where", ()), width)
    trace = failure.get("trace")
    steps = _told(failure) if trace else []
    if trace and steps:
        names = {thread["id"]: _thread_name(thread) for thread in trace["threads"]}
        lines += ["", *_steps(steps, names, width or LOG_WIDTH, sources, paint)]
        lines += _unproven(trace)
    return "\n".join(line.rstrip() for line in lines)


def _unproven(trace: Mapping[str, Any]) -> list[str]:
    """Say so where a run with fewer switches may exist."""
    switches, least = trace.get("switches", 0), trace.get("at_least", 0)
    if switches <= least:
        return []
    return [
        f"({switches} switches between threads; "
        f"every order of these steps has at least {least})"
    ]


def _places(where: Sequence[Mapping[str, Any]], width: int | None) -> list[str]:
    """One row per place, in columns: access, thread, file and line, function."""
    rows = [
        (
            str(place.get("access", "at")),
            "main" if place.get("thread") == 0 else f"thread {place.get('thread', '?')}",
            f"{place['file']}:{place['line']}" if place.get("file") else "unknown place",
            str(place.get("function") or ""),
        )
        for place in where
    ]
    if not rows:
        return []
    sizes = [max(len(row[i]) for row in rows) for i in range(4)]
    if width is not None and sum(sizes) + 4 * GAP > width:
        sizes[2] = 0  # a long path: give up the alignment behind it, never the path
    return [
        "  " + "  ".join(text.ljust(size) for text, size in zip(row, sizes, strict=True))
        for row in rows
    ]


def _told(failure: Mapping[str, Any]) -> list[Step]:
    """Choose the steps worth telling, with ``from`` and ``newer`` counting among those."""
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
    read = {
        index
        for step in steps
        for index in (step.get("from"), step.get("after"), *(step.get("newer") or []))
    }
    kept = [
        index
        for index, step in enumerate(steps)
        if index in read
        or (step["thread"], step.get("line")) in blamed
        or not (
            step["op"] == "end" or (step["op"] in _PLAIN and threads[step.get("at")] == 1)
        )
    ]
    told = {steps[index]["thread"] for index in kept if steps[index]["op"] not in _LIFE}
    kept = [index for index in kept if steps[index]["thread"] in told]
    place = {old: new for new, old in enumerate(kept)}
    return _cut(_folded([_renumbered(steps[index], place) for index in kept]))


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


def _round(steps: Sequence[Step], begin: int, length: int) -> list[tuple[Any, ...]]:
    """Return what makes rounds the same: everything but the values."""
    keys = ("thread", "op", "at", "file", "line", "order", "succeeded")
    return [
        tuple(step.get(key) for key in keys) for step in steps[begin : begin + length]
    ]


def _rounds_from(steps: Sequence[Step], begin: int) -> tuple[int, int]:
    """Return the length of the round that begins here and how often it comes, or 0, 0."""
    for length in range(1, _LONGEST_ROUND + 1):
        first = _round(steps, begin, length)
        if len({step[0] for step in first}) > 1:
            break
        count = 1
        while _round(steps, begin + count * length, length) == first:
            count += 1
        if count >= _FEWEST_ROUNDS:
            return length, count
    return 0, 0


def _folded(steps: Sequence[Step]) -> list[Step]:
    """Tell the first and the last round of a loop; between them, how many there were."""
    told: list[Step] = []
    place: dict[int, int] = {}  # a step that is left out is told by the fold
    at = 0
    while at < len(steps):
        length, count = _rounds_from(steps, at)
        size = length * count
        middle = range(at + length, at + size - length)
        for index in range(at, at + max(1, size)):
            if index not in middle:
                told.append(steps[index])
            elif index == middle[0]:
                told.append(_fold_of(steps[index], count - 2))
            place[index] = len(told) - 1
        at += max(1, size)
    return [_renumbered(step, place) for step in told]


def _fold_of(step: Step, count: int) -> Step:
    kept = {key: step[key] for key in ("thread", "file", "line") if key in step}
    return {**kept, "op": "fold", "note": f"{count} rounds like this"}


def _set_stuck(steps: list[Step], pending: Step) -> None:
    """Say where a thread waits for ever: at its last step, if that is the waiting one."""
    what = f"{pending['op']} {_name(pending.get('at', ''))}"
    stuck = {**pending, "op": "stuck", "at": what, "note": None}
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
    if changed.get("newer"):
        changed["newer"] = [place[index] for index in changed["newer"]]
    return changed


def _steps(
    steps: Sequence[Step],
    names: Mapping[int, str],
    width: int,
    sources: Sources,
    paint: Callable[[str, str], str],
) -> list[str]:
    shown = [t for t in names if any(step["thread"] == t for step in steps)]
    texts = [_step_lines(i, step, steps, names, sources) for i, step in enumerate(steps)]
    column = _column_width(texts, shown, width)
    if column is None:
        return _listed(steps, texts, names, width, paint)
    number = len(str(len(steps))) + 1
    head = " " * (number + GAP) + "".join(names[t].ljust(column + GAP) for t in shown)
    lines = [paint("bold", head)]
    for index, (step, text) in enumerate(zip(steps, texts, strict=True)):
        indent = " " * ((column + GAP) * shown.index(step["thread"]) + GAP)
        for i, line in enumerate(_wrapped(text, column)):
            label = f"#{index + 1}" if i == 0 else ""
            lines.append(label.ljust(number) + indent + _painted(line, paint))
    return lines


def _column_width(
    texts: Sequence[Sequence[str]], shown: Sequence[int], width: int
) -> int | None:
    """Width of each thread's column, or None if they do not fit side by side."""
    needed = min(WIDEST_COLUMN, max(len(line) for text in texts for line in text))
    available = (width - 6) // len(shown) - GAP
    return min(needed, available) if available >= NARROWEST_COLUMN else None


def _listed(
    steps: Sequence[Step],
    texts: Sequence[Sequence[str]],
    names: Mapping[int, str],
    width: int,
    paint: Callable[[str, str], str],
) -> list[str]:
    """Too many threads for the width: one below the other, a heading at every switch."""
    lines: list[str] = []
    current = None
    for index, (step, text) in enumerate(zip(steps, texts, strict=True)):
        if step["thread"] != current:
            current = step["thread"]
            lines.append(paint("bold", names[current]))
        for i, line in enumerate(_wrapped(text, max(20, width - 8))):
            label = f"#{index + 1}" if i == 0 else ""
            lines.append(f"  {label:5} {_painted(line, paint)}")
    return lines


def _thread_name(thread: Mapping[str, Any]) -> str:
    name = thread.get("name") or ""
    return "main" if thread["id"] == 0 else f"thread {thread['id']} {name}".rstrip()


def _step_lines(
    index: int,
    step: Step,
    steps: Sequence[Step],
    names: Mapping[int, str],
    sources: Sources,
) -> list[str]:
    """Say the source line first, then what it did, then where what it read came from."""
    lines = []
    if step.get("file") and not _goes_on(index, steps):
        place = f"{PurePath(step['file']).name}:{step['line']}"
        lines.append(f"{place}  {sources(step['file'], step['line'])}".rstrip())
    lines.append(f"  {_effect(step)}")
    if "from" in step and step["op"] not in _WORDS:
        lines += [f"  {line}" for line in _provenance(step, steps, names)]
    if step.get("after") is not None:
        lines += [f"  {line}" for line in _store_order(step, steps, names)]
    return lines


def _goes_on(index: int, steps: Sequence[Step]) -> bool:
    """Whether the step before was made by the same thread on the same line."""
    if index == 0:
        return False
    keys = ("thread", "file", "line")
    return all(steps[index - 1].get(key) == steps[index].get(key) for key in keys)


def _effect(step: Step) -> str:
    """``top: NULL -> node#1  (cas, release)`` and the like."""
    op, old, new = step["op"], step.get("old"), step.get("new")
    at, note = _name(step.get("at", "")), step.get("note")
    if op in _WORDS:
        return " ".join(part for part in (_WORDS[op], at, note) if part)
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


def _name(place: str) -> str:
    """``counter+0`` is just ``counter``."""
    return place.removesuffix("+0")


def _store_order(
    step: Step, steps: Sequence[Step], names: Mapping[int, str]
) -> list[str]:
    """Why a store that is told first may be the later one of the two."""
    other = steps[step["after"]]
    value = f" ({other['new']})" if other.get("new") is not None else ""
    writer = names[other["thread"]]
    return [
        f"ORDER: of these stores to {_name(step['at'])} this one is the later, "
        f"#{step['after'] + 1}'s{value} the earlier:",
        f"  nothing that {writer} has read or waited for orders this store before its own",
    ]


def _provenance(step: Step, steps: Sequence[Step], names: Mapping[int, str]) -> list[str]:
    """Which store a read took its value from and why a newer one could be missed."""
    source, newer = step["from"], step.get("newer") or []
    if not newer:
        return [] if source is None else [f"from #{source + 1}"]
    origin = "the initial value" if source is None else f"the store of #{source + 1}"
    last = steps[newer[-1]]
    value = f" ({last['new']})" if last.get("new") is not None else ""
    reader, writer = names[step["thread"]], names[last["thread"]]
    if last["thread"] == step["thread"]:
        why = "its own later store is not in this read's past"
    else:
        why = f"nothing that {reader} has read or waited for orders {writer}'s store before it"
    return [f"STALE: {origin}, not #{newer[-1] + 1}'s{value}:", f"  {why}"]


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    result: list[str] = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        result += textwrap.wrap(
            line, width, subsequent_indent=indent, drop_whitespace=True
        ) or [""]
    return result


def _painted(line: str, paint: Callable[[str, str], str]) -> str:
    if line.lstrip().startswith(("STALE", "ORDER", "FAILS", "STUCK")):
        return paint("red", line)
    return line if line.startswith(" ") else paint("dim", line)


def _plain(_: str, text: str) -> str:
    return text


def _paint(style: str, text: str) -> str:
    code = {"bold": 1, "dim": 2, "red": 31}[style]
    return f"\x1b[{code}m{text}\x1b[0m"
