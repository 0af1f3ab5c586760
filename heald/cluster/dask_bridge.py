"""The process that has Dask's client: lines of a leader to agents beside workers, and back.

    python -m heald.cluster.dask_bridge PARENT ADDRESS [CA CERTIFICATE KEY]

In:  ``{"to": worker, "line": ask}``. Out: ``{"came": worker, "name": address}``,
``{"gone": worker, "why": text}``, ``{"from": worker, "line": answer}``, and
``{"trouble": text}`` while the scheduler cannot be reached; it is tried again. Workers are
numbered as they come, and never twice. The bridge ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import sys
import uuid
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from heald.cluster import dask_relay
from heald.cluster.lines import MOST_BYTES, encoded, write_all

_LOOK_EVERY_S = 0.5
_ALIVE_EVERY_S = dask_relay.SILENCE_S / 5
_PR_SET_PDEATHSIG = 1


def _say(line: Mapping[str, Any]) -> None:
    write_all(1, encoded(line))


class Worker:
    """One worker, from when it came until it went."""

    def __init__(self, client: Any, number: int, address: str, threads: int) -> None:
        self.number = number
        self.address = address
        self.host = urlsplit(address).hostname
        self.threads = threads
        self.first = 0
        self._client = client
        self._session = uuid.uuid4().hex
        self._asks: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Start its agent on as many processors of its host as it has threads."""
        await self._run(dask_relay.begin, self.first, self.threads)
        _say({"came": self.number, "name": self.address})
        self._tasks = [
            asyncio.create_task(self._tell()),
            asyncio.create_task(self._hear()),
        ]

    def ask(self, line: Mapping[str, Any]) -> None:
        """Send a line, in its turn."""
        self._asks.put_nowait(encoded(line).decode())

    async def _run(self, function: Any, *arguments: Any) -> Any:
        answers = await self._client.run(
            function, self._session, *arguments, workers=[self.address], nanny=False
        )
        return answers[self.address]

    async def _tell(self) -> None:
        while True:
            alive = json.dumps({"ask": "alive", "id": 0}) + "\n"
            lines = [alive]
            with contextlib.suppress(TimeoutError):
                lines = [await asyncio.wait_for(self._asks.get(), _ALIVE_EVERY_S)]
            while not self._asks.empty():
                lines.append(self._asks.get_nowait())
            await self._run(dask_relay.tell, "".join(lines))

    async def _hear(self) -> None:
        while (said := await self._run(dask_relay.hear)) is not None:
            for line in said.splitlines():
                answer = json.loads(line)
                if answer.get("id") != 0:
                    _say({"from": self.number, "line": answer})
        raise ConnectionError("its agent has ended")

    def trouble(self) -> str:
        """Return why it is of no use any more; empty while it is."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                return f"{task.exception() or 'it has ended'}"
        return ""

    async def end(self) -> None:
        """End its agent, if it is still there."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._run(dask_relay.end), 2.0)


class Bridge:
    """All workers of a scheduler."""

    def __init__(self, address: str, files: list[str]) -> None:
        self._address = address
        self._files = files
        self._workers: dict[str, Worker] = {}
        self._by_number: dict[int, Worker] = {}
        self._count = 0

    async def serve(self) -> None:
        """Carry lines until the leader has gone."""
        asks = asyncio.create_task(self._read_asks())
        while not asks.done():
            looking = asyncio.create_task(self._look())
            await asyncio.wait({asks, looking}, return_when=asyncio.FIRST_COMPLETED)
            if looking.done() and not asks.done():
                why = looking.exception()
                _say({"trouble": f"{type(why).__name__}: {why}"})
                for address in list(self._workers):
                    self._lose(address, "the scheduler cannot be reached")
                await asyncio.sleep(1.0)
                continue
            await asyncio.gather(*(worker.end() for worker in self._workers.values()))
            looking.cancel()

    async def _look(self) -> None:
        """Connect, and notice who comes and goes; raises when the scheduler is gone."""
        async with import_module("distributed").Client(
            self._address,
            asynchronous=True,
            security=self._security(),
            timeout=10,
            set_as_default=False,
        ) as client:
            while True:
                identity = await asyncio.wait_for(client.scheduler.identity(), 10.0)
                known = set(identity["workers"])
                for address in self._workers.keys() - known:
                    self._lose(address, "its worker is gone")
                for address in sorted(known - self._workers.keys()):
                    threads = int(identity["workers"][address]["nthreads"])
                    await self._welcome(client, address, threads)
                for address, worker in list(self._workers.items()):
                    why = worker.trouble()
                    if why:
                        self._lose(address, why)
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _welcome(self, client: Any, address: str, threads: int) -> None:
        self._count += 1
        worker = Worker(client, self._count, address, threads)
        # Workers of one host divide its processors, as their numbers of threads say.
        neighbours = [w for w in self._workers.values() if w.host == worker.host]
        taken = {n for w in neighbours for n in range(w.first, w.first + w.threads)}
        while any(n in taken for n in range(worker.first, worker.first + threads)):
            worker.first += 1
        # It may be gone already; the next look tells.
        with contextlib.suppress(Exception):
            await asyncio.wait_for(worker.begin(), 10.0)
            self._workers[address] = self._by_number[worker.number] = worker

    def _lose(self, address: str, why: str) -> None:
        worker = self._workers.pop(address)
        _say({"gone": worker.number, "why": why})
        self._ending = asyncio.create_task(worker.end())

    def _security(self) -> Any:
        if not self._files:
            return None
        ca, certificate, key = self._files
        return import_module("distributed").Security(
            tls_ca_file=ca,
            tls_client_cert=certificate,
            tls_client_key=key,
            require_encryption=True,
        )

    async def _read_asks(self) -> None:
        reader = asyncio.StreamReader(limit=MOST_BYTES)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb")
        )
        while text := await reader.readline():
            line = json.loads(text)
            worker = self._by_number.get(line["to"])
            if worker is not None:
                worker.ask(line["line"])


def main() -> None:
    """Be a bridge."""
    parent, address, *files = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the leader's to hear
    # What is wrong is said in lines ("trouble", "gone"); its log would stand among the results.
    os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "critical")
    asyncio.run(Bridge(address, files).serve())


if __name__ == "__main__":
    main()
