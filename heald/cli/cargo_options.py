"""Which program of a package of cargo is meant: options that become words for cargo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_KINDS = {
    "bin": "Of a package of cargo: the program NAME.",
    "example": "The example NAME.",
    "test": "The test NAME; each test in it is explored by itself.",
}


def cargo_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--bin``, ``--example``, ``--test`` and ``--lib`` to a command."""
    for kind, told in _KINDS.items():
        command = click.option(f"--{kind}", metavar="NAME", help=told)(command)
    told = "The unit tests of the library."
    return click.option("--lib", is_flag=True, help=told)(command)


def cargo_words(options: dict[str, Any]) -> list[str]:
    """Take them out of a command's options; return them as cargo has them."""
    words = ["--lib"] if options.pop("lib") else []
    for kind in _KINDS:
        name = options.pop(kind)
        words += [f"--{kind}", name] if name else []
    return words
