"""What ``heald mend`` and ``heald tighten`` share: their options, and the way to a patch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heald.cli.cargo_options import cargo_options, cargo_words
from heald.cli.flags import FlagsAfterDashes
from heald.cli.parameters import duration
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.orders.answer import Answer

A = TypeVar("A", bound="Answer")


Decorator = Callable[[Callable[..., None]], Callable[..., None]]


def order_search(
    name: str, *more: Decorator
) -> Callable[[Callable[..., None]], click.Command]:
    """Make a command of a function that takes `files` and what `run` takes beside them.

    Parameters
    ----------
    name
        Of the command.
    more
        Options of its own, before ``--json``.
    """
    options: list[Decorator] = [
        click.argument("files", nargs=-1, required=True, metavar="FILE...|PLACE"),
        click.option(
            "--model",
            type=click.Choice(["tso", "rc11"]),
            default="rc11",
            show_default=True,
        ),
        click.option(
            "--budget",
            type=duration,
            default="5m",
            show_default=True,
            help="Time for everything, compiling too.",
        ),
        click.option("--jobs", type=click.IntRange(1), default=1, help="Processes."),
        click.option(
            "--max-events", type=click.IntRange(1), help="Of one thread in one execution."
        ),
        click.option(
            "--arg",
            "arguments",
            multiple=True,
            help="An argument of the program; repeatable.",
        ),
        click.option(
            "--scenarios",
            type=click.IntRange(0),
            default=120,
            show_default=True,
            help="Of a subject: small ones, besides the interesting ones.",
        ),
        click.option("--write", is_flag=True, help="Change the files, too."),
        cargo_options,
        *more,
        click.option(
            "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
        ),
    ]

    def made(function: Callable[..., None]) -> click.Command:
        with_options = reduce(lambda f, option: option(f), reversed(options), function)
        return click.command(name, cls=FlagsAfterDashes)(with_options)

    return made


def run(
    of_program: Callable[..., A],
    of_subject: Callable[..., A],
    report: Callable[[A], str],
    files: tuple[str, ...],
    *,
    then: Callable[[A], None] = lambda answer: None,
    budget: float,
    arguments: tuple[str, ...],
    scenarios: int,
    write: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Search, write what was found if asked to, report on stderr, print the patch, exit."""
    from heald import deadline
    from heald.cli.chosen import only_subject
    from heald.cli.progress_line import ProgressLine
    from heald.showing.terminal import fitted

    end = time.monotonic() + budget
    ctx = click.get_current_context()
    if "-" in files:
        raise UsageError(
            f"{ctx.info_name} changes files; it takes no program from standard input"
        )
    progress = ProgressLine()
    flags = [*cargo_words(options), *ctx.meta["cflags"]]
    with deadline.within(budget):
        subject = only_subject(files)
    left_s = max(0.0, end - time.monotonic())
    options |= {
        "budget_s": left_s,
        "on_progress": lambda number: progress(f"{number:,} explorations"),
    }
    with deadline.within(left_s):
        if subject is not None:
            answer = of_subject(subject, scenarios=scenarios, **options)
        else:
            answer = of_program(files, cflags=flags, arguments=arguments, **options)
    progress.clear()
    if write:
        for path, text in answer.after.items():
            Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))
    said = fitted(f"{' '.join(files)}: {report(answer)}")
    click.echo("\n".join(said), err=True)
    if write and answer.patch:
        click.echo("written", err=True)
    if as_json:
        import json

        click.echo(json.dumps(answer.to_json()))
    else:
        sys.stdout.buffer.write(answer.patch.encode("utf-8", "surrogateescape"))
    then(answer)
    ctx.exit(answer.verdict.exit_code)
