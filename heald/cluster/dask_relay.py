"""In a worker of Dask: an agent beside it, and its lines passed on.

What the bridge runs here are these functions, on the worker's event loop, so no thread of the
worker waits for a slice. Lines are texts; nothing of ours is pickled but the functions' names.
A worker that dies closes the agent's pipe, and the agent ends; one that nobody asks for lines
any more lets its agent hear nothing, and the agent ends by --silence.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass, field

from heald.cluster.lines import MOST_BYTES

#: An agent that hears nothing so long is without a leader.
SILENCE_S = float(os.environ.get("HEALD_SILENCE_S", "30"))
_WAIT_S = 1.0


@dataclass
class _Agent:
    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    has_ended: bool = False
    reader: asyncio.Task[None] | None = None


_agents: dict[str, _Agent] = {}


async def begin(session: str, first: int, count: int) -> None:
    """Start an agent on some of the processors, where there are as many."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "heald", "agent", "--silence", f"{SILENCE_S:g}s"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=MOST_BYTES,
    )
    own = sorted(os.sched_getaffinity(0))[first : first + count]
    if own:
        os.sched_setaffinity(process.pid, own)
    agent = _agents[session] = _Agent(process)
    agent.reader = asyncio.create_task(_read(agent))


async def _read(agent: _Agent) -> None:
    assert agent.process.stdout is not None
    with contextlib.suppress(ValueError):  # a line that is too long
        while line := await agent.process.stdout.readline():
            agent.lines.append(line.decode("utf-8", "replace"))
            agent.news.set()
    agent.has_ended = True
    agent.news.set()


async def tell(session: str, lines: str) -> bool:
    """Pass on what a leader says; whether somebody is there to hear it."""
    agent = _agents.get(session)
    if agent is None or agent.has_ended:
        return False
    assert agent.process.stdin is not None
    with contextlib.suppress(OSError):
        agent.process.stdin.write(lines.encode())
        await agent.process.stdin.drain()
    return True


async def hear(session: str) -> str | None:
    """Return what the agent has said since, waiting a moment for it; ``None``: it has ended."""
    agent = _agents.get(session)
    if agent is None:
        return None
    if not agent.lines and not agent.has_ended:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(agent.news.wait(), _WAIT_S)
    agent.news.clear()
    said, agent.lines = "".join(agent.lines), []
    if not said and agent.has_ended:
        await end(session)
        return None
    return said


async def end(session: str) -> None:
    """End the agent."""
    agent = _agents.pop(session, None)
    if agent is not None:
        with contextlib.suppress(ProcessLookupError):
            agent.process.kill()
        await agent.process.wait()
