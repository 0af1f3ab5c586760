"""One slice of a target in a process of its own.

Why       A target runs C that may crash, hang, exit or eat memory. Whatever it does to its
          process, the campaign and the replay go on, and on time.
How       The child is forked, leads a process group of its own (so that its own workers go
          with it), dies with its parent, and writes its result into a memory file that is
          read when it has ended, line by line: a slice also writes what it found so far, which
          counts if no whole result follows. Nothing of it is believed before that.
Rules     The parent must have one thread only, as everywhere where fork is used.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heald.deadline import OutOfTime
from heald.finding import Finding, counted
from heald.stop import Stop
from heald.targets.so_far import listen
from heald.targets.target import SliceResult
from heald.verdicts import EngineError, HealdError, UsageError

Work = Callable[[Stop], SliceResult]
AnyWork = Callable[[Stop], Any]
"""Returns what JSON can hold."""

_PACKAGE = str(Path(__file__).resolve().parents[1])
_PR_SET_PDEATHSIG = 1
_MOST_SECONDS = 1e9
_SO_FAR = "so far"
_NO_SENSE = (ValueError, KeyError, IndexError, TypeError, AttributeError, HealdError)


@dataclass(frozen=True)
class Ended:
    """How a slice ended.

    Attributes
    ----------
    how
        ``"result"``, ``"usage error"``, ``"engine error"``, ``"signal"``, ``"exit"``, or
        ``"killed"`` by the parent, because it did not end in time, or ended by itself then.
    result
        For ``"result"``; else what a slice had found before it ended so, if anything.
    message
        What to tell people otherwise.
    code
        Number of the signal, or the exit code.
    data
        What the work returned, as JSON has it; for ``"result"`` only.
    """

    how: str
    result: SliceResult | None = None
    message: str = ""
    code: int = 0
    data: Any = None


class Isolated:
    """Work that runs in a child process from the moment this object exists.

    Parameters
    ----------
    work
        Called in the child with something that says when to stop.
    processors
        Processors that the child may use; all that the parent may if empty.
    """

    def __init__(self, work: AnyWork, *, processors: Iterable[int] = ()) -> None:
        self.started = time.monotonic()
        self._result_file = os.memfd_create("heald-slice")
        self._killed = False
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        # A request to stop that comes before the child can hear it must not be its death.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        self.pid = os.fork()
        if self.pid == 0:
            _child(work, self._result_file, parent, frozenset(processors), before)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        # Set from both sides: whoever comes first, nobody signals a group that is not yet.
        with contextlib.suppress(OSError):
            os.setpgid(self.pid, self.pid)

    @property
    def seconds(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started

    def poll(self) -> Ended | None:
        """Return how it ended, or ``None`` while it runs. Does not wait."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return None if pid == 0 else self._ended(status)

    def ask_to_stop(self) -> None:
        """Ask it to end early with the result so far."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> Ended:
        """End it and all its processes now."""
        self._killed = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        return self._ended(status)

    def wait(self, seconds: float) -> Ended:
        """Wait until it ends, or kill it after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ended = self.poll()
            if ended is not None:
                return ended
            time.sleep(0.005)
        return self.kill()

    def _ended(self, status: int) -> Ended:
        # Its own workers may have outlived it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        try:
            return self._read(status)
        finally:
            os.close(self._result_file)

    def _read(self, status: int) -> Ended:
        code = os.waitstatus_to_exitcode(status)
        os.lseek(self._result_file, 0, os.SEEK_SET)
        with open(self._result_file, "rb", closefd=False) as file:
            said = file.read().split(b"\n")[:-1]  # what is behind the last one is no line
        if code == 0 and said:
            try:
                return self._meaning(json.loads(said[-1]))
            except _NO_SENSE as error:
                # Code under test may run in that process: it may have written anything.
                text = f"its result makes no sense: {error}"
                return Ended("exit", self._found_before(said), text)
        found = self._found_before(said)
        if code < 0 and self._killed:
            text = f"did not end within {self.seconds:.1f} s"
            return Ended("killed", found, text)
        if code < 0:
            text = f"its process died of {_signal_name(-code)}"
            return Ended("signal", found, text, -code)
        return Ended("exit", found, f"its process exited with code {code}", code)

    def _found_before(self, said: list[bytes]) -> SliceResult | None:
        """Return what it wrote before it was lost, if that means anything."""
        with contextlib.suppress(*_NO_SENSE):
            last = json.loads(said[-1])
            if last["how"] == _SO_FAR:
                return result_from_json(last["result"])
        return None

    def _meaning(self, said: dict[str, Any]) -> Ended:
        if said["how"] == _SO_FAR:
            raise ValueError("it ended before it returned one")
        if said["how"] == "result":
            return Ended("result", data=said["result"])
        return Ended(str(said["how"]), message=str(said["message"]))


class IsolatedSlice(Isolated):
    """A slice of a target that runs in a child process from the moment this object exists."""

    def __init__(self, work: Work, *, processors: Iterable[int] = ()) -> None:
        def whole(stop: Stop) -> dict[str, Any]:
            listen(self._keep)
            return result_to_json(work(stop))

        super().__init__(whole, processors=processors)

    def _keep(self, result: SliceResult) -> None:
        _write(self._result_file, {"how": _SO_FAR, "result": result_to_json(result)})

    def _meaning(self, said: dict[str, Any]) -> Ended:
        ended = super()._meaning(said)
        if ended.how != "result":
            return ended
        return replace(ended, result=result_from_json(ended.data), data=None)


def _child(
    work: AnyWork,
    result_file: int,
    parent: int,
    processors: frozenset[int],
    signals: set[int | signal.Signals],
) -> None:
    """Do the work and leave; never returns into the code of the parent."""
    code = 1
    try:
        _leave_the_parent(parent, processors)
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        _write(result_file, _outcome_of(work, stop))
        code = 0
    finally:
        os._exit(code)


def _leave_the_parent(parent: int, processors: frozenset[int]) -> None:
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)
    # What the code under test prints must not end up in a table or in a JSON object.
    faulthandler.disable()
    silence = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(silence, standard)
    sys.stdout = sys.stderr = os.fdopen(silence, "w")
    if processors:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, processors)


def _outcome_of(work: AnyWork, stop: Stop) -> dict[str, Any]:
    try:
        return {"how": "result", "result": work(stop)}
    except UsageError as error:
        return {"how": "usage error", "message": str(error)}
    except EngineError as error:
        return {"how": "engine error", "message": str(error)}
    except OutOfTime as error:
        return {"how": "killed", "message": str(error)}
    except SystemExit as error:
        return {"how": "exit", "message": f"it raised SystemExit({error.code!r})"}
    except BaseException as error:
        return _blamed(error)


def _blamed(error: BaseException) -> dict[str, Any]:
    """Say whose code raised: ours if the innermost frame is, else the target's own."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = bool(frames) and frames[-1].filename.startswith(_PACKAGE)
    text = "".join(traceback.format_exception(error))
    if ours:
        return {"how": "engine error", "message": str(EngineError(text))}
    return {"how": "usage error", "message": f"the target's own Python raised:\n{text}"}


def _write(file: int, data: dict[str, Any]) -> None:
    content = json.dumps(data).encode() + b"\n"
    while content:
        content = content[os.write(file, content) :]


def result_to_json(result: SliceResult) -> dict[str, Any]:
    """Return the result of a slice as plain lists and dictionaries."""
    return {
        "samples": result.samples,
        "seconds": result.seconds,
        "outcomes": dict(result.outcomes),
        "findings": [finding.to_json() for finding in result.findings],
        "notes": list(result.notes),
        "trustworthy": result.trustworthy,
    }


def result_from_json(data: Mapping[str, Any]) -> SliceResult:
    """Read what ``result_to_json`` wrote, wherever it has been since.

    Raises
    ------
    UsageError, KeyError, TypeError, ValueError
        If it makes no sense.
    """
    return SliceResult(
        samples=counted(data["samples"]),
        seconds=min(max(float(data["seconds"]), 0.0), _MOST_SECONDS),
        outcomes={str(name): counted(n) for name, n in data["outcomes"].items()},
        findings=tuple(Finding.from_json(finding) for finding in data["findings"]),
        notes=tuple(map(str, data["notes"])),
        trustworthy=bool(data["trustworthy"]),
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
