"""``heald verify``: everything that applies, one verdict with what it covered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from heald import deadline
from heald.cli.clusters import Cluster, cluster_options, exploring_on
from heald.cli.flags import FlagsAfterDashes
from heald.cli.outputs import Outputs, output_options
from heald.cli.parameters import duration
from heald.verdicts import UsageError, Verdict

if TYPE_CHECKING:
    from heald.cli.progress_line import ProgressLine
    from heald.verifying.verification import Verification

_WORST = (
    Verdict.FAILED,
    Verdict.UNTRUSTWORTHY,
    Verdict.UNDECIDED,
    Verdict.PASSED,
)


@click.command("verify", cls=FlagsAfterDashes)
@click.argument("places", nargs=-1, required=True, metavar="PLACE...|FILE...")
@click.option(
    "--budget",
    type=duration,
    default="2m",
    show_default=True,
    help="Time for everything, compiling too.",
)
@click.option("--seed", type=click.IntRange(0), default=0, help="Of what is drawn.")
@click.option(
    "--arg", "arguments", multiple=True, help="An argument of a program; repeatable."
)
@cluster_options
@output_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(
    places: tuple[str, ...],
    budget: float,
    seed: int,
    arguments: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Verify PLACE (a Python file, folder or module with subjects) or the program FILE...

    \b
    A subject:  one thread against the model, every execution of every small scenario,
                samples of larger ones, real threads, and which of its orders that shows
                to be needed.
    A program:  every execution (or samples, where there are too many), and its orders.
    Transfers and parsers: their faults and inputs.

    The first failure ends it, with the whole message, the line that replays it and, where
    orders are the reason, the patch that mends it. Variants that are expected to be flawed
    are left out, unless one is named (stack.py:pool). Words after -- go to the compiler.

    \b
    heald verify stack.py
    heald verify queue_test.c --budget 30s -- -Iinclude
    heald verify stack.py --json | jq .verdict

    Exit codes: 0 passed, 1 failed, 2 usage error, 3 undecided (the budget ended first),
    4 untrustworthy (could not have seen a failure), 5 engine error.
    """
    from heald.cli.progress_line import ProgressLine

    outputs = Outputs.taken_from(options)
    cluster = Cluster.taken_from(options)
    ctx = click.get_current_context()
    progress = ProgressLine()
    results: list[Verification] = []
    with exploring_on(cluster), deadline.within(budget):
        for result in _to_the_end(
            " ".join(places),
            _verified(places, budget, seed, arguments, ctx.meta["cflags"], progress),
        ):
            with deadline.undisturbed():
                progress.clear()
                results.append(result)
                click.echo(text_of(result), err=as_json)
    if not results:
        raise UsageError(f"nothing to verify in {' '.join(places)}")
    verdict = next(v for v in _WORST if v in {result.verdict for result in results})
    if as_json:
        import json

        parts = [result.to_json() for result in results]
        click.echo(
            json.dumps(
                parts[0]
                if len(parts) == 1
                else {"verdict": verdict.value, "targets": parts}
            )
        )
    outputs.write(
        " ".join(places),
        f"{' '.join(places)}: {verdict.value}",
        [result.shown or result.failure for result in results if result.failure],
        patch="".join(result.patch for result in results),
        err=as_json,
    )
    ctx.exit(verdict.exit_code)


def _to_the_end(name: str, verified: Iterator[Verification]) -> Iterator[Verification]:
    """Yield what comes before the budget ends; if it ends between two, that."""
    from heald.verifying.verification import Verification, Walk

    try:
        yield from verified
    except deadline.OutOfTime as ended:
        walk = Walk(0.0)
        walk.cut(ended)
        yield Verification(name, walk.verdict(), walk.steps)


def _verified(
    places: Sequence[str],
    budget: float,
    seed: int,
    arguments: Sequence[str],
    cflags: Sequence[str],
    progress: ProgressLine,
) -> Iterator[Verification]:
    from heald.cli.chosen import names_program

    if names_program(places):
        from heald.state import CAPSULES
        from heald.verifying.program import verify_program

        yield verify_program(
            places,
            cflags=cflags,
            arguments=arguments,
            budget_s=budget,
            capsules=CAPSULES,
            on_step=progress,
        )
        return
    from heald.verifying.place import verify_places

    yield from verify_places(list(places), budget_s=budget, seed=seed, on_step=progress)


def text_of(result: Verification) -> str:
    """Return the verdict, what each step covered, and a failure whole."""
    from heald.durations import show_seconds
    from heald.showing.terminal import fitted

    lines = [f"{result.name}: {result.verdict.value}"]
    width = max((len(step.name) for step in result.steps), default=0)
    for step in result.steps:
        verdict = step.verdict.value if step.verdict else "-"
        took = show_seconds(step.seconds)
        row = f"  {step.name:{width}}  {verdict:13}  {took:>7}  {step.covered}"
        lines += fitted(row, indent=width + 6)
    if result.message:
        lines += ["", *fitted(result.message)]
    if (
        result.failure
        and result.failure.get("capsule")
        and "heald replay" not in result.message
    ):
        lines.append(f"replay: heald replay {result.failure['capsule']}")
    if result.patch:
        lines += ["", "this mends it (patch -p1), and every execution is right then:", ""]
        lines.append(result.patch.rstrip("\n"))
    if result.sentence:
        lines += fitted(result.sentence)
    return "\n".join(lines)
