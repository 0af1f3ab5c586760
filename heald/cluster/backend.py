"""How a leader reaches agents, whatever carries the lines: the protocol that backends have.

A backend starts agents, or finds them where a cluster's workers run, and gives a *link* to
each. Asks go out on a link and come back as a *handle*. An agent that is gone takes its link
with it: every handle of that then says `lost`. One that comes instead has a link of its own.
Whoever leads is one thread that looks at everything now and then; nothing here waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Answer = Mapping[str, Any]


class Handle(Protocol):
    """One ask on its way."""

    def poll(self) -> Answer | None:
        """Return the answer, once it has come.

        It is ``{"answer": "lost", "message": ...}`` of a lost agent; an answer that comes late
        may still replace that.
        """

    def progress(self) -> Mapping[str, Any]:
        """Return what it last said of its progress; empty if nothing."""

    @property
    def has_begun(self) -> bool:
        """Whether a part of a search listens to who asks for some of it."""

    def taken(self) -> Sequence[Mapping[str, Any]]:
        """Return what it has given away since the last time."""

    def hand_over(self) -> None:
        """Let a part of a search give some of it away."""

    def stop(self, *, now: bool) -> None:
        """End it early, or at once. Its answer then says how it ended."""


class Link(Protocol):
    """The way to one agent."""

    @property
    def name(self) -> str:
        """Where it is; an agent that replaces another one there has the same name."""

    @property
    def is_alive(self) -> bool:
        """Whether asks still reach it."""

    @property
    def is_pinned(self) -> bool:
        """Whether its processors are its own, so that slices may be pinned to them."""

    def submit(self, ask: str, **fields: Any) -> Handle:
        """Send an ask; to one who is gone, too: the handle says so."""


class Backend(Protocol):
    """Agents within reach."""

    @property
    def is_here(self) -> bool:
        """Whether agents share this machine, its files and its cache."""

    def links(self) -> Sequence[Link]:
        """Return the links that are alive."""

    def pump(self) -> None:
        """Hear what has come, notice who is gone; does not wait."""

    def close(self) -> None:
        """End all agents, and what they run."""
