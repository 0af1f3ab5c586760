"""``heald stress``: a campaign over many targets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heald.cli.clusters import Cluster, cluster_options
from heald.cli.outputs import Outputs, output_options
from heald.cli.parameters import DATABASE, duration
from heald.state import CAPSULES
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.campaign.database import Database
    from heald.campaign.hands import Hands
    from heald.campaign.plan import Plan
    from heald.campaign.results import CampaignRow
    from heald.campaign.run import Campaign


@click.command("stress")
@click.argument("places", nargs=-1)
@click.option(
    "--budget",
    type=duration,
    help="Time for all targets together, once they are compiled: 90s, 10m, 8h.  [60s]",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Targets at a time; with --cluster on each machine.  [processors / 2; 1]",
)
@click.option("--seed", type=int, help="Base of all seeds.  [a new one, printed]")
@click.option(
    "--plan", "plan_file", type=click.Path(path_type=Path), help="Plan in TOML."
)
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path),
    default=DATABASE,
    show_default=True,
    help="Results, written as they happen.",
)
@click.option("--resume", is_flag=True, help="Go on with the last campaign in --db.")
@click.option(
    "--shard",
    metavar="I/N",
    callback=lambda _ctx, _parameter, text: _shard(text),
    help="Run the I-th of N shards; all with one --seed are one campaign.",
)
@cluster_options
@output_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(
    places: tuple[str, ...],
    budget: float | None,
    jobs: int | None,
    seed: int | None,
    plan_file: Path | None,
    database: Path,
    resume: bool,
    shard: tuple[int, int] | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Run targets on real threads and real descriptors until the budget ends.

    PLACES are folders, Python files or modules with heald.Subject objects; subjects/ if
    none is given. Time goes where there is still something to discover. The budget begins
    when everything is compiled: that comes on top, some seconds a target the first time; a
    compiler that takes as long as the budget, five minutes at least, is ended.
    Within it, failures that nobody expected are searched for in the explorer and come back
    with a schedule and the bug's name (a quarter of the budget at most).
    Ctrl-C (and kill -9) lose nothing: --resume goes on.

    \b
    heald stress                            all of subjects/, one minute
    heald stress --budget 8h --jobs 2       overnight
    heald stress stack.py --budget 10m      your own subject
    heald stress --plan night.toml          budget, places, weights from a file
    heald stress --resume                   go on after Ctrl-C, kill or reboot
    heald stress --resume --budget 16h      and make it longer
    heald stress --shard 2/8 --seed 7 --db 2.db   one of eight runs that are one campaign
    heald stress --cluster local:4          on four agents; docs/cluster.md has the rest

    \b
    A plan:
      budget = "8h"
      places = ["subjects"]
      jobs = 2
      [[target]]
      match = "stack/*"      # the last rule that matches wins
      weight = 3             # three times its even share of the time
      [[target]]
      match = "message/*"
      skip = true

    --html shows everything that was found, --sarif, --junit and --github what should not have
    been; heald report --html DIR has the whole campaign.

    A flawed variant that is not caught fails the campaign, as does a sound one that fails.
    Exit codes: 0 as expected, 1 failed, 2 usage error, 3 undecided, 4 untrustworthy.
    """
    from heald.campaign.database import Database
    from heald.campaign.plan import Plan, load_plan

    outputs = Outputs.taken_from(options)
    with Database(database, must_exist=resume) as file:
        resumed = _resumed(file, budget) if resume else None
        plan = resumed.plan if resumed else Plan()
        if plan_file is not None:
            plan = load_plan(plan_file)
        chosen: dict[str, Any] = {"budget_s": budget, "jobs": jobs, "seed": seed}
        chosen |= {"places": places or None, "shard": shard}
        cluster = Cluster.taken_from(options)
        if cluster.where is not None and jobs is None:
            chosen["jobs"] = 1  # of each machine
        plan = replace(
            plan, **{key: value for key, value in chosen.items() if value is not None}
        )
        if plan.shard is not None and plan.seed is None:
            raise UsageError("--shard needs a --seed, the same one for all shards")
        _run(plan, file, resumed, as_json, cluster, outputs)


def _shard(text: str | None) -> tuple[int, int] | None:
    """Read ``2/8``: the second of eight, which are counted from 0 inside."""
    if text is None:
        return None
    which, slash, of = text.partition("/")
    if not (
        slash and which.isdecimal() and of.isdecimal() and 1 <= int(which) <= int(of)
    ):
        raise click.BadParameter(f"a shard is one of some, such as 2/8; got {text!r}")
    return int(which) - 1, int(of)


def _resumed(database: Database, budget: float | None) -> CampaignRow:
    latest = database.latest()
    if latest is None:
        raise UsageError(f"nothing to resume: no campaign in {database.path}")
    wanted = latest.plan.budget_s if budget is None else budget
    used_up = latest.state == "complete" and wanted <= latest.plan.budget_s
    if used_up or wanted <= latest.used_s:
        raise UsageError(
            f"nothing to resume: the last campaign in {database.path} has used its "
            f"{latest.plan.budget_s:g} s; give a longer --budget to make it longer"
        )
    return latest


def _run(
    plan: Plan,
    database: Database,
    resumed: CampaignRow | None,
    as_json: bool,
    cluster: Cluster,
    outputs: Outputs,
) -> None:
    from heald.campaign.beginning import begin
    from heald.campaign.progress import watcher_for_stderr

    targets = targets_of(plan.places)
    hands = None if cluster.where is None else _hands_on(cluster, plan, list(targets))
    try:
        campaign = begin(
            plan, targets, database, capsules=CAPSULES, resumed=resumed, hands=hands
        )
        campaign.run(watcher_for_stderr())
    finally:
        if hands is not None:
            hands.close()
    code = _show(campaign, as_json)
    _write(campaign, outputs, as_json)
    click.get_current_context().exit(code)


def _write(campaign: Campaign, outputs: Outputs, as_json: bool) -> None:
    from heald.campaign.found import Found
    from heald.campaign.table import closing_line

    records = list(campaign.records.values())
    found = Found(records, campaign.database.findings(campaign.id))
    outputs.write(
        f"campaign {campaign.id}",
        closing_line(records),
        found.unexpected,
        seconds=campaign.clock.used_s,
        page=found.all,
        err=as_json,
    )


def _hands_on(cluster: Cluster, plan: Plan, targets: list[str]) -> Hands:
    """Return agents that run what the plan does not skip."""
    from heald.campaign.agents import AgentHands
    from heald.cluster.project import project_here, project_sent

    backend = cluster.backend()
    project = project_here if backend.is_here else project_sent
    wanted = [name for name in targets if not plan.rule_for(name).skip]
    return AgentHands(backend, project(plan.places), wanted, plan.jobs)


def targets_of(places: tuple[str, ...]) -> dict[str, Any]:
    """Return the targets of all places by name, each with its place.

    Raises
    ------
    UsageError
        If a place has none, or two targets have one name.
    """
    from heald.targets.places import targets_in

    found: dict[str, Any] = {}
    for place in places:
        for target in targets_in(place):
            if target.name in found:
                raise UsageError(
                    f"two targets are called {target.name}: one in "
                    f"{found[target.name][1]}, one in {place}; give them different names"
                )
            found[target.name] = (target, place)
    return found


def _show(campaign: Campaign, as_json: bool) -> int:
    """Print the end of the campaign and return the exit code."""
    import json

    from rich.console import Console

    from heald.campaign.judgement import judge, overall
    from heald.campaign.table import print_table, summary

    records = list(campaign.records.values())
    if as_json:
        from heald.campaign.found import Found
        from heald.showing.brief import briefly

        found = Found(records, campaign.database.findings(campaign.id))
        facts = {
            "campaign": campaign.id,
            "database": str(campaign.database.path),
            "seed": campaign.seed,
            "seconds": round(campaign.clock.used_s, 3),
            "preparing_seconds": round(campaign.preparing_s, 3),
            "interrupted": campaign.interrupts > 0,
            "machines": campaign.database.machines(campaign.id),
            "failures": briefly(found.all),
        }
        click.echo(json.dumps(summary(records, **facts), indent=2))
    else:
        console = Console()
        width = console.width if console.is_terminal else 132
        print_table(records, Console(width=width, highlight=False))
        if campaign.interrupts:
            click.echo("interrupted; go on with: heald stress --resume")
    return overall(judge(record).verdict for record in records).exit_code
