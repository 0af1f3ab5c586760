"""``heald init``: a description of somebody's C that runs at once."""

from __future__ import annotations

from pathlib import Path

import click

from heald.cli.flags import FlagsAfterDashes
from heald.verdicts import UsageError


@click.command("init", cls=FlagsAfterDashes)
@click.argument("header", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument(
    "sources", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The Python file.  [default: test_HEADER.py, here]",
)
@click.option("--state", help="The type of the shared state, such as 'struct ring'.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def command(
    header: Path,
    sources: tuple[Path, ...],
    output: Path | None,
    state: str | None,
    force: bool,
) -> None:
    """Describe the code of HEADER, and of the C files SOURCES that define its functions.

    Operations come from the declarations, a model from what the functions look like together
    (a stack, a queue, a counter, a lock), and what success, an empty one and a full one return
    is measured by calling them. Where a function cannot be called as it is, a small C file is
    written beside. Both files are yours to change. Words after -- go to the compiler.

    \b
    heald init ring.h && pytest test_ring.py
    heald init include/queue.h src/queue.c -o tests/test_queue.py -- -Iinclude

    Exit codes: 0 written, 2 usage error (nothing was written).
    """
    from heald.describing.written import describe

    for file in (header, *sources):
        if not file.is_file():
            raise UsageError(f"{file} is a pipe or a device; a file is needed")
    target = output or Path(f"test_{header.stem.replace('-', '_')}.py")
    if not sources and (beside := header.with_suffix(".c")).exists() and beside != header:
        sources = (beside,)
    flags = click.get_current_context().meta["cflags"]
    described = describe(header, sources, target, state=state, cflags=flags)
    there = [str(file) for file in described.files if file.exists()]
    if there and not force:
        raise UsageError(f"{', '.join(there)} is there already; --force writes over it")
    target.parent.mkdir(parents=True, exist_ok=True)
    for file, text in described.files.items():
        file.write_text(text)
    listed = ", ".join(described.operations)
    what = (
        "unknown to me; no model"
        if described.kind.value == "unknown"
        else described.kind.value
    )
    click.echo(f"{' and '.join(map(str, described.files))}: {what}; operations {listed}")
    for name, why in described.left_out:
        click.echo(f"left out: {name} ({why})")
    click.echo(f"next: pytest {target}")
