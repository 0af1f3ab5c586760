"""``--html``, ``--sarif``, ``--junit``, ``--github``: a result where people and tools read it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heald.state import write_file
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.showing.page import Page

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
        taken = cls(**{name: options.pop(name) for name in _NAMES})
        for name in _NAMES[:3]:
            file: Path | None = getattr(taken, name)
            if file is not None:
                _must_be_writable(f"--{name}", file)
        return taken

    @property
    def are_asked_for(self) -> bool:
        """Whether there is one at all."""
        return bool(self.html or self.sarif or self.junit or self.github)

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
        if not self.are_asked_for:
            return
        from heald.showing import annotations
        from heald.showing.page import Page

        shown = Page(title, headline, failures if page is None else page, patch, notes)
        for file, text in self._files(shown, failures, seconds):
            write_file(file, text)
        if self.github:
            for line in annotations.github(failures):
                click.echo(line, err=err)

    def try_out(self, title: str, failure: Mapping[str, Any]) -> None:
        """Make what was asked for of one failure, and write nothing.

        Raises
        ------
        AttributeError, IndexError, KeyError, TypeError, ValueError
            If the failure does not have the form that is shown.
        """
        if self.are_asked_for:
            from heald.showing import annotations
            from heald.showing.page import Page

            for _ in self._files(Page(title, "", [failure]), [failure], 0.0):
                pass
            if self.github:
                for _ in annotations.github([failure]):
                    pass

    def _files(
        self, page: Page, failures: Sequence[Mapping[str, Any]], seconds: float
    ) -> Iterator[tuple[Path, str]]:
        from heald.showing import annotations
        from heald.version import VERSION

        if self.html is not None:
            yield self.html, page.html()
        if self.sarif is not None:
            yield self.sarif, annotations.sarif(failures, VERSION)
        if self.junit is not None:
            yield self.junit, annotations.junit(page.title, failures, seconds)


def _must_be_writable(option: str, file: Path) -> None:
    """Say now what would be said when all is done."""
    folder = file.parent
    if not folder.is_dir():
        raise UsageError(f"{option} {file}: there is no folder {folder}; make it first")
    if not os.access(file if file.exists() else folder, os.W_OK):
        raise UsageError(f"{option} {file}: it may not be written there")
