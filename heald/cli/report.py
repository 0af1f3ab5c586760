"""``heald report``: what a campaign found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heald.cli.parameters import DATABASE
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.campaign.comparing import Change
    from heald.campaign.database import Database
    from heald.campaign.record import Record
    from heald.campaign.results import CampaignRow


@click.command("report")
@click.argument("databases", nargs=-1, metavar="[DB...]", type=click.Path(path_type=Path))
@click.option(
    "--html",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write index.html into this folder.",
)
@click.option(
    "--campaign", "number", type=int, help="Number of the campaign.  [the last one]"
)
@click.option(
    "--merge",
    is_flag=True,
    help="Put the last campaigns of DB... together as a new one in --db.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="DB",
    help="Say what is worse, better or new since the last campaign in DB.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option("--list", "as_list", is_flag=True, help="List the campaigns in --db.")
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path),
    default=DATABASE,
    show_default=True,
    help="Results of `heald stress`; it may still be running.",
)
def command(
    databases: tuple[Path, ...],
    html: Path | None,
    number: int | None,
    merge: bool,
    against: Path | None,
    as_json: bool,
    as_list: bool,
    database: Path,
) -> None:
    """Show a campaign in --db again, on the terminal or as pages.

    \b
    heald report                      the table of the last one, with explanations
    heald report --html report        report/index.html, and a page of each failure
    heald report --list               all of them, the last one first
    heald report --campaign 3         an earlier one
    heald report --merge a.db b.db    shards, nights or machines put together
    heald report --against old.db     what is worse, better or new since then, or there

    The exit code is that of the campaign; 0 with --list.
    """
    from rich.console import Console

    from heald.campaign.database import Database
    from heald.campaign.judgement import judge, overall
    from heald.campaign.report import write_report
    from heald.campaign.table import print_table

    with Database(database, must_exist=not merge) as file:
        _merge(databases, file, merge)
        campaigns = file.campaigns()
        if not campaigns:
            raise UsageError(f"no campaign in {database}: run `heald stress` first")
        if as_list:
            for each in campaigns:
                click.echo(_line(file, each))
            return
        campaign = _chosen(campaigns, number, database)
        records = file.records(campaign.id)
        machines = file.machines(campaign.id)
        findings = file.findings(campaign.id)
        changed = None if against is None else _changes(against, records)
        if html is not None:
            page = write_report(file, campaign, html, changed or ())
            click.echo(page, err=as_json)
    if as_json:
        _print_json(campaign, records, machines, findings, changed)
    elif html is None:
        console = Console(highlight=False)
        width = console.width if console.is_terminal else 132
        print_table(records, Console(highlight=False, width=width))
    if changed is not None and not as_json:
        _print_changes(changed, against)
    verdict = overall(judge(record).verdict for record in records)
    click.get_current_context().exit(verdict.exit_code)


def _merge(databases: tuple[Path, ...], file: Database, wanted: bool) -> None:
    if wanted != bool(databases):
        raise UsageError("--merge and the databases to merge go together; --db is shown")
    if wanted:
        from heald.campaign.merging import merge

        merge(databases, file)


def _changes(against: Path, records: list[Record]) -> list[Change]:
    from heald.campaign.comparing import changes
    from heald.campaign.database import Database

    with Database(against, must_exist=True) as file:
        before = file.latest()
        if before is None:
            raise UsageError(f"no campaign in {against}")
        return changes(file.records(before.id), records)


def _print_changes(changed: list[Change], against: Path | None) -> None:
    lines = [str(change) for change in changed if change.is_notable]
    for line in lines or [f"nothing has changed since {against}"]:
        click.echo(line)


def _print_json(
    campaign: CampaignRow,
    records: list[Record],
    machines: list[dict[str, Any]],
    findings: list[dict[str, Any]],
    changed: list[Change] | None,
) -> None:
    import json

    from heald.campaign.found import Found
    from heald.campaign.table import summary
    from heald.showing.brief import briefly

    facts: dict[str, Any] = {
        "campaign": campaign.id,
        "state": campaign.state,
        "seed": campaign.seed,
        "seconds": round(campaign.used_s, 3),
        "machines": machines,
        "failures": briefly(Found(records, findings).all),
    }
    if changed is not None:
        facts["against"] = [change.to_json() for change in changed]
    click.echo(json.dumps(summary(records, **facts), indent=2))


def _chosen(
    campaigns: list[CampaignRow], number: int | None, database: Path
) -> CampaignRow:
    for campaign in campaigns:
        if number in (None, campaign.id):
            return campaign
    known = ", ".join(str(campaign.id) for campaign in reversed(campaigns))
    raise UsageError(f"no campaign {number} in {database}; there are {known}")


def _line(database: Database, campaign: CampaignRow) -> str:
    from datetime import UTC, datetime

    from heald.campaign.table import closing_line
    from heald.durations import show_seconds

    started = datetime.fromtimestamp(campaign.started, UTC).strftime("%Y-%m-%d %H:%M UTC")
    used, budget = show_seconds(campaign.used_s), show_seconds(campaign.plan.budget_s)
    return (
        f"{campaign.id}  {started}  {used} of {budget}, {campaign.state}  "
        f"{closing_line(database.records(campaign.id))}"
    )
