"""``heald report``: what the last campaign found."""

from __future__ import annotations

from pathlib import Path

import click

from heald.cli.parameters import DATABASE
from heald.verdicts import UsageError


@click.command("report")
@click.option("--html", type=click.Path(path_type=Path), help="Write index.html there.")
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path),
    default=DATABASE,
    show_default=True,
    help="Results of `heald stress`; it may still be running.",
)
def command(html: Path | None, database: Path) -> None:
    """Show the last campaign in --db again, on the terminal or as one HTML file.

    \b
    heald report                      the table
    heald report --html report        report/index.html, complete in itself

    The exit code is that of the campaign.
    """
    from rich.console import Console

    from heald.campaign.database import Database
    from heald.campaign.judgement import judge, overall
    from heald.campaign.report import write_report
    from heald.campaign.table import print_table

    file = Database(database, must_exist=True)
    campaign = file.latest()
    if campaign is None:
        raise UsageError(f"no campaign in {database}: run `heald stress` first")
    records = file.records(campaign.id)
    if html is not None:
        click.echo(write_report(file, campaign, html))
    else:
        console = Console(highlight=False)
        width = console.width if console.is_terminal else 132
        print_table(records, Console(highlight=False, width=width))
    verdict = overall(judge(record).verdict for record in records)
    click.get_current_context().exit(verdict.exit_code)
