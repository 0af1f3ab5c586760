"""One search in the engine: a process of its own, or a question to one that serves many."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
from abc import ABC, abstractmethod
from typing import IO, Any

from heald.verdicts import EngineError, UsageError

Line = dict[str, Any]

_EXIT_USAGE = 2
_NOTHING: Line = {"executions": 0, "blocked": 0, "failures": 0, "steps": 0, "runs": 0}
_NOTHING |= {"peak_bytes": 0, "estimate": 0.0, "done": 0.0, "seconds": 0.0}
_BEHIND_OUR_BACK = (
    "the explorer cannot model this program: code that it does not see (a jump into a "
    "library, or an object that is trusted unseen) made a system call that starts "
    "processes, writes files, connects or signals; it was not made"
)
_CUT_OFF = Line(type="result", exhausted=False, stopped=True, reason="budget")


class Part(ABC):
    """One search, or a part of one.

    Attributes
    ----------
    stream
        Where its lines come from.
    result, progress
        The last line of each sort; empty before there is one.
    problem
        What the engine said against its options or the program.
    has_ended
        Whether no further line will come.
    has_begun
        Whether a shared one listens to who asks for some of it.
    asked
        How often to give some of it away.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.rest = b""
        self.result: Line = {}
        self.progress: Line = {}
        self.problem = ""
        self.has_ended = False
        self.was_cut_off = False
        self.was_asked = False
        self.has_begun = False
        self.asked = 0

    @abstractmethod
    def read(self) -> list[Line]:
        """Return the lines that have come; wait for some."""

    def stop(self) -> None:
        """Ask it to come to an end and to say what it has."""
        self.was_asked = True
        self._signal(signal.SIGTERM)

    def give(self) -> None:
        """Ask it to give a part away; it says what, when it has something."""
        self.asked += 1
        self._signal(signal.SIGUSR1)

    def cut_off(self) -> None:
        """End it, though it does not want to; what it has counted so far is the result."""
        if self.result:
            return
        self._signal(signal.SIGKILL)
        self.result = {**_NOTHING, **self.progress, **_CUT_OFF}
        self.was_cut_off = True

    @abstractmethod
    def end(self) -> None:
        """Wait for it; kill it if it is still at work because we were thrown out."""

    def must_have_ended_well(self) -> None:
        """Raise what its end means, if it was not a good one."""
        if self.was_cut_off:
            return
        status = self._status()
        if self.was_asked and status == -signal.SIGTERM:
            # It was asked before it could listen: it had not begun.
            self.result = {**_NOTHING, **self.progress, **_CUT_OFF}
            return
        if status == 0 and self.result:
            return
        said = self._errors().decode("utf-8", "replace").strip()
        if status == _EXIT_USAGE:
            raise UsageError(self.problem or said or "heald-explore refused its options")
        words = said.removeprefix("engine bug: ")
        if status == -signal.SIGSYS:
            raise UsageError(_BEHIND_OUR_BACK)
        raise EngineError(
            f"heald-explore {_ending(status)}{': ' + words if words else ''}"
        )

    @abstractmethod
    def _signal(self, number: signal.Signals) -> None: ...

    @abstractmethod
    def _status(self) -> int: ...

    @abstractmethod
    def _errors(self) -> bytes: ...

    def _chunk(self) -> list[bytes] | None:
        """Return the whole lines that have come, None at the end of the stream."""
        chunk = os.read(self.stream.fileno(), 1 << 16)
        if not chunk:
            return None
        *whole, self.rest = (self.rest + chunk).split(b"\n")
        return [line for line in whole if line]


class OwnProcess(Part):
    """A process of the engine for this search alone."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self.process.stdout is not None
        super().__init__(self.process.stdout)
        self.errors: list[bytes] = []
        self.reader = threading.Thread(target=self._read_errors, daemon=True)
        self.reader.start()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.readlines()

    def read(self) -> list[Line]:
        """Return the lines that have come; wait for some."""
        lines = self._chunk()
        if lines is None:
            self.has_ended = True
            return []
        return parsed(lines)

    def end(self) -> None:
        """Wait for it; kill it if it is still at work because we were thrown out."""
        if not self.result and self.process.poll() is None:
            try:
                self.process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.reader.join(timeout=5)
        self.stream.close()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def _status(self) -> int:
        return int(self.process.returncode)

    def _errors(self) -> bytes:
        return b"".join(self.errors)


def parsed(lines: list[bytes]) -> list[Line]:
    """Return lines of the engine as what they say; ``EngineError`` if one says nothing."""
    try:
        return [json.loads(line) for line in lines]
    except ValueError as error:
        raise EngineError(f"heald-explore wrote no JSON: {error}") from error


def _ending(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
