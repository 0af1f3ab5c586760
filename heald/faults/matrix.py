"""The kill matrix: which fault method catches which flawed variant, computed by running them.

A method that catches nothing is not worth its time, and a flaw that nothing catches is a
missing method. Cells hold the number of cases until the first failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from heald.faults.checking import MethodReport, check
from heald.faults.methods import METHODS, Method
from heald.faults.subject import TransferSubject

#: Milliseconds of cases that a cell may cost, as estimated: one that must show something (a
#: sound variant, a flaw that the method is meant to catch), and one that may.
CELL_BUDGET_MS = 250
OTHER_CELL_BUDGET_MS = 50
#: Cases of one cell: more than enough for what a method is meant to catch.
MOST_CASES = 1000
FEWEST_CASES = 3


@dataclass
class Matrix:
    """Reports by subject and method; a missing entry has not been run."""

    cells: dict[tuple[str, str], MethodReport] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def caught(self, subject: str, method: str) -> bool:
        """Whether the method saw the subject fail."""
        report = self.cells.get((subject, method))
        return report is not None and bool(report.failures)


def cases_for(method: Method, *, must_show: bool = True) -> int:
    """Return how many cases a cell is given."""
    budget_ms = CELL_BUDGET_MS if must_show else OTHER_CELL_BUDGET_MS
    return max(FEWEST_CASES, min(MOST_CASES, int(budget_ms / method.cost_ms)))


def compute(
    subjects: Iterable[TransferSubject],
    *,
    methods: Sequence[Method] = METHODS,
    meant: Mapping[str, frozenset[str]] | None = None,
    seed: int = 1,
    deadline_s: float = 2.0,
    progress: Callable[[str], None] = lambda _text: None,
) -> Matrix:
    """Run every method on every subject; flawed ones until their first failure.

    Parameters
    ----------
    meant
        By full name, the methods that must catch it: these get more cases than the others.
    """
    matrix = Matrix()
    for method in methods:
        reason = method.missing()
        if reason is not None:
            matrix.skipped[method.name] = reason
    usable = [method for method in methods if method.name not in matrix.skipped]
    for subject in subjects:
        progress(subject.full_name)
        named = (meant or {}).get(subject.full_name, frozenset())
        for method in usable:
            must_show = subject.expected != "flawed" or method.name in named
            matrix.cells[subject.full_name, method.name] = check(
                subject,
                method,
                seed=seed,
                count=cases_for(method, must_show=must_show),
                stop_at_failure=subject.expected == "flawed",
                deadline_s=deadline_s,
            )
    return matrix


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
    lines = [" ".join([" " * width, *(f"{name:>7}" for name in shown)])]
    for subject in subjects:
        wanted = (meant or {}).get(subject.full_name, frozenset())
        cells = [_cell(matrix, subject, name, name in wanted) for name in shown]
        lines.append(
            " ".join([f"{subject.full_name:<{width}}", *(f"{cell:>7}" for cell in cells)])
        )
    lines += [f"not run: {name}: {reason}" for name, reason in matrix.skipped.items()]
    return "\n".join(lines)


def _cell(matrix: Matrix, subject: TransferSubject, method: str, wanted: bool) -> str:
    report = matrix.cells.get((subject.full_name, method))
    if report is None or report.ran == 0:
        return ""
    if report.first_failure is not None:
        return str(report.first_failure) if subject.expected == "flawed" else "FAILED"
    return "MISSED" if wanted else "-"
