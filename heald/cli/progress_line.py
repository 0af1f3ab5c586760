"""A line that says how far a long command is: rewritten on a terminal, rare elsewhere.

Silence of two seconds is left alone; what is quick says nothing.
"""

from __future__ import annotations

import sys
import time

import click

_QUIET_S = 2.0
_TERMINAL_EVERY_S = 0.2
_FILE_EVERY_S = 10.0


class ProgressLine:
    """Call it with the text as often as you like; it goes to stderr now and then."""

    def __init__(self) -> None:
        self.is_terminal = sys.stderr.isatty()
        self._every_s = _TERMINAL_EVERY_S if self.is_terminal else _FILE_EVERY_S
        self._began = time.monotonic()
        self._shown = float("-inf")

    def __call__(self, text: str) -> None:
        """Show `text` if it is time to."""
        now = time.monotonic()
        if now - self._began < _QUIET_S or now - self._shown < self._every_s:
            return
        self._shown = now
        if self.is_terminal:
            click.echo(f"\r\x1b[K{text}", err=True, nl=False)
        else:
            click.echo(text, err=True)

    def clear(self) -> None:
        """Take the line away before something else is printed."""
        if self.is_terminal:
            click.echo("\r\x1b[K", err=True, nl=False)
