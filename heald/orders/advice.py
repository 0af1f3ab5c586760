"""What to change, tried: the orders that make every execution of the failing scenario right.

Advice that was not tried is a guess, and a wrong guess costs a day. So a sentence that begins with
*to change* stands for a search in the explorer that came to an end; where it did not, or
where no order helps, nothing of the kind is said.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from heald.explorer.options import Options
from heald.finding import Finding
from heald.orders.explorable import Explorable, OutOfTime
from heald.orders.mend import Mending, cheapest_orders
from heald.orders.program import OrderedProgram
from heald.orders.subject import OrderedSubject
from heald.orders.variables import NO_FENCE, Texts
from heald.precedence import in_time_of
from heald.subject.subject import Subject
from heald.verdicts import HealdError

_MOST_EXPLORATIONS = 300
_MOST_EXECUTIONS = 5_000
"""Counts end the search, the same on any machine; seconds only guard against hanging."""
_GUARD_S = 60.0


def with_change(
    subject: Subject,
    failed: Finding,
    options: Options,
    *,
    most_explorations: int = _MOST_EXPLORATIONS,
) -> Finding:
    """Return a finding with the change of orders that mends its scenario, if there is one.

    Parameters
    ----------
    options
        Those it was found with.
    most_explorations
        Of the search; one that is not over by then says nothing.
    """
    assert failed.scenario is not None
    options = replace(
        options,
        search="exhaustive",
        schedule=None,
        budget_s=_GUARD_S,
        max_executions=_MOST_EXECUTIONS,
        shortest=False,
    )
    program = OrderedSubject(
        subject, [failed.scenario], options, in_time=in_time_of(failed.detail)
    )
    program.most_explorations = most_explorations
    return replace(
        failed, detail={**failed.detail, **_tried(program, "of this scenario ")}
    )


def program_advice(
    sources: Sequence[str],
    options: Options,
    *,
    cflags: Sequence[str] = (),
    arguments: Sequence[str] = (),
    most_explorations: int = _MOST_EXPLORATIONS,
) -> dict[str, Any]:
    """Return what is known of a failing program's orders, for ``heald check --json``.

    Returns
    -------
    dict
        ``change``: what mends it, tried; or ``is_algorithms``: it fails under sc, too; nothing
        if the search did not come to an end.
    """
    options = replace(options, max_executions=_MOST_EXECUTIONS, shortest=False, traces=0)
    try:
        program = OrderedProgram(sources, cflags, arguments, options)
    except HealdError:
        return {}
    program.most_explorations = most_explorations
    return _tried(program, "")


def _tried(program: Explorable, whose: str) -> dict[str, Any]:
    try:
        if program.explore().passes:
            return {}  # it takes more than its executions: samples, other options
        under_sc = program.explore(model="sc")
        if under_sc.failures:
            return {"is_algorithms": True}
        found = cheapest_orders(program)
        if found is None:
            return {}
        texts, assignment = found
        executions = program.explore(
            texts.orders(assignment), fences=texts.fenced(assignment)
        ).executions
    except (OutOfTime, HealdError):
        return {}
    change = "; ".join(_changes(texts, assignment))
    return {"change": _as_tried(change, executions, whose)}


def of_mending(mending: Mending) -> dict[str, str]:
    """Return what a verified patch changes, in the words of `program_advice`."""
    if not mending.patch:
        return {}
    told = "; ".join(
        f"a {change.new} fence at {os.path.basename(change.file)}:{change.line}"
        if change.old == NO_FENCE
        else f"{os.path.basename(change.file)}:{change.line} {change.old} -> {change.new}"
        for change in mending.changes
    )
    return {"change": _as_tried(told, mending.executions, "")}


def _as_tried(change: str, executions: int, whose: str) -> str:
    return f"{change} (tried: all {executions:,} executions {whose}are right)"


def _changes(texts: Texts, assignment: Mapping[str, str]) -> Iterator[str]:
    """Say what an assignment changes, in the order of the text."""
    wanted = texts.written(assignment)
    for text in texts.variables(wanted):
        place = _place(texts, text.argument.file, text.argument.start)
        yield f"{place} {text.order} -> {wanted[text.name]}"
    for name, fence in texts.fences.items():
        if assignment.get(name) == "seq_cst":
            place = _place(texts, fence.point.file, fence.point.offset)
            yield f"a seq_cst fence after {place}"


def _place(texts: Texts, file: str, offset: int) -> str:
    line = texts.program.files.text(file).count("\n", 0, offset) + 1
    return f"{os.path.basename(file)}:{line}"
