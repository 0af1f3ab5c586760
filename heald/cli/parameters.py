"""Parameters that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from heald.durations import seconds_in
from heald.verdicts import UsageError

DATABASE = Path(".heald") / "results.db"
CAPSULES = Path(".heald") / "capsules"


def duration(text: str | float) -> float:
    """Read a duration like ``90s``, ``10m``, ``8h`` for click; the value is seconds."""
    try:
        return seconds_in(text)
    except UsageError as error:
        raise click.BadParameter(str(error)) from error
