"""``heald mend``: the smallest change of memory orders that makes every execution right."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heald.cli.check import FlagsAfterDashes
from heald.cli.outputs import Outputs, output_options
from heald.cli.parameters import duration
from heald.verdicts import UsageError, Verdict

if TYPE_CHECKING:
    from heald.orders.mend import Mending


@click.command("mend", cls=FlagsAfterDashes)
@click.argument("files", nargs=-1, required=True, metavar="FILE...|PLACE")
@click.option(
    "--model", type=click.Choice(["tso", "rc11"]), default="rc11", show_default=True
)
@click.option(
    "--budget", type=duration, default="5m", show_default=True, help="For everything."
)
@click.option("--jobs", type=click.IntRange(1), default=1, help="Processes.")
@click.option(
    "--max-events", type=click.IntRange(1), help="Of one thread in one execution."
)
@click.option(
    "--arg", "arguments", multiple=True, help="An argument of the program; repeatable."
)
@click.option(
    "--scenarios",
    type=click.IntRange(0),
    default=120,
    show_default=True,
    help="Of a subject: small ones, besides the interesting ones.",
)
@click.option("--write", is_flag=True, help="Change the files, too.")
@output_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(
    files: tuple[str, ...],
    budget: float,
    arguments: tuple[str, ...],
    scenarios: int,
    write: bool,
    as_json: bool,
    **options: Any,
) -> None:
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
    from heald.cli.chosen import only_subject
    from heald.cli.progress_line import ProgressLine
    from heald.orders.mend import mend, mend_subject

    outputs = Outputs.taken_from(options)
    ctx = click.get_current_context()
    if "-" in files:
        raise UsageError("mend changes files; it takes no program from standard input")
    progress = ProgressLine()
    options |= {
        "budget_s": budget,
        "on_progress": lambda number: progress(f"{number:,} explorations"),
    }
    subject = only_subject(files)
    if subject is not None:
        mending = mend_subject(subject, scenarios=scenarios, **options)
    else:
        mending = mend(files, cflags=ctx.meta["cflags"], arguments=arguments, **options)
    progress.clear()
    if write:
        for path, text in mending.after.items():
            Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))
    click.echo(_report(" ".join(files), mending, written=write), err=True)
    if as_json:
        import json

        click.echo(json.dumps(mending.to_json()))
    else:
        sys.stdout.buffer.write(mending.patch.encode("utf-8", "surrogateescape"))
    _write(outputs, " ".join(files), mending)
    ctx.exit(mending.verdict.exit_code)


def _write(outputs: Outputs, name: str, mending: Mending) -> None:
    """Write what fails: of a program that is mended, what each change is for."""
    failures = [change.without for change in mending.changes if change.without]
    if mending.failure:
        failures = [mending.failure]
    told = mending.reason or f"{len(mending.changes)} changes mend it"
    outputs.write(name, f"{name}: {told}", failures, patch=mending.patch, err=True)


def _report(files: str, mending: Mending, *, written: bool) -> str:
    from heald.showing.trace import render, terminal_width

    if mending.verdict is Verdict.PASSED and not mending.patch:
        return f"{files}: {mending.reason}; {mending.executions:,} executions"
    if mending.verdict is Verdict.UNDECIDED:
        return f"{files}: undecided: {mending.reason} (--budget)"
    if mending.verdict is Verdict.FAILED:
        lines = [f"{files}: {mending.reason}"]
        if mending.failure:
            lines += ["", render(mending.failure, width=terminal_width())]
        return "\n".join(lines)
    lines = [f"{files}: failed, and this is what mends it:"]
    for change in mending.changes:
        what = (
            f"a {change.new} fence"
            if change.old == "no fence"
            else f"{change.old} -> {change.new}"
        )
        lines += ["", f"{change.file}:{change.line}  {what}", f"    {change.source}"]
        if change.without:
            kind, message = change.without["kind"], change.without["message"]
            lines.append(f"    without it: {kind}: {message}")
    lines += [
        "",
        f"with it all {mending.executions:,} executions are right "
        f"({mending.explorations:,} explorations; no cheaper change passes)",
    ]
    if written:
        lines.append("written")
    return "\n".join(lines)
