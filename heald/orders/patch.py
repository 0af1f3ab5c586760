"""An assignment of orders as a patch: written, compiled and explored as it will be applied."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald.orders.diff import unified
from heald.orders.explorable import Explorable, OutOfTime
from heald.orders.variables import NO_FENCE, Texts
from heald.verdicts import UsageError

_REFUSED = "refused"


@dataclass(frozen=True)
class Change:
    """One order that is changed.

    Attributes
    ----------
    file, line
        Where it is written, relative to the current directory; from 1.
    source
        The line.
    old, new
        Orders.
    without
        A failure of an execution without it: for a stronger order when everything else is
        changed, for a weaker one when it is made weaker still.
    """

    file: str
    line: int
    source: str
    old: str
    new: str
    without: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "file": self.file,
            "line": self.line,
            "source": self.source,
            "old": self.old,
            "new": self.new,
            "without": self.without,
        }


@dataclass(frozen=True)
class Patch:
    """A patch that was compiled and explored.

    Attributes
    ----------
    diff
        In the unified form.
    after
        The new text of each file that changes, by path.
    failures
        Of the patched program; none: every execution is right.
    executions
        Of the patched program.
    """

    diff: str
    after: Mapping[str, str]
    failures: Sequence[Mapping[str, Any]]
    executions: int

    @property
    def is_refused(self) -> bool:
        """Whether the compiler does not take it."""
        return any(failure["kind"] == _REFUSED for failure in self.failures)


def patched(program: Explorable, texts: Texts, found: Mapping[str, str]) -> Patch:
    """Write an assignment into copies of the files; compile and explore them."""
    before = {path: program.files.text(path) for path in program.files.paths}
    after = texts.applied(found)
    with tempfile.TemporaryDirectory(prefix="heald-patch-") as folder:
        failures: Sequence[Mapping[str, Any]]
        try:
            other = program.from_texts(after, Path(folder))
            answer = other.explore()
            failures, executions = answer.failures, answer.executions
            program.explorations = other.explorations
        except UsageError as refused:
            failures, executions = [{"kind": _REFUSED, "message": str(refused)}], 0
    return Patch(
        unified(before, after),
        {path: text for path, text in after.items() if text != before[path]},
        failures,
        executions,
    )


def refused_changes(
    program: Explorable, texts: Texts, found: Mapping[str, str]
) -> list[str]:
    """Return the changes of a patch that the compiler refuses by themselves; else all of them."""
    wanted = texts.written(found)
    refused = []
    for name, order in wanted.items():
        with tempfile.TemporaryDirectory(prefix="heald-patch-") as folder:
            try:
                program.from_texts(texts.applied({name: order}), Path(folder))
            except UsageError:
                refused.append(name)
    return refused or list(wanted)


def changed_orders(
    program: Explorable,
    texts: Texts,
    found: Mapping[str, str],
    without: Callable[[Texts, str, str], Sequence[str]] = lambda texts, name, _: [
        texts.by_name[name].order
    ],
) -> list[Change]:
    """Return the orders that are changed, in the order of the text.

    Parameters
    ----------
    without
        Given the name and the new order of an expression: other orders, one of which must
        fail if the new one is right; by default the old one.
    """
    wanted = texts.written(found)
    changes = []
    for text in texts.variables(wanted):
        file, at = text.argument.file, text.argument.start
        failure: Mapping[str, Any] = {}
        others = without(texts, text.name, wanted[text.name])
        for order in others:
            failure = failure or _without(program, texts, {**found, text.name: order})
        if not failure and text.order in others:
            # It is there for the order of its failure: the two go together.
            failure = _without(program, texts, {**found, **texts.pair_as_written(text)})
        line, source = _line(program, file, at)
        changes.append(
            Change(
                os.path.relpath(file),
                line,
                source,
                text.order,
                wanted[text.name],
                failure,
            )
        )
    return changes


def added_fences(
    program: Explorable, texts: Texts, found: Mapping[str, str]
) -> list[Change]:
    """Return the fences that are put in."""
    changes = []
    for name, fence in texts.fences.items():
        if found.get(name) != "seq_cst":
            continue
        without = _without(program, texts, {**found, name: NO_FENCE})
        line, _ = _line(program, fence.point.file, fence.point.offset)
        changes.append(
            Change(
                os.path.relpath(fence.point.file),
                line,
                fence.point.text.strip(),
                NO_FENCE,
                "seq_cst",
                without,
            )
        )
    return changes


def _without(
    program: Explorable, texts: Texts, assignment: Mapping[str, str]
) -> Mapping[str, Any]:
    """Return a failure under an assignment: there is one, or the change would not be needed."""
    try:
        answer = program.explore(
            texts.orders(assignment), fences=texts.fenced(assignment)
        )
    except OutOfTime:
        return {}
    return answer.failures[0] if answer.failures else {}


def _line(program: Explorable, file: str, offset: int) -> tuple[int, str]:
    """Return the number and the text of the line that holds an offset."""
    body = program.files.text(file)
    start = body.rfind("\n", 0, offset) + 1
    end = body.find("\n", offset)
    number = body.count("\n", 0, offset) + 1
    return number, body[start : len(body) if end < 0 else end].strip()
