"""The kill matrix: which fault method catches which flawed variant, computed by running them.

A method that catches nothing is not worth its time, and a flaw that nothing catches is a
missing method. Cells hold the number of cases until the first failure.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from heald.deadline import OutOfTime
from heald.faults.checking import MethodReport, check
from heald.faults.clauses import Clause
from heald.faults.methods import METHODS, Method
from heald.faults.subject import TransferSubject

#: Milliseconds of cases that a cell may cost, as estimated: one that must show something (a
#: sound variant, a flaw that the method is meant to catch), and one that may.
CELL_BUDGET_MS = 250
OTHER_CELL_BUDGET_MS = 50
#: Cases of one cell: more than enough for what a method is meant to catch.
MOST_CASES = 1000
FEWEST_CASES = 3
#: A case that takes longer is a hang, whatever the variant: a loaded machine gets its time.
DEADLINE_S = 30.0
#: Of a flawed one a case that moves nothing for so long is one, too.
STILL_S = 2.0
#: How long after the budget the case that is under way may go on.
LAST_MOMENT_S = 1.0


@dataclass
class Matrix:
    """Reports by subject and method; a missing entry has not been run.

    ``late`` counts those for which the budget had no time left.
    """

    cells: dict[tuple[str, str], MethodReport] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    late: int = 0

    def without_cases(self, subjects: Sequence[TransferSubject]) -> list[str]:
        """Return the subjects of which no case ran at all: nothing is known of them."""
        ran: dict[str, int] = {}
        for (name, _), report in self.cells.items():
            ran[name] = ran.get(name, 0) + report.ran
        return [s.full_name for s in subjects if ran.get(s.full_name, 0) == 0]

    def caught(self, subject: str, method: str) -> bool:
        """Whether the method saw the subject fail."""
        report = self.cells.get((subject, method))
        return report is not None and bool(report.failures)


def cases_for(method: Method, *, must_show: bool = True) -> int:
    """Return how many cases a cell is given."""
    budget_ms = CELL_BUDGET_MS if must_show else OTHER_CELL_BUDGET_MS
    return max(FEWEST_CASES, min(MOST_CASES, int(budget_ms / method.cost_ms)))


def compute(
    subjects: Sequence[TransferSubject],
    *,
    jobs: int = 1,
    methods: Sequence[Method] = METHODS,
    meant: Mapping[str, frozenset[str]] | None = None,
    seed: int = 1,
    deadline_s: float = DEADLINE_S,
    still_s: float = STILL_S,
    budget_s: float | None = None,
    progress: Callable[[str], None] = lambda _text: None,
) -> Matrix:
    """Run every method on every subject, until its first failure.

    Parameters
    ----------
    deadline_s, still_s
        When a case is a hang; of others than flawed ones twice the second. See ``Host``.
    budget_s
        No cell begins after so many seconds, none goes on with another batch of cases, and
        what is not compiled by then is left out.
    jobs
        How many cells run at a time, above 0; each has a worker process of its own.
    meant
        By full name, the methods that must catch it: these get more cases than the others.
    """
    matrix = Matrix()
    try:
        missing = {method.name: method.missing() for method in methods}
    except OutOfTime:  # our own part was not compiled
        matrix.late = len(subjects) * len(methods)
        return matrix
    matrix.skipped = {name: why for name, why in missing.items() if why is not None}
    usable = [method for method in methods if method.name not in matrix.skipped]

    end = math.inf if budget_s is None else time.monotonic() + budget_s

    def cell(subject: TransferSubject, method: Method) -> MethodReport | None:
        left = end - time.monotonic()
        if left <= 0:
            return None
        if method is usable[0]:
            progress(subject.full_name)
        named = (meant or {}).get(subject.full_name, frozenset())
        flawed = subject.expected == "flawed"
        must_show = not flawed or method.name in named
        try:
            report = check(
                subject,
                method,
                seed=seed,
                count=cases_for(method, must_show=must_show),
                seconds=left,
                stop_at_failure=True,
                deadline_s=min(deadline_s, left + LAST_MOMENT_S),
                still_s=still_s if flawed else 2 * still_s,
            )
        except OutOfTime:  # it was not compiled
            return None
        was_cut = left + LAST_MOMENT_S < deadline_s and time.monotonic() >= end
        if was_cut and any(Clause.HANG in ran.broken for ran in report.failures):
            return None  # it had no time to be sure
        return report

    # Threads: all they do is wait for their workers.
    with ThreadPoolExecutor(jobs) as pool:
        waiting = {
            (subject.full_name, method.name): pool.submit(cell, subject, method)
            for subject in subjects
            for method in usable
        }
        try:
            _collect(matrix, waiting)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        pool.shutdown(cancel_futures=True)  # what is under way ends soon
    matrix.late = len(waiting) - len(matrix.cells)
    return matrix


def _collect(
    matrix: Matrix, waiting: Mapping[tuple[str, str], Future[MethodReport | None]]
) -> None:
    """Take in the reports as they come, as long as there is time."""
    with contextlib.suppress(OutOfTime):
        for name, future in waiting.items():
            report = future.result()
            if report is not None:
                matrix.cells[name] = report


def render(
    matrix: Matrix,
    subjects: Sequence[TransferSubject],
    meant: Mapping[str, frozenset[str]] | None = None,
) -> str:
    """Draw the matrix as text.

    Parameters
    ----------
    meant
        By full name, the methods that must catch it; a cell that should have and did not is
        marked ``MISSED``.
    """
    shown = [m.name for m in METHODS if any(name == m.name for _, name in matrix.cells)]
    width = max(len(subject.full_name) for subject in subjects)
    widths = [max(len(name), 6) for name in shown]
    lines = [_row(" " * width, shown, widths)]
    for subject in subjects:
        wanted = (meant or {}).get(subject.full_name, frozenset())
        cells = [_cell(matrix, subject, name, name in wanted) for name in shown]
        lines.append(_row(f"{subject.full_name:<{width}}", cells, widths))
    lines += [f"not run: {name}: {reason}" for name, reason in matrix.skipped.items()]
    return "\n".join(lines)


def _row(first: str, cells: Sequence[str], widths: Sequence[int]) -> str:
    return " ".join(
        [first, *(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))]
    )


def not_as_meant(
    matrix: Matrix,
    subjects: Sequence[TransferSubject],
    meant: Mapping[str, frozenset[str]],
) -> list[str]:
    """Say what is not as it must be, one line each: missed flaws, sound variants that failed.

    Of what the budget left out nothing is said.
    """
    wrong = []
    for subject in subjects:
        name = subject.full_name
        asked = {how for who, how in matrix.cells if who == name}
        caught = {how for how in asked if matrix.caught(name, how)}
        missed = meant.get(name, frozenset()) - caught - set(matrix.skipped)
        if matrix.late:
            missed &= asked
        if subject.expected != "flawed" and caught:
            wrong.append(f"{name}: failed under {', '.join(sorted(caught))}")
        elif subject.expected == "flawed" and (missed or not (caught or matrix.late)):
            by = ", ".join(sorted(missed)) or "anything"
            wrong.append(f"{name}: not caught by {by}")
    return wrong


def summary(matrix: Matrix, subjects: Sequence[TransferSubject]) -> str:
    """Count what was run, in one line."""
    flawed = [each.full_name for each in subjects if each.expected == "flawed"]
    others = [each.full_name for each in subjects if each.expected != "flawed"]
    caught = [
        name
        for name in flawed
        if any(matrix.caught(name, how) for how in _methods(matrix))
    ]
    cases = sum(report.ran for report in matrix.cells.values())
    sound = [report for (name, _), report in matrix.cells.items() if name in others]
    failures = sum(len(report.failures) for report in sound)
    return (
        f"{len(caught)} of {len(flawed)} flawed variants caught; {len(others)} others: "
        f"{failures} failures in {sum(report.ran for report in sound):,} cases; "
        f"{len(matrix.cells):,} cells, {cases:,} cases"
    )


def _methods(matrix: Matrix) -> list[str]:
    return list(dict.fromkeys(method for _, method in matrix.cells))


def _cell(matrix: Matrix, subject: TransferSubject, method: str, wanted: bool) -> str:
    report = matrix.cells.get((subject.full_name, method))
    if report is None or report.ran == 0:
        return ""
    if report.first_failure is not None:
        return str(report.first_failure) if subject.expected == "flawed" else "FAILED"
    return "MISSED" if wanted else "-"
