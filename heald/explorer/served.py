"""Engines that have a program loaded and explore it again and again.

Each search is a child of such an engine (csrc/explore/host/serve.h), so that searches share
nothing and a crash ends only one. An engine answers one question at a time; it is taken from
those that wait, or started, and put back when its answer is complete.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import struct
import subprocess
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from heald.explorer.part import Line, Part, parsed
from heald.topology import emulator
from heald.verdicts import EngineError

_MOST = 8
"""Engines that wait; the one that has waited longest is ended for another."""


class Engine:
    """One process with one program."""

    def __init__(self, engine: Path, program: Path) -> None:
        self.name = str(engine), str(program)
        # What children say before they die goes there; few say anything.
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the engine
        self.process = subprocess.Popen(
            [*emulator(), str(engine), "--serve", str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
        )

    def ask(self, words: Sequence[str]) -> None:
        """Begin a search; the words are those of the engine's command line."""
        text = b"".join(os.fsencode(word) + b"\0" for word in words)
        assert self.process.stdin is not None
        # It may have refused the program already: what it said is read as an answer.
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(struct.pack("<I", len(text)) + text)
            self.process.stdin.flush()

    def end(self) -> None:
        """End it, with the search that it may be at."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            if stream is not None:
                with contextlib.suppress(OSError):  # a question that nobody read
                    stream.close()


class _Spent:
    """Processor seconds of searches that are over: children of ours have not ended yet."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        with self.lock:
            self.seconds += seconds


_spent = _Spent()


def processor_s() -> float:
    """Return the processor seconds that served searches have taken in this process so far."""
    return _spent.seconds


class _Waiting:
    """The engines that wait for a question."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engines: OrderedDict[int, Engine] = OrderedDict()

    def take(self, engine: Path, program: Path) -> Engine:
        name = str(engine), str(program)
        with self.lock:
            for number, each in reversed(self.engines.items()):
                if each.name == name:
                    del self.engines[number]
                    if each.process.poll() is None:
                        return each
                    each.end()
                    break
        return Engine(engine, program)

    def put_back(self, engine: Engine) -> None:
        with self.lock:
            self.engines[id(engine)] = engine
            old = (
                self.engines.popitem(last=False)[1] if len(self.engines) > _MOST else None
            )
        if old is not None:
            old.end()

    def end(self) -> None:
        with self.lock:
            engines, self.engines = self.engines, OrderedDict()
        for engine in engines.values():
            engine.end()


_waiting = _Waiting()
_of_parents: list[_Waiting] = []


def _forget() -> None:
    """Begin without any in a child of ours: two who ask one engine would mix the answers."""
    global _waiting
    _of_parents.append(_waiting)  # not ours to end
    _waiting = _Waiting()


os.register_at_fork(after_in_child=_forget)
atexit.register(lambda: _waiting.end())


class Served(Part):
    """A search by an engine that has the program loaded."""

    def __init__(
        self,
        engine: Path,
        program: Path,
        options: Sequence[str],
        arguments: Sequence[str],
    ) -> None:
        self.engine = _waiting.take(engine, program)
        assert self.engine.process.stdout is not None
        super().__init__(self.engine.process.stdout)
        self.status: int | None = None
        self.errors_from = os.fstat(self.engine.errors.fileno()).st_size
        self.broken = ""
        self.said: bytes | None = None
        self.engine.ask([str(engine), *options, str(program), *arguments])

    def read(self) -> list[Line]:
        """Return the lines that have come; wait for some."""
        whole = self._chunk()
        if whole is None:  # it refused the program, or somebody killed it
            self.has_ended = True
            self.status = self.engine.process.wait()
            return []
        lines: list[Line] = []
        for text in whole:
            try:
                line = parsed([text])[0]
            except EngineError as error:  # a line that was cut off, if a crash comes next
                self.broken = str(error)
                continue
            if line["type"] == "end":
                self.status = line["status"]
                _spent.add(line["processor_s"])
                self.has_ended = True
            else:
                lines.append(line)
        return lines

    def end(self) -> None:
        """Put the engine back, if it waits for the next question; else end it."""
        # After a child that was killed nobody knows whether it was at this question or at none.
        is_good = self.status is not None and self.status >= 0 and self.has_ended
        is_good = is_good and not self.was_asked and not self.was_cut_off
        if self.status != 0:
            self.said = self._errors()
        if is_good and self.engine.process.poll() is None:
            _waiting.put_back(self.engine)
        else:
            self.engine.end()

    def must_have_ended_well(self) -> None:
        """Raise what its end means, if it was not a good one."""
        super().must_have_ended_well()
        if self.broken and not self.was_cut_off:
            raise EngineError(self.broken)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.engine.process.send_signal(number)

    def _status(self) -> int:
        return -signal.SIGKILL if self.status is None else self.status

    def _errors(self) -> bytes:
        if self.said is not None:
            return self.said
        file = self.engine.errors.fileno()
        return os.pread(file, os.fstat(file).st_size - self.errors_from, self.errors_from)
