"""``heald faults``: which faults can be made here, and which flaws each of them catches."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from heald import deadline
from heald.cli.outputs import Outputs, output_options
from heald.cli.parameters import duration
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.faults.cells import FailedCell
    from heald.faults.matrix import Matrix
    from heald.faults.target import TransferTarget


class _BeforeDashes(click.Command):
    """What follows ``--`` is a program with its arguments, and no option of ours."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what follows ``--`` in ``ctx.meta["program"]``."""
        ctx.meta["program"] = []
        if "--" in args:
            at = args.index("--")
            ctx.meta["program"] = args[at + 1 :]
            args = args[:at]
        return super().parse_args(ctx, args)


@click.command("faults", cls=_BeforeDashes)
@click.argument("places", nargs=-1)
@click.option("--matrix", is_flag=True, help="Run every method on every transfer.")
@click.option(
    "--only", default="", help="Of the transfers, those whose name contains this."
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: len(os.sched_getaffinity(0)),
    show_default="processors",
    help="Cells that run at a time.",
)
@click.option(
    "--budget", type=duration, help="Of the matrix: time for everything, compiling too."
)
@click.option("--seed", default=1, show_default=True, help="Draws the cases.")
@output_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(
    places: tuple[str, ...],
    matrix: bool,
    only: str,
    jobs: int,
    budget: float | None,
    seed: int,
    as_json: bool,
    **options: Any,
) -> None:
    """List the ways to put transfers under faults: what works here, and why the rest does not.

    With --matrix, run every method that works on every transfer in PLACES (folders, Python
    files or modules; subjects/ if none) and print how many cases each needed to catch each
    flawed variant. The exit code is 1 if a flawed variant was not caught as its author says
    it must be, or a sound one failed: then each failure is told with its capsule. It is 3 if
    the budget ended first, 4 if no case of one of them could be run.

    After --, any unmodified program: it runs twice as it is, then with its zero-copy calls
    (sendfile, splice, tee, vmsplice, copy_file_range) cut short and interrupted. Exit status,
    standard output and the files that its arguments name must be the same. Those files are
    put back before each run. The exit code is 4 if it makes no such call.

    \b
    heald faults
    heald faults -- cp A B
    heald faults --matrix
    heald faults --matrix --only splice mine.py
    """
    outputs = Outputs.taken_from(options)
    program = click.get_current_context().meta["program"]
    if program:
        _check_program(program, as_json, outputs)
    if not matrix:
        if places:
            raise UsageError(
                f"{' '.join(places)}: PLACES go with --matrix (heald faults --matrix "
                f"{places[0]}); heald verify {places[0]} runs all faults on one transfer"
            )
        _list_methods(as_json)
        return
    from heald.cli.stress import targets_of
    from heald.faults.cells import failed_cells
    from heald.faults.matrix import not_as_meant
    from heald.faults.target import TransferTarget
    from heald.verdicts import Verdict

    found = [
        (target, place)
        for target, place in targets_of(places or ("subjects",)).values()
        if isinstance(target, TransferTarget) and only in target.name
    ]
    targets = [target for target, _ in found]
    if not targets:
        raise UsageError(
            f"no transfer in {', '.join(places) or 'subjects'} matches {only!r}"
        )
    computed = _compute(targets, jobs, seed, budget)
    meant = {target.name: target.caught_by for target in targets}
    wrong = not_as_meant(computed, [target.subject for target in targets], meant)
    empty = computed.without_cases([target.subject for target in targets])
    failed = failed_cells(computed, found)
    _show(computed, targets, wrong, as_json, failed)
    # With cells left out a flaw may not have been asked for: only what was seen counts.
    if failed or (wrong and not computed.late):
        verdict = Verdict.FAILED
    elif computed.late:
        click.echo(f"the budget ended before {computed.late} cells were run", err=True)
        verdict = Verdict.UNDECIDED
    elif empty:
        click.echo(f"no case ran of {', '.join(empty)}", err=True)
        verdict = Verdict.UNTRUSTWORTHY
    else:
        verdict = Verdict.PASSED
    outputs.write(
        "heald faults --matrix",
        f"{verdict.value}: {len(targets)} transfers",
        [*map(_as_failure, failed), *_not_as_meant(wrong)],
        err=as_json,
    )
    raise SystemExit(verdict.exit_code)


def _as_failure(cell: FailedCell) -> dict[str, Any]:
    from pathlib import Path

    from heald.capsule import load_capsule
    from heald.showing.evidence import failure_in

    told = {"message": f"{cell.target} under {cell.method}: {cell.message}"}
    try:
        return failure_in(load_capsule(Path(cell.capsule)), cell.capsule) | told
    except UsageError:  # it could not be written
        return {"kind": cell.kind, "where": [], "capsule": None} | told


def _not_as_meant(wrong: list[str]) -> list[dict[str, Any]]:
    return [{"kind": "not as meant", "message": line, "where": []} for line in wrong]


def _check_program(program: list[str], as_json: bool, outputs: Outputs) -> None:
    from heald.faults.programs import check_program
    from heald.plain import lines

    report = check_program(program)
    click.echo(json.dumps(report.to_json()) if as_json else lines(report.text()))
    name = " ".join(program)
    told = [{"kind": "changed by faults", "where": [], **each} for each in report.told()]
    outputs.write(name, report.text().partition("\n")[0], told, err=as_json)
    raise SystemExit(report.verdict.exit_code)


def _list_methods(as_json: bool) -> None:
    from heald.faults.methods import METHODS
    from heald.faults.surroundings import SURROUNDINGS

    methods = [
        {"method": m.name, "purpose": m.purpose, "missing": m.missing()} for m in METHODS
    ]
    beside = [
        {"name": s.name, "purpose": s.purpose, "missing": s.missing()}
        for s in SURROUNDINGS
    ]
    if as_json:
        click.echo(json.dumps({"methods": methods, "surroundings": beside}, indent=2))
        return
    for row in methods:
        _echo_row(row["method"], row)
    click.echo("\nin tests among real peers and over bad links:")
    for row in beside:
        _echo_row(row["name"], row)


def _echo_row(name: str | None, row: dict[str, str | None]) -> None:
    state = "works" if row["missing"] is None else f"no: {row['missing']}"
    click.echo(f"{name:9} {row['purpose']:49} {state}")


def _compute(
    targets: list[TransferTarget], jobs: int, seed: int, budget_s: float | None
) -> Matrix:
    from heald.faults.matrix import compute

    def progress(name: str) -> None:
        click.echo(f"{name} ...", err=True)

    with deadline.within(budget_s):
        return compute(
            [target.subject for target in targets],
            meant={target.name: target.caught_by for target in targets},
            jobs=jobs,
            seed=seed,
            budget_s=budget_s,
            progress=progress,
        )


def _show(
    matrix: Matrix,
    targets: list[TransferTarget],
    wrong: list[str],
    as_json: bool,
    failed: list[FailedCell],
) -> None:
    from heald.faults.matrix import render, summary
    from heald.plain import lines

    if as_json:
        told = {"failed": [cell.to_json() for cell in failed]}
        click.echo(json.dumps(_matrix_json(matrix, targets, wrong) | told, indent=2))
        return
    meant = {target.name: target.caught_by for target in targets}
    click.echo(render(matrix, [target.subject for target in targets], meant))
    click.echo("cells: cases until the first failure; -: none failed")
    click.echo(summary(matrix, [target.subject for target in targets]))
    for line in wrong:
        click.echo(line)
    for cell in failed:
        click.echo(lines(cell.text()))


def _matrix_json(
    matrix: Matrix, targets: list[TransferTarget], wrong: list[str]
) -> dict[str, Any]:
    cells = [
        {
            "target": name,
            "method": method,
            "cases": report.ran,
            "first_failure": report.first_failure,
            "kinds": sorted(report.outcomes) if report.failures else [],
        }
        for (name, method), report in matrix.cells.items()
    ]
    expected = {target.name: target.expected for target in targets}
    return {
        "expected": expected,
        "cells": cells,
        "skipped": matrix.skipped,
        "wrong": wrong,
    }
