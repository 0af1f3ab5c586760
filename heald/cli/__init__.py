"""The command line: one file a command, loaded when it is asked for.

Loading late keeps ``heald --version`` and completions quick: the libraries behind the
commands take longer to import than most of these commands run.
"""

from __future__ import annotations

import errno
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from heald.deadline import OutOfTime
from heald.plain import lines as plain_lines
from heald.verdicts import EngineError, HealdError, UsageError, Verdict
from heald.version import VERSION

#: In the order of the help text; each is ``heald.cli.<module>.command``.
_COMMANDS = {
    "init": "init",
    "verify": "verify",
    "check": "check",
    "stress": "stress",
    "mutate": "mutate",
    "mend": "mend",
    "tighten": "tighten",
    "litmus": "litmus",
    "replay": "replay",
    "report": "report",
    "list": "listing",
    "faults": "faults",
    "examples": "examples",
    "agent": "agent",
    "schema": "schema",
    "integration": "integration",
    "doctor": "doctor",
}


#: What a disk, a directory or a name says no with: the user's to mend, not ours.
_OF_THE_FILE_SYSTEM = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)


class LateGroup(click.Group):
    """A group whose commands are imported when they are asked for.

    Our own errors end the process with the exit code of their verdict and without a
    traceback of Python: what they say is complete.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        modules = _COMMANDS.items()
        return [name for name, module in modules if find_spec(f"heald.cli.{module}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command `cmd_name`."""
        name = f"heald.cli.{_COMMANDS.get(cmd_name)}"
        if cmd_name not in _COMMANDS or not find_spec(name):
            return None
        module = import_module(name)
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve it; offer the nearest name where there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            close = get_close_matches(args[0], _COMMANDS, n=1)
            if not close or "Did you mean" in error.message:
                raise
            said = f"{error.message} Did you mean '{close[0]}'?"
            raise click.UsageError(said, ctx) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an error of ours becomes its text and its exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except OutOfTime as error:
            click.echo(f"heald: undecided: {error}", err=True)
            verdict = Verdict.UNDECIDED
        except HealdError as error:
            from heald.showing.terminal import fitted

            # What is wrong may be a name out of a stranger's file.
            said = fitted(f"heald: {plain_lines(str(error))}", indent=2)
            click.echo("\n".join(said), err=True)
            usage = isinstance(error, UsageError)
            verdict = Verdict.USAGE_ERROR if usage else Verdict.ENGINE_ERROR
        except (KeyboardInterrupt, click.Abort):
            click.echo("heald: interrupted", err=True)
            verdict = Verdict.UNDECIDED
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # nobody reads any more: click knows
            if error.errno in (errno.EAGAIN, errno.ENOMEM) and not error.filename:
                why = f"the system gives no more processes or memory: {error.strerror}"
                raise click.exceptions.Exit(_system_says_no(why)) from error
            if error.errno not in _OF_THE_FILE_SYSTEM:
                raise click.exceptions.Exit(_not_expected(error)) from error
            where = f"{error.filename or _unnamed()}: "
            click.echo(f"heald: {plain_lines(where)}{error.strerror}", err=True)
            verdict = Verdict.USAGE_ERROR
        except Exception as error:
            raise click.exceptions.Exit(_not_expected(error)) from error
        raise click.exceptions.Exit(verdict.exit_code)


def _system_says_no(said: str) -> int:
    click.echo(f"heald: {said}", err=True)
    return Verdict.USAGE_ERROR.exit_code


def _not_expected(error: Exception) -> int:
    """Show an error of ours; Python's own exit code would be 1: that a subject failed."""
    import traceback

    traceback.print_exception(error)
    click.echo(f"heald: {EngineError('the error above was not expected')}", err=True)
    return Verdict.ENGINE_ERROR.exit_code


def _unnamed() -> str:
    """Return what an error without a name is about."""
    try:
        return str(Path.cwd())
    except OSError:
        return "the current directory"


@click.group(cls=LateGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="heald")
def main() -> None:
    """Check lock-free C code and zero-copy I/O.

    \b
    heald init stack.h              a first description of your C, that runs at once
    heald verify stack.py           everything that applies, one verdict
    heald check prog.c              every execution the memory model allows
    heald stress --budget 10m       real threads, real descriptors, all subjects
    heald mutate stack.py           which memory orders are needed, and who notices
    heald mend prog.c               the smallest change of orders that mends it, as a diff
    heald tighten prog.c            the weakest orders that still pass, as a diff
    heald litmus                    the memory models beside this machine
    heald replay .heald/capsules/X  see a failure again
    heald examples DIR              heald's own subjects, to run and to change
    heald doctor                    what this machine can do, and what is missing

    Exit codes: 0 passed, 1 failed, 2 usage error, 3 undecided (the budget ended first),
    4 untrustworthy (could not have seen a failure), 5 engine error (our fault).
    """
