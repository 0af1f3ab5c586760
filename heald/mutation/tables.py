"""Tables of what became of each weaker order: for a terminal, and in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from heald.explorer.notes import trusted_notes
from heald.mutation.mutation import Mutation
from heald.orders.mutants_table import BEYOND
from heald.orders.place_mutants import PlaceMutant
from heald.verdicts import Verdict


def text_table(result: Mutation) -> str:
    """Return the result for one subject, several lines."""
    lines = [headline(result)]
    grounds = result.grounds
    if grounds.failure is not None:
        columns = grounds.failed_in.columns().splitlines() if grounds.failed_in else []
        lines += [
            f"  {grounds.failure['kind']}: {grounds.failure['message']}",
            *(f"  {line}" for line in columns),
            "  nothing can be said of the orders of a subject that fails as it is",
        ]
    rows = [(_where(m), _change(m), m.state, _how(m)) for m in result.mutants]
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append(f"  {'  '.join([*cells, row[3]])}".rstrip())
    if any(mutant.beyond_rc11 for mutant in result.mutants):
        lines.append(f"  {BEYOND}")
    if grounds.explored:
        lines.append(f"  over {grounds}")
    lines += [f"  {note}" for note in _notes(result)]
    return "\n".join(lines)


def headline(result: Mutation) -> str:
    """Return the score and the counts on one line."""
    name = result.subject.name
    if result.verdict is Verdict.FAILED:
        return f"{name}: failed: the subject fails before anything is weakened"
    if result.verdict is Verdict.UNTRUSTWORTHY:
        return (
            f"{name}: nothing to weaken: no order that executes is stronger than relaxed"
        )
    score = "-" if result.score is None else f"{result.score:.0%}"
    text = (
        f"{name}: score {score} under {result.model}; {result.count('needed')} needed, "
        f"{result.count('stronger')} stronger than needed within the bounds"
    )
    if result.count("never run"):
        text += f", {result.count('never run')} never run"
    if result.count("undecided"):
        text += f", {result.count('undecided')} undecided"
    elif not result.mutants and result.verdict is Verdict.UNDECIDED:
        text += "; undecided: the budget ended first"
    return text


def _where(mutant: PlaceMutant) -> str:
    name = f" {mutant.name}" if mutant.name else ""
    return f"{mutant.place}{name}"


def _change(mutant: PlaceMutant) -> str:
    return f"{mutant.operation} {mutant.old} -> {mutant.new}" if mutant.old else ""


def _how(mutant: PlaceMutant) -> str:
    if mutant.state == "needed" and mutant.failure is not None:
        return f"{mutant.failure['kind']}: {mutant.scenario}"
    if mutant.state == "stronger":
        star = "*" if mutant.beyond_rc11 else ""
        return f"all {mutant.executions:,} executions{star}"
    if mutant.state == "never run":
        return "no scenario comes to it"
    return mutant.why


def _notes(result: Mutation) -> Iterable[str]:
    yield from (f"note: {note}" for note in trusted_notes(result.subject.trust))
    if result.of_places.unwatched and result.verdict is not Verdict.UNDECIDED:
        yield "operations that never ran could not be looked for (objdump is needed)"


def order_name(mutant: PlaceMutant) -> str:
    """Return the name of an order, else the file that it stands in and its operation."""
    return mutant.name or f"{_file(mutant)} {mutant.operation}"


def _file(mutant: PlaceMutant) -> str:
    return mutant.spot.file.rpartition("/")[2]


def markdown_table(
    results: Sequence[Mutation],
    reasons: Mapping[tuple[str, str, str], str] | None = None,
) -> str:
    """Return all results as one table.

    Parameters
    ----------
    reasons
        Per (subject, name of the order, weaker order) why it may be too strong.
    """
    rows = [
        _row(result, mutant, reasons or {})
        for result in results
        for mutant in result.mutants
        if mutant.state != "never run"
    ]
    bare = [r.subject.name for r in results if r.verdict is Verdict.UNTRUSTWORTHY]
    lines = [
        "| subject | order | weaker | result | how |",
        "|---|---|---|---|---|",
        *dict.fromkeys(rows),
    ]
    if bare:
        lines += ["", f"Nothing to weaken (relaxed orders, or none): {', '.join(bare)}."]
    return "\n".join(lines)


def _row(
    result: Mutation,
    mutant: PlaceMutant,
    reasons: Mapping[tuple[str, str, str], str],
) -> str:
    how = _how(mutant)
    if mutant.failure is not None:
        how = f"{mutant.failure['kind']}: `{mutant.scenario}`"
    key = result.subject.name, order_name(mutant), mutant.new
    reason = reasons.get(key) if mutant.state == "stronger" else None
    cells = [
        result.subject.name,
        f"{mutant.operation} `{mutant.name or _file(mutant)}` {mutant.old}",
        mutant.new,
        mutant.state,
        # A bar would end the cell.
        (f"{how}; {reason}" if reason else how).replace("||", "∥"),
    ]
    return f"| {' | '.join(cells)} |"
