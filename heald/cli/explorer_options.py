"""The explorer's options as click has them, made from the table of heald/explorer/options.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from heald.cli.parameters import duration
from heald.explorer.options import Options, Way

_METAVARS = {"orders": "PLACE=ORDER", "trust": "NAME"}
Command = Callable[..., Any]


def explorer_options(*, budget: str) -> Callable[[Command], Command]:
    """Add every option of the explorer that people may give.

    Parameters
    ----------
    budget
        The budget where none is given, as text.
    """

    def add(command: Command) -> Command:
        for each, way in reversed(list(Options.rows())):
            if way.told is not None:
                command = _option(each.name, each.default, way, budget)(command)
        return command

    return add


def _option(
    name: str, default: Any, way: Way, budget: str
) -> Callable[[Command], Command]:
    flag = way.flag(name)
    told = way.told or None
    if way.form == "flag":
        return click.option(flag, name, is_flag=True, help=told)
    if way.form == "duration":
        return click.option(
            flag, name, callback=_budget, default=budget, show_default=True, help=told
        )
    if way.form == "word":
        accepted = click.Choice(way.accepted)
        return click.option(
            flag, name, type=accepted, default=default, show_default=True, help=told
        )
    if way.form == "texts":
        return click.option(flag, name, multiple=True, metavar=_METAVARS[name], help=told)
    return click.option(
        flag, name, type=click.IntRange(way.least), default=default, help=told
    )


def _budget(_ctx: click.Context, _parameter: click.Parameter, text: str) -> float | None:
    return None if text == "none" else duration(text)
