"""The compiler's words of a command: those after ``--``, and those of a build system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class FlagsAfterDashes(click.Command):
    """A command whose words after ``--`` are the compiler's.

    They are in ``ctx.meta["cflags"]``, behind what ``--compile-commands`` says of the
    files that the command's argument names.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        option = click.Option(
            ["--compile-commands"],
            type=click.Path(exists=True, path_type=Path),
            metavar="DIR|FILE",
            expose_value=False,
            callback=_remember,
            help="Take the files' flags from a build's compile_commands.json.",
        )
        help_names = {"html", "sarif", "as_json"}
        at = next((i for i, p in enumerate(self.params) if p.name in help_names), None)
        self.params.insert(len(self.params) if at is None else at, option)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the compiler's words away before click sees them."""
        own: list[str] = []
        if "--" in args:
            at = args.index("--")
            own, args = args[at + 1 :], args[:at]
        rest = super().parse_args(ctx, args)
        ctx.meta["cflags"] = [*self._of_the_build(ctx), *own]
        return rest

    def _of_the_build(self, ctx: click.Context) -> list[str]:
        database = ctx.meta.get("compile_commands")
        if database is None:
            return []
        from heald.building.compile_commands import flags_of

        named = [ctx.params.get(p.name or "") for p in self.params if _is_argument(p)]
        files = [file for each in named for file in _listed(each)]
        sources = [file for file in files if Path(file).suffix not in (".py", ".h", "")]
        return flags_of(database, sources) if sources else []


def _is_argument(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _remember(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
    ctx.meta["compile_commands"] = value
