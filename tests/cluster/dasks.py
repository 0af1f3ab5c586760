"""Schedulers and workers of Dask as processes that can be killed one by one.

Why forked  Importing Dask takes half a second of processor time, and a test needs three of them:
            one process imports it once, and each of them is a child of that one.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import pytest

_FORKING = """
import json, os, signal, sys
from distributed.cli import dask_scheduler, dask_worker
def reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
signal.signal(signal.SIGCHLD, reap)
mains = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}
for line in sys.stdin:
    which, words, folder, environment = json.loads(line)
    child = os.fork()
    if child:
        print(child, flush=True)
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    log = os.open(which + ".log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    mains[which](words)
"""


@cache
def _forking() -> subprocess.Popen[str]:
    """Return the process that has imported it; it ends when its pipe is closed."""
    words = [sys.executable, "-c", _FORKING]
    pipe = subprocess.PIPE
    process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
    atexit.register(process.communicate)  # its processor time is of the tests
    return process


@dataclass
class DaskProcess:
    """A scheduler or a worker."""

    pid: int

    def kill(self) -> None:
        """Kill it, if it is there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Return when it is gone."""
        while os.path.exists(f"/proc/{self.pid}"):
            time.sleep(0.005)


class Dask:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, files: Sequence[str] = ()) -> None:
        scheme = "tls" if files else "tcp"
        self.port = _free_port()
        self.address = f"{scheme}://127.0.0.1:{self.port}"
        names = ("--tls-ca-file", "--tls-cert", "--tls-key")
        self.files = [word for pair in zip(names, files, strict=False) for word in pair]
        self.processes: list[DaskProcess] = []
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker() for _ in range(2)]

    def start_scheduler(self) -> DaskProcess:
        place = ["--host", self.address.partition("//")[0] + "//127.0.0.1"]
        return self._start("scheduler", *place, "--port", str(self.port))

    def start_worker(self) -> DaskProcess:
        options = ["--nthreads", "1", "--no-nanny", "--local-directory", "dask-space"]
        return self._start("worker", self.address, *options)

    def _start(self, which: str, *words: str) -> DaskProcess:
        forking = _forking()
        assert forking.stdin is not None
        assert forking.stdout is not None
        whole = [*words, *self.files, "--no-dashboard"]
        line = json.dumps([which, whole, os.getcwd(), dict(os.environ)])
        forking.stdin.write(line + "\n")
        forking.stdin.flush()
        self.processes.append(DaskProcess(int(forking.stdout.readline())))
        return self.processes[-1]

    def close(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


@contextmanager
def dask(files: Sequence[str] = ()) -> Iterator[Dask]:
    pytest.importorskip("distributed", reason="pip install 'heald[cluster]'")
    cluster = Dask(files)
    try:
        yield cluster
    finally:
        cluster.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
