"""The command line: one file a command, gathered here."""

from __future__ import annotations

import click

import heald


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(heald.__version__, prog_name="heald")
def main() -> None:
    """Check lock-free C code and zero-copy I/O."""
