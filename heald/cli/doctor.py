"""``heald doctor``: what this machine can do."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from heald.verdicts import Verdict


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(as_json: bool) -> None:
    """Say what this machine can do, what is missing, and how to get it.

    ok: works. limited: works, at a cost that is named. missing: a feature is off; if it is
    a required one, nothing works, and the exit code is 2.

    \b
    heald doctor
    CC=clang heald doctor       with another compiler
    heald doctor --json
    """
    from heald.doctor import examine
    from heald.topology import this_machine

    checks = list(examine())
    broken = [check for check in checks if check.required and check.state == "missing"]
    if as_json:
        rows = [asdict(check) for check in checks]
        click.echo(
            json.dumps({"machine": this_machine().to_json(), "checks": rows}, indent=2)
        )
    else:
        click.echo(str(this_machine()))
        for check in checks:
            click.echo(f"{check.state:8} {check.name}: {check.seen}")
            if check.remedy:
                click.echo(f"{'':9}{'required: ' * check.required}{check.remedy}")
    verdict = Verdict.USAGE_ERROR if broken else Verdict.PASSED
    click.get_current_context().exit(verdict.exit_code)
