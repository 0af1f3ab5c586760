"""``heald tighten``: the weakest memory orders that still pass, as a patch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heald.cli.check import FlagsAfterDashes
from heald.cli.parameters import duration
from heald.verdicts import UsageError, Verdict

if TYPE_CHECKING:
    from heald.orders.tighten import Tightening


@click.command("tighten", cls=FlagsAfterDashes)
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
    """Make the orders of a program or a subject as weak as they can be.

    FILE... are the C or C++ files of a program, as for heald check. PLACE is a Python file with
    a heald.Subject (stack.py:NAME, where there are several), which is judged over many small
    scenarios. Of all weaker orders under which every execution is right, the cheapest are found,
    written into a copy, compiled and explored again. On stdout the patch alone.

    It holds for this program, with its threads and its bounds, and for nothing bigger: that
    an order is not needed here does not say that no other caller needs it. Load buffering and
    dependencies are outside the model (rc11), and so are orders that only they need.

    \b
    heald tighten queue_test.c                 print the patch
    heald tighten queue_test.c | patch -p1     apply it
    heald tighten queue.c main.c -- -DN=3 -Iinclude
    heald tighten stack.py:hazard

    Exit codes: 0 a verified patch (or no order can be weaker), 1 the program itself fails,
    2 usage error, 3 undecided (the budget ended first), 5 engine error.
    """
    from heald.cli.chosen import only_subject
    from heald.cli.progress_line import ProgressLine
    from heald.orders.tighten import tighten, tighten_subject

    ctx = click.get_current_context()
    if "-" in files:
        raise UsageError("tighten changes files; it takes no program from standard input")
    progress = ProgressLine()
    options |= {
        "budget_s": budget,
        "on_progress": lambda number: progress(f"{number:,} explorations"),
    }
    subject = only_subject(files)
    if subject is not None:
        result = tighten_subject(subject, scenarios=scenarios, **options)
    else:
        result = tighten(files, cflags=ctx.meta["cflags"], arguments=arguments, **options)
    progress.clear()
    if write:
        for path, text in result.after.items():
            Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))
    click.echo(_report(" ".join(files), result, written=write), err=True)
    if as_json:
        import json

        click.echo(json.dumps(result.to_json()))
    else:
        sys.stdout.buffer.write(result.patch.encode("utf-8", "surrogateescape"))
    ctx.exit(result.verdict.exit_code)


def _report(files: str, result: Tightening, *, written: bool) -> str:
    from heald.showing.trace import render, terminal_width

    if result.verdict is Verdict.UNDECIDED:
        return f"{files}: undecided: {result.reason} (--budget)"
    if result.verdict is Verdict.FAILED:
        assert result.failure is not None
        return f"{files}: {result.reason}\n\n{render(result.failure, width=terminal_width())}"
    lines = [f"{files}: {result.reason or 'orders that are stronger than needed here:'}"]
    for change in result.changes:
        gone = change.new == "relaxed" and "thread_fence" in change.source
        what = "the fence can go" if gone else f"{change.old} -> {change.new}"
        lines += ["", f"{change.file}:{change.line}  {what}", f"    {change.source}"]
        if change.without:
            kind, message = change.without["kind"], change.without["message"]
            lines.append(f"    weaker still: {kind}: {message}")
    how = (
        "nothing weaker passes" if result.weakest else "some weaker ones were not decided"
    )
    lines += [
        "",
        f"all {result.executions:,} executions are right with them "
        f"({result.explorations:,} explorations; {how})",
    ]
    if result.untouched:
        lines.append(
            f"{result.untouched:,} operations name no order (x = 1, atomic_load(&x)) and "
            "keep seq_cst"
        )
    if written:
        lines.append("written")
    return "\n".join(lines)
