"""``heald report``: what a campaign found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from heald.cli.parameters import DATABASE
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.campaign.database import CampaignRow, Database


@click.command("report")
@click.option("--html", type=click.Path(path_type=Path), help="Write index.html there.")
@click.option(
    "--campaign", "number", type=int, help="Number of the campaign.  [the last one]"
)
@click.option("--list", "as_list", is_flag=True, help="List the campaigns in --db.")
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path),
    default=DATABASE,
    show_default=True,
    help="Results of `heald stress`; it may still be running.",
)
def command(html: Path | None, number: int | None, as_list: bool, database: Path) -> None:
    """Show a campaign in --db again, on the terminal or as one HTML file.

    \b
    heald report                      the table of the last one, with explanations
    heald report --html report        report/index.html, complete in itself
    heald report --list               all of them, the last one first
    heald report --campaign 3         an earlier one

    The exit code is that of the campaign; 0 with --list.
    """
    from rich.console import Console

    from heald.campaign.database import Database
    from heald.campaign.judgement import judge, overall
    from heald.campaign.report import write_report
    from heald.campaign.table import print_table

    with Database(database, must_exist=True) as file:
        campaigns = file.campaigns()
        if not campaigns:
            raise UsageError(f"no campaign in {database}: run `heald stress` first")
        if as_list:
            for each in campaigns:
                click.echo(_line(file, each))
            return
        campaign = _chosen(campaigns, number, database)
        records = file.records(campaign.id)
        if html is not None:
            click.echo(write_report(file, campaign, html))
    if html is None:
        console = Console(highlight=False)
        width = console.width if console.is_terminal else 132
        print_table(records, Console(highlight=False, width=width))
    verdict = overall(judge(record).verdict for record in records)
    click.get_current_context().exit(verdict.exit_code)


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
