"""How a failing execution is shown to a person: one column per thread, in the order it ran.

The explorer reports a failure as JSON (``heald check --json``, capsules): ``kind``,
``message``, ``where`` and ``trace``. This file turns it into text and decides nothing. Columns are
used where they fit into the width, otherwise each step starts with its thread. Execution
graphs (``--print-executions``, ``--dot``) are drawn in ``heald.drawing``.

A trace is ``{"threads": [{"id", "name"}], "steps": [STEP]}``. A step has ``thread``, ``op``,
``file``, ``line``, ``function`` and, where they apply, ``order``, ``at``, ``old``, ``new``,
``succeeded``, ``from`` (the step whose store was read, None for the initial value), ``newer``
(steps with later stores to the same place that had happened already) and ``note``. Keys that
are missing are not shown.
"""

from __future__ import annotations

import linecache
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

Step = Mapping[str, Any]
Sources = Callable[[str, int], str]

NARROWEST_COLUMN = 26
WIDEST_COLUMN = 64
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
}


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
        Columns there are to fill; None, for logs, takes what the text needs.
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
    if trace and trace["steps"]:
        lines += ["", *_steps(trace, width, sources, paint)]
    return "\n".join(line.rstrip() for line in lines)


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


def _steps(
    trace: Mapping[str, Any],
    width: int | None,
    sources: Sources,
    paint: Callable[[str, str], str],
) -> list[str]:
    steps: Sequence[Step] = trace["steps"]
    names = {thread["id"]: _thread_name(thread) for thread in trace["threads"]}
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
    texts: Sequence[Sequence[str]], shown: Sequence[int], width: int | None
) -> int | None:
    """Width of each thread's column, or None if they do not fit side by side."""
    needed = min(WIDEST_COLUMN, max(len(line) for text in texts for line in text))
    if width is None:
        return needed
    available = (width - 6) // len(shown) - GAP
    return min(needed, available) if available >= NARROWEST_COLUMN else None


def _listed(
    steps: Sequence[Step],
    texts: Sequence[Sequence[str]],
    names: Mapping[int, str],
    width: int | None,
    paint: Callable[[str, str], str],
) -> list[str]:
    """Too many threads for the width: one below the other, a heading at every switch."""
    lines: list[str] = []
    current = None
    for index, (step, text) in enumerate(zip(steps, texts, strict=True)):
        if step["thread"] != current:
            current = step["thread"]
            lines.append(paint("bold", names[current]))
        for i, line in enumerate(_wrapped(text, max(20, (width or 80) - 8))):
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
    if step.get("file"):
        place = f"{PurePath(step['file']).name}:{step['line']}"
        lines.append(f"{place}  {sources(step['file'], step['line'])}".rstrip())
    lines.append(f"  {_effect(step)}")
    if "from" in step:
        lines += [f"  {line}" for line in _provenance(step, steps, names)]
    if step.get("note"):
        lines.append(f"  {step['note']}")
    return lines


def _effect(step: Step) -> str:
    """``top: NULL -> node#1  (cas, release)`` and the like."""
    op, old, new = step["op"], step.get("old"), step.get("new")
    at = step.get("at", "")
    if op in _WORDS:
        return f"{_WORDS[op]} {at}".rstrip()
    how = ", ".join(str(part) for part in (op, step.get("order")) if part)
    if step.get("succeeded") is False:
        return f"{at} is {old}, left alone  ({how} failed)"
    if new is not None and old is not None:
        return f"{at}: {old} -> {new}  ({how})"
    if new is not None:
        return f"{at} = {new}  ({how})"
    if old is not None:
        return f"{at} is {old}  ({how})"
    return f"{at}  ({how})".strip()


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
    if line.lstrip().startswith(("STALE", "FAILS")):
        return paint("red", line)
    return line if line.startswith(" ") else paint("dim", line)


def _plain(_: str, text: str) -> str:
    return text


def _paint(style: str, text: str) -> str:
    code = {"bold": 1, "dim": 2, "red": 31}[style]
    return f"\x1b[{code}m{text}\x1b[0m"
