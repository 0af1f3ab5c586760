"""``heald mutate``: which memory orders are needed, and whether the tests notice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from heald.cli.cargo_options import cargo_options, cargo_words
from heald.cli.clusters import Cluster, cluster_options, exploring_on
from heald.cli.flags import FlagsAfterDashes
from heald.cli.outputs import Outputs, output_options
from heald.cli.parameters import duration
from heald.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heald.mutation.mutation import Mutation
    from heald.orders.place_mutants import PlaceMutant, State

_MODELS = ["sc", "tso", "rc11"]


@click.command("mutate", cls=FlagsAfterDashes)
@click.argument("places", nargs=-1, required=True, metavar="PLACE...|FILE...")
@click.option(
    "--budget",
    type=duration,
    default="5m",
    show_default=True,
    help="Time for everything, compiling too.",
)
@click.option(
    "--model",
    type=click.Choice(_MODELS),
    default="rc11",
    show_default=True,
    help="Under sc and tso few orders matter.",
)
@click.option(
    "--scenarios",
    type=click.IntRange(0),
    default=120,
    show_default=True,
    help="Small ones, besides the subject's interesting ones.",
)
@click.option(
    "--jobs", type=click.IntRange(1), default=2, show_default=True, help="At a time."
)
@click.option(
    "--capsules",
    type=click.Path(path_type=Path),
    help="Write a capsule of each needed order there.",
)
@click.option(
    "--arg", "arguments", multiple=True, help="An argument of the program; repeatable."
)
@cargo_options
@cluster_options
@output_options
@click.option("--markdown", is_flag=True, help="Print the table in Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(
    places: tuple[str, ...],
    budget: float,
    model: str,
    scenarios: int,
    jobs: int,
    capsules: Path | None,
    arguments: tuple[str, ...],
    markdown: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Weaken every memory order of a subject or a program, one at a time, and look for a failure.

    PLACES are folders, Python files or modules with heald.Subject objects; NAME after a
    colon chooses among them (stack.py:hazard). Variants that are expected to be flawed
    are left out. FILE... are the C or C++ files of a program, as for heald check.

    Orders are weakened where they execute, whatever macros, wrappers or templates they
    stand behind, also those that nobody wrote (atomic_store(&x, 1) is seq_cst); a fence is
    also removed. Nothing is compiled anew, and nothing of yours is written to.

    Two questions are answered. "Which of my fences do I need?" An order that is NEEDED says
    which scenario fails without it, and how. One that is STRONGER than needed is so as far
    as these scenarios go; every execution of each was right. "Are these tests any good?" An
    operation that NEVER RUNs is a gap. If an order that you know to be needed is called
    stronger, your scenarios do not reach what it is for: add one to interesting=[...] of
    the subject.

    \b
    heald mutate stack.py                      every order of your subject
    heald mutate subjects/stack.py:hazard      one variant
    heald mutate ring.py --budget 30m --scenarios 1000
    heald mutate stack.py --capsules needed    each failure as a file that replays it
    heald mutate queue_test.c -- -Iinclude     every order that a program executes
    heald mutate ring.py --json | jq '.subjects[].mutants[] | select(.state=="survived")'

    --html shows, of each order that is needed, an execution that fails without it; --sarif,
    --junit and --github tell only of a subject that fails as it is.

    In the JSON of subjects a needed order is "caught", one that is stronger "survived".

    Exit codes: 0 every order is decided, 1 the subject itself fails,
    2 usage error, 3 undecided (the budget ended first), 4 nothing to weaken,
    5 engine error.
    """
    import time

    from heald import deadline
    from heald.cli.chosen import chosen_subjects, names_program
    from heald.cli.progress_line import ProgressLine
    from heald.mutation.capsules import save_capsules
    from heald.mutation.mutation import Bounds, mutate

    ctx = click.get_current_context()
    outputs = Outputs.taken_from(options)
    ctx.meta["cflags"] = [*cargo_words(options), *ctx.meta["cflags"]]
    # Until the command ends, however it does.
    ctx.with_resource(exploring_on(Cluster.taken_from(options)))
    if names_program(places):
        _mutate_program(
            places,
            arguments,
            outputs,
            model=model,
            budget=budget,
            jobs=jobs,
            as_json=as_json,
        )
    end = time.monotonic() + budget
    with deadline.within(budget):
        subjects = chosen_subjects(
            places, lambda subject: subject.expected != "flawed", "subject to weaken"
        )
    progress = ProgressLine()
    results = []
    for subject in subjects:
        left_s = max(0.0, end - time.monotonic())
        with deadline.within(left_s):
            results.append(
                mutate(
                    subject,
                    model=model,
                    budget_s=left_s,
                    jobs=jobs,
                    bounds=Bounds(scenarios=scenarios),
                    on_progress=progress,
                )
            )
        written = save_capsules(results[-1], capsules) if capsules else []
        if not (as_json or markdown):
            progress.clear()
            click.echo(_report(results[-1]))
            for path in written:
                click.echo(f"  heald replay {path}")
    progress.clear()
    if as_json:
        import json

        click.echo(json.dumps(_summary(results), indent=2))
    elif markdown:
        from heald.mutation.tables import markdown_table

        click.echo(markdown_table(results))
    elif len(results) > 1:
        click.echo(_overall_line(results))
    outputs.write(
        " ".join(places),
        _overall_line(results),
        [result.grounds.failure for result in results if result.grounds.failure],
        page=[each for result in results for each in _without(result.mutants)],
        err=as_json,
    )
    ctx.exit(_verdict(results).exit_code)


def _mutate_program(
    files: tuple[str, ...],
    arguments: tuple[str, ...],
    outputs: Outputs,
    *,
    model: str,
    budget: float,
    jobs: int,
    as_json: bool,
) -> NoReturn:
    from heald import deadline
    from heald.cli.progress_line import ProgressLine
    from heald.orders.mutants_table import table
    from heald.orders.mutate import mutate_program

    ctx = click.get_current_context()
    progress = ProgressLine()
    with deadline.within(budget):
        result = mutate_program(
            files,
            cflags=ctx.meta["cflags"],
            arguments=arguments,
            model=model,
            budget_s=budget,
            jobs=jobs,
            on_progress=lambda number: progress(f"{number:,} explorations"),
        )
    progress.clear()
    if as_json:
        import json

        click.echo(json.dumps(result.to_json(), indent=2))
    else:
        click.echo(table(result))
    outputs.write(
        result.name,
        f"{result.name}: {result.verdict.value}: {result.count('needed')} orders needed, "
        f"{result.count('stronger')} stronger than needed",
        [result.failure] if result.failure else [],
        seconds=result.seconds,
        page=[result.failure] if result.failure else _without(result.mutants),
        err=as_json,
    )
    ctx.exit(result.verdict.exit_code)


def _without(mutants: Sequence[PlaceMutant]) -> list[Mapping[str, Any]]:
    """Return what fails without each order that is needed."""
    return [
        {
            **mutant.failure,
            "message": f"{mutant.place}: {mutant.operation} with {mutant.new} in place of "
            f"{mutant.old}: {mutant.failure['message']}",
        }
        for mutant in mutants
        if mutant.failure is not None
    ]


def _report(result: Mutation) -> str:
    from heald.mutation.tables import text_table

    return text_table(result)


def _verdict(results: Sequence[Mutation]) -> Verdict:
    """Return the worst that matters; subjects without orders count only if all are."""
    verdicts = {result.verdict for result in results}
    for verdict in (Verdict.FAILED, Verdict.UNDECIDED, Verdict.PASSED):
        if verdict in verdicts:
            return verdict
    return Verdict.UNTRUSTWORTHY


_TOTALS: tuple[tuple[str, State], ...] = (
    ("caught", "needed"),
    ("survived", "stronger"),
    ("undecided", "undecided"),
    ("never_run", "never run"),
)


def _totals(results: Sequence[Mutation]) -> dict[str, Any]:
    counts: dict[str, Any] = {
        word: sum(result.count(state) for result in results) for word, state in _TOTALS
    }
    wanted = counts["caught"] + counts["undecided"]
    counts["score"] = counts["caught"] / wanted if wanted else None
    return counts


def _overall_line(results: Sequence[Mutation]) -> str:
    totals = _totals(results)
    score = "-" if totals["score"] is None else f"{totals['score']:.0%}"
    return (
        f"all {len(results)} subjects: score {score}; {totals['caught']} needed, "
        f"{totals['survived']} stronger than needed, {totals['undecided']} undecided, "
        f"{totals['never_run']} never run"
    )


def _summary(results: Sequence[Mutation]) -> dict[str, Any]:
    return {
        "verdict": _verdict(results).value,
        **_totals(results),
        "subjects": [result.to_json() for result in results],
    }
