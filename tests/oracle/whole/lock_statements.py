"""Statements that wait for others: locks, conditions, semaphores, barriers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.oracle.program import Store

    from .program import Block, PlainWrite


@dataclass(frozen=True)
class Locked:
    """``body`` with the mutex held."""

    mutex: str
    body: Block


@dataclass(frozen=True)
class TryLocked:
    """``body`` if the mutex could be had at once, or in a time that is over at any moment."""

    mutex: str
    body: Block
    timed: bool = False
    otherwise: Block = ()


@dataclass(frozen=True)
class RwLocked:
    """``body`` with the reader-writer lock held; with ``tries`` only if it could be had."""

    body: Block
    writes: bool = False
    tries: bool = False
    timed: bool = False


@dataclass(frozen=True)
class Wait:
    """``while (variable == value) pthread_cond_wait()``, or just one wait where none is named."""

    mutex: str
    variable: str = ""
    value: int = 0


@dataclass(frozen=True)
class TimedWait:
    """One wait with a time limit; the register gets 1 if it was over."""

    mutex: str
    register: str


@dataclass(frozen=True)
class Wake:
    """Signal the condition, or broadcast it."""

    everyone: bool = False


@dataclass(frozen=True)
class Post:
    """Post the semaphore."""


@dataclass(frozen=True)
class Acquire:
    """Wait for the semaphore; with ``tries`` only look; then the register gets 1 if it was had.

    ``spins`` is a loop of such looks.
    """

    register: str = ""
    tries: bool = False
    timed: bool = False
    spins: bool = False


@dataclass(frozen=True)
class Meet:
    """Wait at the barrier; the register gets 1 if this was the last of its round."""

    register: str = ""


@dataclass(frozen=True)
class Once:
    """``pthread_once`` with a routine that stores; whoever is first does it."""

    body: tuple[Store | PlainWrite, ...]


@dataclass(frozen=True)
class Unlock:
    """``register = pthread_mutex_unlock() != 0``, of the checking mutex that others hold."""

    register: str


@dataclass(frozen=True)
class Spinning:
    """``body`` with a lock held that is made of atomics, of one of ``drawn.SPINNINGS``."""

    kind: str
    body: Block
