"""Man pages, made from the help texts: one of ``heald``, one of each command (man(7))."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from heald.version import VERSION


def pages(group: click.Group) -> dict[str, str]:
    """Return the text of each page by its file name, such as ``heald-check.1``."""
    context = click.Context(group, info_name="heald")
    commands = {
        name: group.get_command(context, name) for name in group.list_commands(context)
    }
    known = {name: each for name, each in commands.items() if each is not None}
    made = {"heald.1": _page("heald", group, [f"heald-{name}" for name in known])}
    for name, command in known.items():
        made[f"heald-{name}.1"] = _page(f"heald {name}", command, ["heald"])
    return made


def _page(name: str, command: click.Command, others: list[str]) -> str:
    title = name.replace(" ", "-")
    context = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    blocks = inspect.cleandoc(command.help or "").split("\n\n")
    lines = [
        f'.TH "{title.upper()}" 1 "" "heald {VERSION}" "heald"',
        ".SH NAME",
        f"{_text(title)} \\- {_text(_first_sentence(blocks[0]))}",
        ".SH SYNOPSIS",
        f".B {_text(name)}",
        _text(usage),
        ".SH DESCRIPTION",
        *(line for block in blocks for line in _block(block)),
        *_options(command, context),
        ".SH SEE ALSO",
        *(f".BR {_text(other)} (1)" for other in others),
    ]
    return "\n".join(lines) + "\n"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<!\.)\.(?= [A-Z]|$)", " ".join(text.split()))[0]


def _block(text: str) -> Iterator[str]:
    """Yield a paragraph; one that begins with a backspace is laid out by hand."""
    if text.startswith("\b"):
        yield from (".PP", ".nf", ".RS 4")
        yield from map(_text, text.removeprefix("\b").strip("\n").split("\n"))
        yield from (".RE", ".fi")
    else:
        yield ".PP"
        yield from map(_text, text.split("\n"))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = [
        record
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option)
        and (record := parameter.get_help_record(context)) is not None
    ]
    if records:
        yield ".SH OPTIONS"
    for flags, told in records:
        yield from (".TP", f".B {_text(flags)}", _text(" ".join(told.split())) or "\\&")


def _text(line: str) -> str:
    """Return a line in which nothing is a request or an escape of roff."""
    safe = line.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{safe}" if safe.startswith(".") else safe
