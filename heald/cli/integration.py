"""``heald integration``: files to copy into a build, a CI server, an editor; man pages."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from heald.verdicts import UsageError

#: Name to its file in ``heald/integrations/``, and what it is for.
_FILES = {
    "cmake": ("Heald.cmake", "a CMake module: heald_add_test(NAME queue SOURCES queue_test.c)"),
    "pre-commit": ("pre-commit.yaml", "hooks of pre-commit"),
    "github": ("github.yml", "a GitHub workflow"),
    "gitlab": ("gitlab.yml", "a job of GitLab"),
    "vscode": ("vscode.json", "a task of VS Code with a problem matcher"),
    "vim": ("vim.vim", "a compiler of Vim: errorformat for the quickfix list"),
    "emacs": ("emacs.el", "places of failures in Emacs' *compilation*"),
}  # fmt: skip
_MAN = "man"


@click.command("integration")
@click.argument("name", required=False)
@click.argument(
    "directory", required=False, type=click.Path(file_okay=False, path_type=Path)
)
def command(name: str | None, directory: Path | None) -> None:
    """Print a file for a build, a CI server or an editor; without NAME, list them.

    \b
    heald integration cmake > cmake/Heald.cmake
    heald integration github > .github/workflows/heald.yml
    heald integration vscode > .vscode/tasks.json
    heald integration man ~/.local/share/man/man1     a page for each command
    eval "$(_HEALD_COMPLETE=bash_source heald)"       completion; zsh_source, fish_source

    Exit codes: 0 printed or written, 2 usage error.
    """
    if name == _MAN:
        _write_pages(directory)
    elif directory is not None:
        raise UsageError(f"{name} is printed; only man takes a directory")
    elif name is None:
        for each, (_, told) in _FILES.items():
            click.echo(f"{each:10}  {told}")
        click.echo(f"{_MAN:10}  man pages, into a directory")
    elif name in _FILES:
        file = files("heald") / "integrations" / _FILES[name][0]
        click.echo(file.read_text(encoding="utf-8"), nl=False)
    else:
        known = ", ".join([*_FILES, _MAN])
        raise UsageError(f"no integration {name!r}; there are {known}")


def _write_pages(directory: Path | None) -> None:
    from heald.cli import main
    from heald.cli.man import pages
    from heald.state import write_file

    if directory is None:
        raise UsageError("name a directory: heald integration man DIRECTORY")
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in pages(main).items():
        write_file(directory / name, text)
    click.echo(f"written into {directory}; see man -l {directory / 'heald.1'}")
