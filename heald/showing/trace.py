"""How a failing execution is shown to a person: the run in its order, thread by thread.

The explorer reports a failure as JSON (``heald check --json``, capsules): ``kind``,
``message``, ``where`` and ``trace``. This file turns it into text and decides nothing: ``told``
chooses the steps, ``words`` says one, ``lanes`` lays them out, ``diagnosis`` knows what matters.
Execution graphs (``--print-executions``, ``--dot``) are drawn in ``heald.showing.graphs``.

A trace is ``{"threads": [{"id", "name"}], "steps": [STEP]}``. A step has ``thread``, ``op``,
``file``, ``line``, ``function`` and, where they apply, ``order``, ``at``, ``old``, ``new``,
``succeeded``, ``from`` (the step whose store was read, None for the initial value), ``newer``
(steps with later stores to the same place that had happened already),
``after`` (a step told later
whose store this one comes after all the same) and ``note``. Keys that are missing are not
shown. ``callers`` are the author's calls that led there, ``called`` the one that tells it from
others of the same line. ``name``, ``old_name`` and ``new_name`` are what the author calls
``at``, ``old`` and ``new``. ``pending`` lists what each thread would do next, in the same form.

Steps are numbered as they are shown.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from heald.showing.diagnosis import (
    NO_ORDER,
    Diagnosis,
    advice_of,
    change_of,
    diagnose,
    title_of,
)
from heald.showing.history import histories
from heald.showing.lanes import GAP, Paint, colored, laid_out, plain, wrapped
from heald.showing.quoted import quoted
from heald.showing.stuck_rules import waiting_places
from heald.showing.told import told_steps
from heald.showing.words import Sources, Step, call_of, step_lines

LOG_WIDTH = 120


def source_line(file: str, line: int) -> str:
    """Return the text of one source line without its indentation; empty if it cannot be read."""
    lines = quoted(file)
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def render(
    failure: Mapping[str, Any],
    *,
    width: int | None = None,
    color: bool = False,
    reason: bool = True,
    sources: Sources = source_line,
) -> str:
    """Draw one failure: what happened, the places it is about, the run that led there, why.

    Parameters
    ----------
    failure
        One element of ``failures`` in the JSON of ``heald check``; see the module's text
        for ``trace``, which may be missing.
    width
        Columns there are to fill; None, for logs, means 120.
    color
        Whether to use terminal escapes.
    reason
        Whether to say the bug by name, at the top and at the end; else both are left out.
    sources
        Gives the text of a source line.

    Returns
    -------
    str
        Lines without a newline at the end.
    """
    paint = colored if color else plain
    columns = width or LOG_WIDTH
    trace = failure.get("trace") or {"threads": []}
    steps = told_steps(failure) if failure.get("trace") else []
    found = diagnose({**failure, "trace": {**trace, "steps": steps}})
    title = f"{title_of(failure, found)}: {failure['message']}"
    lines = [paint("bold", line) for line in wrapped([title], columns) if reason]
    lines += _places(waiting_places(failure) or failure.get("where", ()), width)
    if steps:
        names = {thread["id"]: thread_name(thread) for thread in trace["threads"]}
        run = _run(steps, names, found.marks, columns, sources, paint) + _unproven(trace)
        why = [*_why(failure, found, columns), *_changes(failure, columns)]
        why = why if reason else []
        if len(run) > SCREEN:
            lines += why
            why = [line for line in why if line != NO_ORDER]  # once is enough
        lines += ["", *_above(failure, steps, found, columns), *run, *why]
    return "\n".join(line.rstrip() for line in lines)


#: Lines of a run above which its reason is told on both sides: where a reader of a log begins,
#: and where a terminal stands when all is printed.
SCREEN = 18


def _run(
    steps: Sequence[Step],
    names: Mapping[int, str],
    marks: Mapping[int, str],
    width: int,
    sources: Sources,
    paint: Paint,
) -> list[str]:
    texts = [step_lines(i, steps, names, sources, marks) for i in range(len(steps))]
    return laid_out(steps, texts, names, width, paint)


def _above(
    failure: Mapping[str, Any], steps: Sequence[Step], found: Diagnosis, width: int
) -> list[str]:
    """Tell what became of the variables that matter, and what the blocks are."""
    where = failure.get("where", ())
    lines = histories(steps, found.marks, where)
    blocks = failure["trace"].get("blocks", {}).values()
    named = [
        str(step.get(key, ""))
        for step in steps
        if step["op"] not in ("alloc", "free")  # these say themselves what they are about
        for key in _NAMED
    ]
    said = " ".join([*lines, *named, *(str(place.get("name", "")) for place in where)])
    lines += [
        f"{block['name']} is {block['told']}" for block in blocks if block["name"] in said
    ]
    told = [
        piece
        for line in lines
        for piece in textwrap.wrap(
            line, width, subsequent_indent="    ", break_on_hyphens=False
        )
    ]
    return [*told, ""] if told else []


_NAMED = ("name", "old_name", "new_name")


def _why(failure: Mapping[str, Any], found: Diagnosis, width: int) -> list[str]:
    """Say the bug by name, and its cures; only these where the rest was said at the top."""
    advice = advice_of(failure, found)
    is_new = found.line != f"{failure['kind']}: {failure['message']}" and found.is_by_rule
    told = " ".join(filter(None, (f"{found.line}." if is_new else "", advice)))
    if not told:
        return []
    return ["", *textwrap.wrap(told, min(width, 90), break_on_hyphens=False)]


def _changes(failure: Mapping[str, Any], width: int) -> list[str]:
    return [
        piece
        for line in change_of(failure)
        for piece in textwrap.wrap(
            line, width, subsequent_indent="    ", break_on_hyphens=False
        )
    ]


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
            thread_of(place),
            f"{place['file']}:{place['line']}" if place.get("file") else "unknown place",
            f"{place.get('function') or ''}{call_of(place)}",
        )
        for place in where
    ]
    if not rows:
        return []
    sizes = [max(len(row[i]) for row in rows) for i in range(4)]
    if width is not None and sum(sizes) + 4 * GAP > width:
        sizes[2] = 0  # a long path: give up the alignment behind it, never the path
    return [
        "  " + "  ".join(t.ljust(size) for t, size in zip(row, sizes, strict=True) if t)
        for row in rows
    ]


def thread_of(place: Mapping[str, Any]) -> str:
    """Name the thread of a place; nothing where there are none."""
    if "thread" not in place:
        return ""
    return "main" if place["thread"] == 0 else f"thread {place['thread']}"


def thread_name(thread: Mapping[str, Any]) -> str:
    """Name a thread by its number and what it runs."""
    name = thread.get("name") or ""
    return "main" if thread["id"] == 0 else f"thread {thread['id']} {name}".rstrip()
