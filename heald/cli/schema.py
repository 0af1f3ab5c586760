"""``heald schema``: the form of what each command prints with ``--json``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from heald.state import write_file
from heald.verdicts import UsageError


@click.command("schema")
@click.argument("name", required=False, metavar="[COMMAND]")
@click.option(
    "--all",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the schemas of all commands into this folder.",
)
def command(name: str | None, folder: Path | None) -> None:
    """Print the JSON Schema of what COMMAND prints with --json; without it, list the commands.

    Keys may be added in later versions; none is taken away or changed.

    \b
    heald schema check > check.schema.json
    heald schema --all schemas

    Exit codes: 0 printed or written, 2 usage error.
    """
    from heald.cli.schemas import SCHEMAS, schema_of

    if name is not None and name not in SCHEMAS:
        known = ", ".join(SCHEMAS)
        raise UsageError(f"no schema of {name!r}; there are {known}")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for each in SCHEMAS:
            text = json.dumps(schema_of(each), indent=1) + "\n"
            write_file(folder / f"{each}.schema.json", text)
    if name is not None:
        click.echo(json.dumps(schema_of(name), indent=1))
    elif folder is None:
        for each in SCHEMAS:
            click.echo(each)
