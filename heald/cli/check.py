"""``heald check``: every execution of a C program that the memory model allows."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heald import deadline
from heald.cli.cargo_options import cargo_options, cargo_words
from heald.cli.clusters import Cluster, cluster_options, exploring_on
from heald.cli.explorer_options import explorer_options
from heald.cli.flags import FlagsAfterDashes
from heald.cli.outputs import Outputs, output_options
from heald.cli.progress_line import ProgressLine
from heald.plain import one_line
from heald.state import write_file
from heald.verdicts import UsageError, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heald.explorer.result import CheckResult

_OUTPUT_LINES = 20
_DOT_GRAPHS = 20
_ADVICE_S, _LEAST_S = 10.0, 0.5
#: What compiling takes beyond so many seconds is taken from the search.
_COMPILING_S = 1.0


@click.command("check", cls=FlagsAfterDashes)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@explorer_options(budget="60s")
@click.option(
    "--arg", "arguments", multiple=True, help="An argument of the program; repeatable."
)
@click.option(
    "--print-executions",
    type=click.IntRange(0),
    default=0,
    help="Draw what failed, and the first N.",
)
@click.option(
    "--dot",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Write what failed and the first graphs (N, or {_DOT_GRAPHS}) for Graphviz.",
)
@cluster_options
@click.option(
    "--resume", is_flag=True, help="With --cluster: go on with what was visited before."
)
@click.option("--parts", type=click.IntRange(1), hidden=True)
@cargo_options
@output_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(
    files: tuple[str, ...],
    as_json: bool,
    print_executions: int,
    dot: Path | None,
    resume: bool,
    parts: int | None,
    **options: Any,
) -> None:
    """Explore every execution of the C or C++ program FILE... that the memory model allows.

    The program is an ordinary one, with main and POSIX or C11 threads; FILE may be "-" for
    standard input. Words after -- go to the compiler.

    \b
    heald check spinlock.c
    heald check queue.c main.c --model sc -- -DN=3 -Iinclude
    heald check big.c --search pct --seed 7 --budget 10m
    heald check queue_test.c --compile-commands build/

    A pass under rc11 says nothing of load buffering: a relaxed load that sees a store which
    comes after a relaxed store of its own thread. C11 and ARM allow that; rc11, as x86, does not.

    Exit codes: 0 passed, 1 failed, 2 usage error (or the program cannot be modelled),
    3 undecided (the budget ended first), 4 untrustworthy, 5 engine error.
    """
    from heald.explorer.program import check
    from heald.state import CAPSULES

    outputs = Outputs.taken_from(options)
    cluster = Cluster.taken_from(options)
    ctx = click.get_current_context()
    began = time.monotonic()
    line = ProgressLine()

    def progress(counts: Mapping[str, Any]) -> None:
        line(_progress_text(counts, time.monotonic() - began))

    flags = [*cargo_words(options), *ctx.meta["cflags"]]
    budget_s = options["budget_s"]
    end_s = None if budget_s is None else budget_s + _COMPILING_S
    with exploring_on(cluster, parts=parts, resume=resume), deadline.within(end_s):
        result = check(
            files,
            cflags=flags,
            stdin=sys.stdin.read() if "-" in files else None,
            capsules=CAPSULES,
            on_progress=progress,
            traces=print_executions or (_DOT_GRAPHS if dot else 0),
            **options,
        )
    is_plain = cluster.where is None and "-" not in files and not options["orders"]
    if result.verdict is Verdict.FAILED and is_plain:
        line("looking for what mends it")
        _advise(result, files, time.monotonic() - began, flags, options)
    line.clear()
    _show(result, as_json=as_json, drawn=print_executions)
    if dot is not None:
        from heald.showing.graphs import to_dot

        write_file(dot, to_dot(_drawn(result)))
    outputs.write(
        result.program,
        _headline(result),
        result.failures,
        seconds=result.seconds,
        notes=result.notes,
        err=as_json,
    )
    if result.unkept:
        raise UsageError(result.unkept[0])
    ctx.exit(result.verdict.exit_code)


def _advise(
    result: CheckResult,
    files: Sequence[str],
    spent_s: float,
    cflags: Sequence[str],
    options: Mapping[str, Any],
) -> None:
    """Add what mends the first failure, if other orders do and that is soon found."""
    from heald.explorer.options import Options
    from heald.orders.advice import program_advice

    left_s = min(_ADVICE_S, (options["budget_s"] or _ADVICE_S) - spent_s)
    if result.search != "exhaustive" or left_s < _LEAST_S:
        return
    given = {name: value for name, value in options.items() if name != "arguments"}
    result.failures[0].update(
        program_advice(
            files,
            Options(**{**given, "budget_s": left_s}),
            cflags=cflags,
            arguments=_arguments(result, options),
        )
    )


def _arguments(result: CheckResult, options: Mapping[str, Any]) -> Sequence[str]:
    """Return the program's own words; of tests of Rust, the one that failed."""
    test = result.failures[0].get("test")
    return [test] if test else options["arguments"]


def _progress_text(counts: Mapping[str, Any], seconds: float) -> str:
    from heald.durations import show_seconds

    text = f"{counts['executions']:,} executions in {show_seconds(seconds)}"
    done = counts.get("done", 0.0)
    if 0.0 < done < 1.0:
        left = show_seconds(seconds / done - seconds)
        text += f", about {done:.0%} of {counts['estimate']:,.0f}, {left} left"
    return text


def _show(result: CheckResult, *, as_json: bool, drawn: int) -> None:
    import json

    if drawn:
        from heald.showing.graphs import draw_execution, title_of
        from heald.showing.terminal import terminal_width

        for number, graph in enumerate(_drawn(result), 1):
            click.echo(title_of(graph, number), err=as_json)
            click.echo(draw_execution(graph, width=terminal_width()), err=as_json)
            click.echo("", err=as_json)
    click.echo(report(result), err=as_json)
    if as_json:
        click.echo(json.dumps(result.to_json()))


def _drawn(result: CheckResult) -> list[Mapping[str, Any]]:
    """Return the graphs to draw: of what failed first, then of the first executions."""
    from heald.showing.step_graphs import failing_graph, graph_of_run

    failing = [graph for each in result.failures if (graph := failing_graph(each))]
    return [*failing, *map(graph_of_run, result.traces)]


def report(result: CheckResult) -> str:
    """Return what people are shown of a result."""
    from heald.showing.terminal import fitted

    lines = fitted(_headline(result))
    for failure in result.failures:
        lines += ["", _failure_text(failure)]
        if failure["capsule"]:
            lines.append(f"replay: heald replay {failure['capsule']}")
    lines += [line for note in result.notes for line in fitted(f"note: {note}")]
    if result.output:
        printed = result.output.splitlines()
        which = "the failing execution" if result.failures else "the first execution"
        lines += [
            "",
            f"{which} printed:",
            *(f"  {one_line(x)}" for x in printed[:_OUTPUT_LINES]),
        ]
        if len(printed) > _OUTPUT_LINES:
            lines.append(f"  ... and {len(printed) - _OUTPUT_LINES} lines more")
    return "\n".join(lines)


def _failure_text(failure: Mapping[str, Any]) -> str:
    from heald.showing.terminal import terminal_width, wants_color
    from heald.showing.trace import render

    return render(failure, width=terminal_width(), color=wants_color(sys.stdout))


def _headline(result: CheckResult) -> str:
    from heald.durations import show_seconds
    from heald.intervals import show_rate

    rate = result.executions / result.seconds if result.seconds > 0 else 0.0
    took = f"{show_seconds(result.seconds)}, {rate:,.0f}/s"
    ones = "one" if result.blocked == 1 else "ones"
    blocked = f" and {result.blocked:,} blocked {ones}" if result.blocked else ""
    first = not (result.executions or result.blocked)
    is_after_one = result.verdict is Verdict.FAILED and result.executions == 1
    executions = "execution" if is_after_one else "executions"
    seen = f"{result.executions:,} {executions}{blocked}{_up_to(result)}"
    under = f"under {result.model}"
    match result.verdict:
        case Verdict.PASSED if result.exhaustive:
            text = f"passed: all {seen} {under} ({took})"
        case Verdict.PASSED:
            is_told = result.known and not result.engine.get("lean")  # those look up none
            known = f", {result.known:,} of them known," if is_told else ""
            text = (
                f"passed: {seen}{known} sampled {under} by {result.search}, seed {result.seed} "
                f"({took}); 95 % sure that fewer than {show_rate(result.missed_bound or 1.0)} fail"
            )
        case Verdict.FAILED:
            from heald.showing.diagnosis import title_of

            kinds = ", ".join(dict.fromkeys(map(title_of, result.failures)))
            when = "in the first execution" if first else f"after {seen}"
            text = f"failed: {kinds}, {when} {under} ({show_seconds(result.seconds)})"
            if result.failed_executions > 1:
                text += f"; {result.failed_executions:,} executions failed"
        case Verdict.USAGE_ERROR:
            text = "usage error: the explorer cannot model this program"
        case Verdict.UNTRUSTWORTHY:
            why = (
                "memory changed unseen"
                if result.executions
                else "no execution came to an end"
            )
            text = f"untrustworthy: {why} {under}; {seen}"
        case _ if result.cut and result.reason is None:
            text = (
                f"undecided: no failure with at most {result.bound} rounds of any loop; "
            )
            text += f"{seen} and {result.cut:,} cut {under} ({took})"
        case _:
            text = f"undecided: {_REASONS.get(result.reason or '', 'it ended early')}; "
            text += f"{seen} {under}, nothing failed ({took})"
            if result.estimate > result.executions:
                text += f"; there are about {result.estimate:,.0f}"
    return f"{result.program}: {text}"


def _up_to(result: CheckResult) -> str:
    """Say what the counts mean, where identical threads were taken for the same."""
    if not result.symmetry:
        return ""
    if not result.engine.get("twins"):
        return " (--symmetry: no identical threads were found)"
    return " up to exchanging identical threads"


_REASONS = {
    "budget": "the budget ended first (--budget)",
    "executions": "the limit on executions was reached (--max-executions)",
    "interrupt": "interrupted",
    "runs on": "a thread that never ends was not followed to where the program ends",
    "rounds": "threads go round in loops that add and take back, and might do so for good",
    "long loop": "a loop is longer than was followed (--max-events)",
    "memory": "one execution needed too much memory (does it allocate without end?)",
}
