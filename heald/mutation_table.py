"""Tables of what became of each weaker order: for a terminal, and in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from heald.mutation import MutantResult, Mutation
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
    rejected, absent = result.count("rejected"), result.count("absent")
    if rejected:
        yield f"{rejected} weaker orders are no mutants: the compiler rejects them there"
    if absent:
        yield f"{absent} are named in code that this variant does not have"
    if result.unnamed:
        yield (
            f"{result.unnamed} calls name no order (seq_cst) and were not weakened; write "
            "atomic_..._explicit to have them weakened, too"
        )


def markdown_table(results: Sequence[Mutation]) -> str:
    """Return all results as one table; the last column says what was explored."""
    lines = [
        "| subject | order | weaker | result | how |",
        "|---|---|---|---|---|",
    ]
    for result in results:
        shown = [m for m in result.mutants if m.state not in _HIDDEN]
        if not shown:
            lines.append(f"| {result.subject.name} | - | - | nothing to weaken | - |")
        lines += [_row(result, mutant) for mutant in shown]
    return "\n".join(lines)


def _row(result: Mutation, mutant: MutantResult) -> str:
    place, change = mutant.change.place, mutant.change
    weaker = "removed" if change.removes_fence else change.order
    how = f"{mutant.kind} in `{mutant.scenario}`" if mutant.scenario else _how(mutant)
    what = "fence " if place.fence else ""
    cells = [
        result.subject.name,
        f"{what}`{place.macro or f'{place}'}` {place.order}",
        weaker,
        mutant.state,
        how.replace("||", "∥").replace("|", "\\|"),
    ]
    return f"| {' | '.join(cells)} |"
