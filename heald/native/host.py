"""The host process of one compiled subject, and what can be asked of it.

The host (``csrc/stress/host.c``) makes a fresh copy of itself for every run, which loads
the subject, so that runs cannot spoil each other and a crash costs next to nothing. Nothing
that the subject does reaches this process: we share a mapping, read it with care, and
wait on a socket.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import mmap
import os
import select
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from heald.building.engine import engine_path
from heald.building.interfaces import structure
from heald.native import shared
from heald.topology import emulator
from heald.verdicts import EngineError

_REPLY = structure("stress", "stress_reply")
_REPLY_BYTES = ctypes.sizeof(_REPLY)
_OUTPUT_BYTES = 1 << 20
_OUTPUT_SHOWN = 2000


@dataclass(frozen=True)
class Ended:
    """How a run's process ended: its status as of ``waitpid``.

    ``None`` if the host was lost with it.
    """

    status: int | None


class HostLost(Exception):
    """The host process itself died; ``status`` is its return code as of subprocess."""

    def __init__(self, status: int) -> None:
        how = f"signal {-status}" if status < 0 else f"exit code {status}"
        super().__init__(f"the stress host ended with {how}")
        self.status = status


class Host:
    """A process that holds one compiled subject.

    Parameters
    ----------
    library
        Shared object with ``heald_subject``; it is loaded on trial at once, and ``wait``
        tells of the end of that as of the end of any run.
    memory_bytes
        Most writable memory of a run.
    """

    def __init__(self, library: Path, *, memory_bytes: int) -> None:
        self.shared_object = library
        self.memory_bytes = memory_bytes
        self.output = os.memfd_create("heald-output", os.MFD_CLOEXEC)
        # Appending, so that several writers, and a truncated file, do no harm.
        flags = fcntl.fcntl(self.output, fcntl.F_GETFL)
        fcntl.fcntl(self.output, fcntl.F_SETFL, flags | os.O_APPEND)
        with _shared_file() as file:
            self.memory = mmap.mmap(file, shared.SHARED_BYTES)
            self.recorder = shared.Recorder.from_buffer(self.memory)
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = self._start(file, theirs.fileno())
        self._running = True  # the trial
        self._modules: list[tuple[int, int, str]] = []

    def read_modules(self) -> None:
        """Take what the trial says of loaded objects, before any run could change it."""
        self._modules = [
            (module.base, module.end, module.path.decode(errors="replace"))
            for module in self.recorder.modules[
                : min(self.recorder.module_count, shared.MODULES)
            ]
        ]

    @property
    def modules(self) -> list[tuple[int, int, str]]:
        """Loaded objects as (base, end, path)."""
        return self._modules

    def begin(self, request: bytes) -> None:
        """Start a run; ``wait`` tells of its end."""
        shared.clear_run(self.recorder)
        os.ftruncate(self.output, 0)
        at = shared.REQUEST_OFFSET
        self.memory[at : at + len(request)] = request
        self._running = True
        self._command(b"r")

    def wait(self, timeout_s: float) -> Ended | None:
        """Wait for the run to end; ``None`` if it has not by then."""
        try:
            reply = self._reply(timeout_s)
        except HostLost:
            self._running = False
            return Ended(None)
        if reply is None:
            return None
        pid, status = reply
        self._running = False
        if pid < 0:
            raise EngineError(f"no process for a run: {os.strerror(status)}")
        return Ended(status)

    def ask_to_stop(self) -> None:
        """Have the run end at its next stride."""
        self.recorder.stop = 1

    def ask_for_backtraces(self) -> None:
        """Have every thread of the run write where it is."""
        self._command(b"d")

    def kill_run(self) -> None:
        """End the run's process, whatever it is doing."""
        self._command(b"k")

    def read_output(self) -> str:
        """Return the end of what the run wrote to standard output and error."""
        size = os.fstat(self.output).st_size
        start = max(0, size - _OUTPUT_SHOWN)
        return os.pread(self.output, _OUTPUT_SHOWN, start).decode(errors="replace")

    @property
    def output_is_full(self) -> bool:
        """Whether the run wrote as much as it may."""
        return os.fstat(self.output).st_size >= _OUTPUT_BYTES

    @property
    def alive(self) -> bool:
        """Whether it can be used for another run."""
        return not self._running and self._process.poll() is None

    def kill(self) -> None:
        """End the host; its run dies with it."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the host and give everything back."""
        self._control.close()
        try:
            self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self.kill()
        os.close(self.output)
        del self.recorder
        with contextlib.suppress(BufferError):  # somebody still looks at the recorder
            self.memory.close()

    def forget(self) -> None:
        """After a fork: this process is not the host's parent, and lets go of it."""
        self._control.close()
        self._process.returncode = 0  # or its destructor would complain
        os.close(self.output)

    def _start(self, file: int, control: int) -> subprocess.Popen[bytes]:
        arguments = [
            file,
            control,
            shared.SHARED_BYTES,
            self.memory_bytes,
            _OUTPUT_BYTES,
            self.shared_object,
        ]
        return subprocess.Popen(
            [*emulator(), str(engine_path("stress")), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
            pass_fds=(file, control),
            process_group=0,  # Ctrl-C is for us; we then end the host in order
        )

    def _command(self, byte: bytes) -> None:
        with contextlib.suppress(OSError):  # lost: the next wait says so
            self._control.send(byte, socket.MSG_NOSIGNAL)

    def _reply(self, timeout_s: float) -> tuple[int, int] | None:
        waiting = select.poll()  # select() cannot wait for descriptors above 1023
        waiting.register(self._control, select.POLLIN)
        if not waiting.poll(max(0.0, timeout_s) * 1000):
            return None
        data = b""
        with contextlib.suppress(OSError):
            data = self._control.recv(_REPLY_BYTES, socket.MSG_WAITALL)
        if len(data) < _REPLY_BYTES:
            self.kill()
            raise HostLost(self._process.returncode)
        reply = _REPLY.from_buffer_copy(data)
        return reply.pid, reply.status


@contextlib.contextmanager
def _shared_file() -> Iterator[int]:
    """Yield an anonymous file of ``SHARED_BYTES`` bytes whose size nobody can change."""
    file = os.memfd_create("heald-stress", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.ftruncate(file, shared.SHARED_BYTES)
        # A mapping beyond the end of its file would kill this process when read.
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        yield file
    finally:
        os.close(file)
