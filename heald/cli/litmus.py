"""``heald litmus``: the memory models beside this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from heald.cli.outputs import Outputs, output_options
from heald.cli.parameters import duration
from heald.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heald.litmus import Row
    from heald.subject.subject import Subject


@click.command("litmus")
@click.argument("places", nargs=-1)
@click.option(
    "--budget",
    type=duration,
    default="15s",
    show_default=True,
    help="Time on real threads, shared by all tests.",
)
@click.option("--model-only", is_flag=True, help="Explore; run nothing on real threads.")
@click.option("--seed", type=click.IntRange(0), default=0, help="Of the real runs.")
@output_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(
    places: tuple[str, ...],
    budget: float,
    model_only: bool,
    seed: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Print the litmus matrix: what sc, tso and rc11 allow, and what this machine shows.

    PLACES are files with heald.Subject objects that have a table of outcomes (outcomes=)
    and a scenario; subjects/litmus.py if none is given. A pattern after a colon chooses.

    \b
    heald litmus                              all shapes, all orders
    heald litmus 'subjects/litmus.py:sb-*'    store buffering
    heald litmus --model-only --json | jq '.tests[] | {test, executions}'

    Every execution under each model is explored, then the test runs on real threads.
    It fails if the outcomes that rc11 allows are not exactly those of the table, or if
    this machine shows one that its model forbids (tso on x86, rc11 elsewhere): a bug of
    the compiler, the processor, the model or the test.

    Exit codes: 0 passed, 1 failed, 2 usage error, 3 undecided, 4 untrustworthy (real
    threads hardly met: nothing beyond sc was seen where the model allows it), 5 engine
    error.
    """
    from heald.cli.chosen import chosen_subjects
    from heald.litmus import overall

    outputs = Outputs.taken_from(options)
    subjects = chosen_subjects(
        places or ("subjects/litmus.py",),
        lambda subject: subject.outcomes is not None,
        "litmus test",
    )
    rows = _rows(subjects, None if model_only else budget / len(subjects), seed)
    verdict = overall(rows)
    if as_json:
        import json

        tests = [row.to_json() for row in rows]
        click.echo(json.dumps({"verdict": verdict.value, "tests": tests}, indent=2))
    else:
        from heald.litmus import text_lines

        click.echo("\n".join(text_lines(rows)))
        click.echo(_closing(rows, verdict))
    outputs.write(
        "heald litmus", _closing(rows, verdict), list(_failures(rows)), err=as_json
    )
    click.get_current_context().exit(verdict.exit_code)


def _failures(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    from heald.subject.defined import definitions
    from heald.targets.places import shown_place

    for row in rows:
        where: list[dict[str, Any]] = [*definitions(row.subject, row.scenario)]
        place = row.subject.place
        if place and not where:
            where = [{"file": shown_place(place), "line": 1}]
        for problem in row.problems:
            message = f"{row.subject.name}: {problem}"
            yield {"kind": "litmus", "message": message, "where": where}


def _rows(subjects: Sequence[Subject], native_s: float | None, seed: int) -> list[Row]:
    from heald.cli.progress_line import ProgressLine
    from heald.litmus import litmus_row
    from heald.native import NativeSession

    progress = ProgressLine()
    rows = []
    with NativeSession() as session:
        for number, subject in enumerate(subjects, 1):
            progress(f"{number} of {len(subjects)}: {subject.name}")
            rows.append(
                litmus_row(
                    subject,
                    session=None if native_s is None else session,
                    native_s=native_s or 0.0,
                    seed=seed,
                )
            )
    progress.clear()
    return rows


def _closing(rows: Sequence[Row], verdict: Verdict) -> str:
    from heald.litmus import machine_model

    weak = sum(len(row.weak) for row in rows)
    shown = sum(row.seen(outcome) > 0 for row in rows for outcome in row.weak)
    samples = sum(row.native.samples for row in rows if row.native)
    text = f"{verdict.value}: {len(rows)} tests; {weak} outcomes beyond sc"
    if samples:
        text += (
            f", {shown} of them seen here in {samples:,} samples; what was seen is held "
            f"against {machine_model()}"
        )
    if verdict is Verdict.UNTRUSTWORTHY:
        text += "; threads have hardly met: give a longer --budget, on a quieter machine"
    failed = sum(row.verdict is Verdict.FAILED for row in rows)
    return f"{text}; {failed} tests failed" if failed else text
