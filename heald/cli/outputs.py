"""``--html``, ``--sarif``, ``--junit``, ``--github``: a result where people and tools read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from heald.state import write_file

_Command = TypeVar("_Command", bound=Callable[..., Any])
_NAMES = ("html", "sarif", "junit", "github")


def output_options(command: _Command) -> _Command:
    """Add the options to a command; they reach it as the keyword ``outputs``."""
    file = click.Path(dir_okay=False, path_type=Path)
    options = (
        click.option(
            "--html", type=file, help="Write a page to step through what failed."
        ),
        click.option("--sarif", type=file, help="Write what failed as SARIF 2.1.0."),
        click.option("--junit", type=file, help="Write the result as JUnit XML."),
        click.option(
            "--github", is_flag=True, help="Print annotations for a GitHub workflow."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True)
class Outputs:
    """Where a result is to be written."""

    html: Path | None = None
    sarif: Path | None = None
    junit: Path | None = None
    github: bool = False

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Outputs:
        """Take the options out of a command's."""
        return cls(**{name: options.pop(name) for name in _NAMES})

    def write(
        self,
        title: str,
        headline: str,
        failures: Sequence[Mapping[str, Any]],
        *,
        seconds: float = 0.0,
        patch: str = "",
        notes: Sequence[str] = (),
        page: Sequence[Mapping[str, Any]] | None = None,
        err: bool = False,
    ) -> None:
        """Write all that was asked for.

        Parameters
        ----------
        title, headline
            What was checked, and what came of it.
        failures
            In the form of ``heald check --json``.
        page
            What the page shows, where that is more than what failed.
        err
            Whether standard output belongs to something else.
        """
        if self.html is not None:
            from heald.showing.page import Page

            shown = failures if page is None else page
            Page(title, headline, shown, patch, notes).save(self.html)
        if not (self.sarif or self.junit or self.github):
            return
        from heald.showing import annotations
        from heald.version import VERSION

        if self.sarif is not None:
            write_file(self.sarif, annotations.sarif(failures, VERSION))
        if self.junit is not None:
            write_file(self.junit, annotations.junit(title, failures, seconds))
        if self.github:
            for line in annotations.github(failures):
                click.echo(line, err=err)
