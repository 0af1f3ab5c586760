"""Parameters that several commands share."""

from __future__ import annotations

import click

from heald.durations import seconds_in
from heald.state import STATE
from heald.verdicts import UsageError

DATABASE = STATE / "results.db"


def duration(text: str | float) -> float:
    """Read a duration like ``90s``, ``10m``, ``8h`` for click; the value is seconds."""
    try:
        return seconds_in(text)
    except UsageError as error:
        raise click.BadParameter(str(error)) from error
