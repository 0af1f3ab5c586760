"""Agents beside the workers of a Dask cluster: ``--cluster tls://HOST:8786``.

Why       Who has a cluster has a scheduler that knows its machines, starts workers by SSH,
          Slurm or Kubernetes, and carries messages under TLS. What runs is our agent, one
          beside each worker: Dask only carries its lines.
How       The client of Dask has threads, and a leader forks; so the client lives in a process
          of its own, the bridge (heald/cluster/dask_bridge.py), spoken to by lines, too.
Security  Whoever reaches a scheduler of Dask runs code on every worker. So off loopback only
          TLS with a client certificate is taken, unless somebody insists.
"""

from __future__ import annotations

import ipaddress
import os
import select
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from heald.cluster.lines import Line
from heald.cluster.pipes import PipeHandle, take_answer
from heald.cluster.stream import Stream
from heald.verdicts import UsageError

_PATIENCE_S = 15.0


@dataclass(frozen=True)
class Certificates:
    """Files for TLS, and whether to do without."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    insecure: bool = False


def checked_address(address: str, certificates: Certificates) -> str:
    """Return the address of a scheduler if it may be used like that.

    Raises
    ------
    UsageError
        If it is no address, is reached in the clear, or without a certificate.
    """
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or port is None:
        raise UsageError(
            f"a scheduler is tls://HOST:PORT or tcp://HOST:PORT; got {address!r}"
        )
    if parts.scheme == "tls":
        given = (certificates.ca, certificates.certificate, certificates.key)
        if not all(given):
            raise UsageError(
                "a scheduler behind TLS needs --cluster-ca, --cluster-cert and --cluster-key"
            )
        for path in given:
            if path is not None and not path.is_file():
                raise UsageError(f"there is no file {path}")
    elif not _is_loopback(parts.hostname) and not certificates.insecure:
        raise UsageError(
            f"{address} is reached in the clear: whoever reads or writes there can run programs "
            "on every worker. Use tls:// with certificates, or insist with --cluster-insecure"
        )
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class DaskLink:
    """The way to the agent beside one worker."""

    is_pinned = True  # the agent has its machine to itself, as far as the worker has

    def __init__(self, backend: DaskBackend, number: int, name: str) -> None:
        self.name = name
        self.is_alive = True
        self.ending = ""
        self._backend = backend
        self._worker = number
        self._number = 0
        self.handles: dict[int, PipeHandle] = {}

    def submit(self, ask: str, **fields: Any) -> PipeHandle:
        """Send an ask."""
        self._number += 1
        handle = PipeHandle(self, self._number)
        if self.is_alive:
            self.handles[self._number] = handle
            line = {"ask": ask, "id": self._number, **fields}
            self._backend.stream.send({"to": self._worker, "line": line})
        return handle

    def lose(self, why: str) -> None:
        """Take it for lost; an answer that comes all the same is kept for its handle."""
        self.is_alive = False
        self.ending = f"the agent on {self.name} is lost: {why}"


class DaskBackend:
    """Agents beside all workers of a scheduler, those that come later, too.

    Parameters
    ----------
    address
        Of the scheduler.
    """

    is_here = False

    def __init__(self, address: str, certificates: Certificates) -> None:
        checked_address(address, certificates)
        if find_spec("distributed") is None:
            raise UsageError("a Dask cluster needs: pip install 'heald[cluster]'")
        files = (certificates.ca, certificates.certificate, certificates.key)
        words = [str(path.absolute()) for path in files if path is not None]
        module = "heald.cluster.dask_bridge"
        bridge = [sys.executable, "-m", module, str(os.getpid()), address, *words]
        self.stream = Stream(bridge)
        self.address = address
        self.trouble = ""
        self._began = time.monotonic()
        self._links: dict[int, DaskLink] = {}

    def links(self) -> Sequence[DaskLink]:
        """Return the links that are alive."""
        return [link for link in self._links.values() if link.is_alive]

    def pump(self) -> None:
        """Hear what has come.

        Raises
        ------
        UsageError
            If the bridge has died, or has never come to the scheduler. One that was there is
            waited for.
        """
        self.stream.flush()
        while not self.stream.ending and select.select([self.stream], [], [], 0)[0]:
            for line in self.stream.hear():
                self._take(line)
        never = self.trouble and not self._links
        waited = time.monotonic() - self._began > _PATIENCE_S
        if self.stream.ending or (never and waited):
            for link in self.links():
                link.lose("the way to the scheduler is lost")
            why = self.trouble or self.stream.ending
            raise UsageError(f"no way to {self.address}: {why}")

    def _take(self, line: Line) -> None:
        match line:
            case {"came": int(number), "name": str(name)}:
                self._links[number] = DaskLink(self, number, name)
            case {"gone": int(number), "why": str(why)} if number in self._links:
                self._links[number].lose(why)
            case {"from": int(number), "line": dict(answer)} if number in self._links:
                take_answer(self._links[number].handles, answer)
            case {"trouble": str(why)}:
                self.trouble = why

    def close(self) -> None:
        """End all agents."""
        if not self.stream.ending:
            self.stream.close_politely(5.0)
        self.stream.end("it was not needed any more")
        if not self.stream.is_closed:
            self.stream.close()
