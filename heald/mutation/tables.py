"""Tables of what became of each weaker order: for a terminal, and in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from heald.explorer.notes import trusted_notes
from heald.mutation.mutation import MutantResult, Mutation
from heald.orders.weakening import Place
from heald.verdicts import Verdict

_HIDDEN = ("rejected", "absent")


def text_table(result: Mutation) -> str:
    """Return the result for one subject, several lines."""
    lines = [headline(result)]
    failure = result.grounds.failure
    if failure is not None:
        lines += [
            f"  {failure.findings[0].kind}: {failure.findings[0].message}",
            *(f"  {line}" for line in failure.scenario.columns().splitlines()),
            "  nothing can be said of the orders of a subject that fails as it is",
        ]
    shown = [m for m in result.mutants if m.state not in _HIDDEN]
    width = max((len(str(m.change)) for m in shown), default=0)
    for mutant in shown:
        lines.append(f"  {mutant.change!s:{width}}  {mutant.state:9}  {_how(mutant)}")
    if result.grounds.explored:
        lines.append(f"  over {result.grounds}")
    lines += [f"  {note}" for note in _notes(result)]
    return "\n".join(lines)


def headline(result: Mutation) -> str:
    """Return the score and the counts on one line."""
    name = result.subject.name
    if result.verdict is Verdict.FAILED:
        return f"{name}: failed: the subject fails before anything is weakened"
    if result.verdict is Verdict.UNTRUSTWORTHY:
        return f"{name}: nothing to weaken: it names no order stronger than relaxed"
    score = "-" if result.score is None else f"{result.score:.0%}"
    text = (
        f"{name}: score {score} under {result.model}; {result.count('caught')} caught, "
        f"{result.count('survived')} survived (stronger than needed within the bounds)"
    )
    if result.count("undecided"):
        text += f", {result.count('undecided')} undecided"
    return text


def _how(mutant: MutantResult) -> str:
    match mutant.state:
        case "caught":
            return f"{mutant.kind}: {mutant.scenario}"
        case "survived":
            return (
                f"all {mutant.executions:,} executions of {mutant.scenarios:,} scenarios"
            )
        case _:
            return mutant.why


def _notes(result: Mutation) -> Iterable[str]:
    yield from (f"note: {note}" for note in trusted_notes(result.subject.trust))
    rejected, absent = result.count("rejected"), result.count("absent")
    if rejected:
        yield f"{rejected} weaker orders are no mutants: the compiler rejects them there"
    if absent:
        yield f"{absent} are named in code that this variant does not have"
    if result.unnamed:
        yield (
            f"calls that name no order (seq_cst) and were not weakened: {result.unnamed}; "
            "write atomic_..._explicit to have them weakened, too"
        )


def order_name(place: Place) -> str:
    """Return the name of an order: its macro's, or the file's that it stands in."""
    return place.macro or (place.file.name if place.file else "?")


def markdown_table(
    results: Sequence[Mutation],
    reasons: Mapping[tuple[str, str, str], str] | None = None,
) -> str:
    """Return all results as one table.

    Parameters
    ----------
    reasons
        Per (subject, name of the order, weaker order) why a survivor may survive.
    """
    rows = [
        _row(result, mutant, reasons or {})
        for result in results
        for mutant in result.mutants
        if mutant.state not in _HIDDEN
    ]
    bare = [r.subject.name for r in results if r.verdict is Verdict.UNTRUSTWORTHY]
    lines = [
        "| subject | order | weaker | result | how |",
        "|---|---|---|---|---|",
        *rows,
    ]
    if bare:
        lines += ["", f"Nothing to weaken (relaxed orders, or none): {', '.join(bare)}."]
    return "\n".join(lines)


def _row(
    result: Mutation,
    mutant: MutantResult,
    reasons: Mapping[tuple[str, str, str], str],
) -> str:
    place, change = mutant.change.place, mutant.change
    how = f"{mutant.kind}: `{mutant.scenario}`" if mutant.scenario else _how(mutant)
    reason = reasons.get((result.subject.name, order_name(place), change.order))
    cells = [
        result.subject.name,
        f"{'fence ' if place.fence else ''}`{order_name(place)}` {place.order}",
        "removed" if change.removes_fence else change.order,
        mutant.state,
        # A bar would end the cell.
        (f"{how}; {reason}" if reason else how).replace("||", "∥"),
    ]
    return f"| {' | '.join(cells)} |"
