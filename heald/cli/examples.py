"""``heald examples``: the subjects that help texts speak of, to run and to change."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("examples")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def command(directory: Path) -> None:
    """Copy heald's own subjects, their C and their properties to DIRECTORY.

    \b
    heald examples demo && cd demo
    heald list
    heald verify subjects/ring.py
    pytest properties/

    Exit codes: 0 copied, 2 usage error (nothing was written over).
    """
    from heald.examples import FOLDERS, copy_examples

    for folder, said in zip(copy_examples(directory), FOLDERS.values(), strict=True):
        click.echo(f"{folder}/: {said}")
    click.echo(f"next: cd {directory} && heald list")
