"""A child process spoken to by JSON lines, without ever waiting for it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from heald.cluster.lines import Line, LineReader, encoded
from heald.verdicts import UsageError


class Stream:
    """A child and its two pipes.

    Parameters
    ----------
    command, environment
        Starts it; added to this process's own environment.

    Attributes
    ----------
    ending
        Why nothing more goes through; empty while it does.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self.process = subprocess.Popen(
            [*command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            bufsize=0,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)
        self._reader = LineReader(self._stdout.fileno())
        self._out = bytearray()
        self.ending = ""

    def fileno(self) -> int:
        """Return what becomes readable when something comes."""
        return self._stdout.fileno()

    def send(self, line: Mapping[str, Any]) -> None:
        """Send a line, as far as the pipe takes it."""
        self._out += encoded(line)
        self.flush()

    def flush(self) -> None:
        """Send what the pipe takes."""
        while self._out and not self.ending:
            try:
                sent = os.write(self._stdin.fileno(), self._out)
            except BlockingIOError:
                return
            except OSError:
                self.end("its pipe is closed")
                return
            del self._out[:sent]

    def hear(self) -> list[Line]:
        """Return the lines that have come."""
        if self.ending:
            return []
        try:
            lines = self._reader.read()
        except (UsageError, OSError) as error:
            self.end(f"it said something that is no answer: {error}")
            return []
        if lines is None:
            self.end("it died")
            return []
        return lines

    def end(self, why: str) -> None:
        """Let go of it."""
        if not self.ending:
            self.process.kill()
            self.ending = f"{why} (exit code {self.process.wait()})"

    def close_politely(self, seconds: float) -> None:
        """Close what it reads, and let it end by itself, for so long."""
        self.flush()
        self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    @property
    def is_closed(self) -> bool:
        """Whether its descriptors are free again."""
        return self._stdout.closed

    def close(self) -> None:
        """Free the descriptors of one that has ended."""
        self._stdin.close()
        self._stdout.close()
