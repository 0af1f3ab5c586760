"""``heald replay``: see a failure again."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heald import deadline
from heald.cli.outputs import Outputs, output_options
from heald.cli.parameters import duration
from heald.plain import lines as plain_lines
from heald.plain import one_line
from heald.showing.evidence import failure_in, failure_of
from heald.state import write_file
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.capsule import Capsule
    from heald.replaying.result import Replay

_COMPILING_S = 0.5


@click.command("replay")
@click.argument("capsule", type=click.Path(path_type=Path))
@click.option(
    "--budget",
    type=duration,
    default="60s",
    show_default=True,
    help="At most; what compiling takes beyond half a second counts.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Search the explorer for it instead: a schedule, a trace, the bug's name.",
)
@click.option(
    "--dot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the failing execution as a graph for Graphviz.",
)
@output_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(
    capsule: Path,
    budget: float,
    explain: bool,
    as_json: bool,
    dot: Path | None,
    **options: Any,
) -> None:
    """Run the failure in CAPSULE again until it fails or the budget ends.

    On real threads a failure is a matter of rates: the answer says how often it failed in
    how many samples, with a 95 % interval. If the source has changed since, it says so, and
    not failing then counts as a pass. Paths of the subject are looked up from the current
    directory; where its files are not, those that the capsule carries are used.

    \b
    heald replay .heald/capsules/stack-pool-forbidden-outcome-1f2e3d4c.json
    heald replay CAPSULE --budget 10m      a rare one
    heald replay CAPSULE --explain         why: searched for in the explorer

    Exit codes: 1 failed again or explained, 0 not with the changed source, 3 not in the
    given time, 2 usage error, 4 untrustworthy.
    """
    from heald.capsule import load_capsule
    from heald.replaying.replay import replay
    from heald.replaying.stranger import check_fields

    outputs = Outputs.taken_from(options)
    loaded = load_capsule(capsule)
    check_fields(loaded)
    kept = _kept(loaded, capsule, outputs, dot is not None)
    click.echo(_opening(loaded), err=True)
    with deadline.within(budget + _COMPILING_S):
        if explain:
            _explain(loaded, capsule, budget, as_json)
        replayed = replay(loaded, budget_s=budget)
    failures = _failures(loaded, capsule, replayed, kept)
    _show(replayed, failures if as_json else None)
    if dot is not None:
        write_file(dot, _graph(failures))
    outputs.write(
        loaded.target,
        _headline(loaded.target, replayed),
        failures,
        # What was seen once is worth a page, also where it does not come again.
        page=failures or [kept],
        seconds=replayed.seconds,
        err=as_json,
    )
    click.get_current_context().exit(replayed.verdict.exit_code)


def _headline(target: str, replayed: Replay) -> str:
    said = replayed.message.partition("\n")[0]
    return one_line(f"{target}: {replayed.verdict.value}: {said}")


def _kept(loaded: Capsule, file: Path, outputs: Outputs, graph: bool) -> dict[str, Any]:
    """Return the failure as the capsule has it, before anything of it is run.

    What is only shown (calls, times, a trace) has no check field by field: a stranger's file
    is damaged where it cannot be shown in the forms that were asked for.
    """
    try:
        kept = failure_in(loaded, file)
        outputs.try_out(loaded.target, kept)
        if graph:
            _graph([kept])
        return kept
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"a damaged capsule: {file} does not have the form of what it shows ({error})"
        ) from error


def _graph(failures: Sequence[dict[str, Any]]) -> str:
    from heald.showing.graphs import to_dot
    from heald.showing.step_graphs import failing_graph

    return to_dot([graph for each in failures if (graph := failing_graph(each))])


def _failures(
    loaded: Capsule, file: Path, replayed: Replay, kept: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return what failed again, with all that is known of it."""
    if replayed.shown:
        return [{**each, "capsule": str(file)} for each in replayed.shown]
    if replayed.finding is None:
        return []
    again = failure_of(
        replayed.finding,
        capsule=str(file),
        explanation=loaded.explanation,
        sources=[*loaded.sources],
    )
    return [{**kept, **again}]


def _explain(loaded: Capsule, file: Path, budget_s: float, as_json: bool) -> None:
    """Explain the failure, keep that in the capsule, and exit."""
    import json

    from heald.explaining.explanation import explain_capsule
    from heald.replaying.stranger import check_capsule
    from heald.showing.terminal import terminal_width, wants_color
    from heald.verdicts import Verdict

    check_capsule(loaded)
    explained = explain_capsule(loaded, file, budget_s=budget_s)
    if as_json:
        click.echo(json.dumps(explained.to_json(), indent=2))
    else:
        click.echo(explained.text(width=terminal_width(), color=wants_color(sys.stdout)))
    verdict = Verdict.FAILED if explained.found else Verdict.UNDECIDED
    click.get_current_context().exit(verdict.exit_code)


def _opening(capsule: Capsule) -> str:
    from heald.showing.terminal import fitted

    lines = [one_line(f"{capsule.target}: {capsule.kind}: {capsule.message}")]
    scenario = capsule.finding().scenario
    if scenario is not None:
        columns = scenario.columns(capsule.finding().outcome)
        lines += ["  " + one_line(line) for line in columns.splitlines()]
    lines += ["  " + one_line(str(line)) for line in capsule.settings.get("shown", ())]
    lines.append(
        one_line(f"found {capsule.made} by heald {capsule.heald}, seed {capsule.seed}")
    )
    return "\n".join(piece for line in lines for piece in fitted(line))


def _show(replayed: Replay, found: Sequence[dict[str, Any]] | None) -> None:
    """Print what came of it; as JSON where what failed again is given."""
    import json

    from heald.showing.brief import briefly
    from heald.showing.terminal import fitted

    for path, what in replayed.changed.items():
        note = f"note: {path} is not as it was when this was found: {what}"
        click.echo(one_line(note), err=True)
    if found is not None:
        told = {**replayed.to_json(), "found": briefly(found)}
        click.echo(json.dumps(told, indent=2))
    else:
        said = f"{replayed.verdict.value}: {plain_lines(replayed.message)}"
        click.echo("\n".join(fitted(said)))
