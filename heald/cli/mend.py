"""``heald mend``: the smallest change of memory orders that makes every execution right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heald.cli.order_search import order_search, run
from heald.cli.outputs import Outputs, output_options
from heald.verdicts import Verdict

if TYPE_CHECKING:
    from heald.orders.mend import Mending


@order_search("mend", output_options)
def command(files: tuple[str, ...], **options: Any) -> None:
    """Mend a program or a subject: make its orders stronger, no more than needed.

    FILE... are the C or C++ files of a program, as for heald check. PLACE is a Python file with
    a heald.Subject (stack.py:NAME, where there are several), which is judged over many small
    scenarios. It is first explored under sc: what fails there is the algorithm's own flaw, and no
    order mends it. Otherwise the cheapest change is searched for: acquire and release before
    seq_cst, seq_cst before a new fence. What is found is written into a copy, compiled and
    explored again; every execution of the patched program is right.

    On stdout the patch alone, on stderr what fails without each line of it.

    \b
    heald mend queue.c                          print the patch
    heald mend queue.c | patch -p1              apply it
    heald mend queue.c --write                  the same
    heald mend queue.c main.c -- -DN=3 -Iinclude
    heald mend stack.py:hazard
    heald mend queue.c --json | jq .changes

    It holds for this program or these scenarios, and for nothing bigger.

    Exit codes: 0 a verified patch (or nothing to mend), 1 no order mends it, 2 usage error,
    3 undecided (the budget ended first), 5 engine error.
    """
    from heald.orders.mend import mend, mend_subject

    outputs = Outputs.taken_from(options)

    def write(mending: Mending) -> None:
        _write(outputs, " ".join(files), mending)

    run(mend, mend_subject, _report, files, then=write, **options)


def _write(outputs: Outputs, name: str, mending: Mending) -> None:
    """Write what fails: of a program that is mended, what each change is for."""
    failures = [change.without for change in mending.changes if change.without]
    if mending.failure:
        failures = [mending.failure]
    told = mending.reason or f"{len(mending.changes)} changes mend it"
    outputs.write(name, f"{name}: {told}", failures, patch=mending.patch, err=True)


def _report(mending: Mending) -> str:
    from heald.showing.diagnosis import in_a_line
    from heald.showing.terminal import fitted, terminal_width
    from heald.showing.trace import render

    if mending.verdict is Verdict.PASSED and not mending.patch:
        return f"{mending.reason}; {mending.executions:,} executions"
    if mending.verdict is Verdict.UNDECIDED:
        return f"undecided: {mending.reason} (--budget)"
    if mending.verdict is Verdict.FAILED:
        lines = [mending.reason]
        if mending.failure:
            if mending.failure.get("scenario"):
                lines += ["", f"in {mending.failure['scenario']}"]
            lines += ["", render(mending.failure, width=terminal_width())]
        return "\n".join(lines)
    lines = ["failed, and this is what mends it:"]
    for change in mending.changes:
        what = (
            f"a {change.new} fence"
            if change.old == "no fence"
            else f"{change.old} -> {change.new}"
        )
        lines += ["", f"{change.file}:{change.line}  {what}", f"    {change.source}"]
        if change.without:
            lines += fitted(f"    without it: {in_a_line(change.without)}", indent=6)
    lines += [
        "",
        f"with it all {mending.executions:,} executions are right "
        f"({mending.explorations:,} explorations; no cheaper change passes)",
    ]
    return "\n".join(lines)
