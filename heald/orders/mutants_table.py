"""The mutants of a program as a table for people."""

from __future__ import annotations

from heald.orders.place_mutants import STATES, PlaceMutant, PlaceMutation
from heald.showing.diagnosis import in_a_line
from heald.verdicts import Verdict

BEYOND = (
    "* only load buffering could need it, which rc11 leaves out (C11 and ARM allow it): keep it "
    "where a read must come before later writes"
)


def table(result: PlaceMutation) -> str:
    """Return one line a mutant, below a line for all of them."""
    if result.failure is not None:
        failure = result.failure
        return (
            f"{result.name}: failed before anything was weakened: "
            f"{failure['kind']}: {failure['message']}"
        )
    lines = [_headline(result)]
    rows = [_row(mutant) for mutant in result.mutants]
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(4)]
    lines += [
        "  "
        + "  ".join(
            text.ljust(width) for text, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    if any(mutant.beyond_rc11 for mutant in result.mutants):
        lines.append(f"  {BEYOND}")
    if result.unwatched and result.verdict is not Verdict.UNDECIDED:
        lines.append(
            "  operations that never ran could not be looked for (objdump is needed)"
        )
    return "\n".join(lines)


def _headline(result: PlaceMutation) -> str:
    counts = ", ".join(
        f"{result.count(state)} {state}" for state in STATES if result.count(state)
    )
    if not counts and result.verdict is Verdict.UNDECIDED:
        counts = "no order was looked at before the budget ended"
    elif not counts:
        counts = "no order is stronger than relaxed"
    return (
        f"{result.name}: {counts}; {result.executions:,} executions under {result.model}"
    )


def _row(mutant: PlaceMutant) -> tuple[str, str, str, str]:
    change = f"{mutant.old} -> {mutant.new}" if mutant.old else ""
    if mutant.state == "needed" and mutant.failure is not None:
        how = f"needed: {in_a_line(mutant.failure)}"
    elif mutant.state == "stronger":
        star = "*" if mutant.beyond_rc11 else ""
        how = f"stronger than needed here{star}: all {mutant.executions:,} executions are right"
    elif mutant.state == "never run":
        how = "never run: no execution comes to it"
    else:
        how = "undecided: the budget ended, or there are far more executions"
    return mutant.place, mutant.operation, change, how
