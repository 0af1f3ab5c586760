"""The parts that all fault methods draw alike: the pair of descriptors and the window.

A window is (size, start, count). It is empty at times, lies past the end at times, asks for
more than there is at times, and likes the neighbourhood of pages.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from typing import TypeVar

from heald.faults.case import Action, Case, Sink, Source, Step
from heald.faults.choose import Chooser
from heald.faults.contract import FILES, STREAMS, Contract

K = TypeVar("K", Source, Sink)

#: Enough to overflow the default buffers of a socket and of a pipe many times.
LARGE = 300_000
#: What fits into every queue, so that no thread has to read meanwhile.
SMALL = 12_000

ANY = FILES | STREAMS
WATCHED = frozenset({Sink.FILE, Sink.DISK, Sink.PIPE, Sink.UNIX, Sink.TCP})
STREAMED = frozenset({Sink.PIPE, Sink.UNIX, Sink.TCP})

BORDERS = (0, 1, 2, 4095, 4096, 4097, 8191, 65535, 65536, 65537)


def one_of(choose: Chooser, kinds: Iterable[K]) -> K:
    """Choose one kind; the simplest is the one with the lowest number."""
    return choose.among(sorted(kinds))


def draw_size(choose: Chooser, most: int, least: int = 0) -> int:
    """Return a size of `least`..`most` bytes, one in three at the border of a page."""
    borders = [size for size in BORDERS if least <= size <= most]
    if borders and choose.integer(0, 2) == 2:
        return choose.among(borders)
    return choose.integer(least, most)


def draw_window(choose: Chooser, source: Source, most: int, least: int = 0) -> Case:
    """Return a case with its size, start and count set; streams start at 0."""
    size = draw_size(choose, most, least)
    how = 0 if source.is_stream else choose.among((0, 0, 0, 1, 1, 2))
    start = (0, choose.integer(0, size), size + choose.integer(0, 5000))[how]
    left = max(0, size - start)
    count = choose.among(
        (left, left, choose.integer(0, left), left + choose.integer(1, 100_000))
    )
    return Case(
        content=choose.integer(0, 1_000_000),
        size=size,
        start=start,
        count=count,
        source=source,
    )


def draw_pair(
    choose: Chooser,
    contract: Contract,
    window: tuple[int, int],
    *,
    sources: Iterable[Source],
    sinks: Iterable[Sink],
) -> Case | None:
    """Return a case for a pair within the contract, None if there is no such pair.

    Parameters
    ----------
    window
        Least and most bytes of the source.
    sources, sinks
        What the method can use; the contract narrows it further.
    """
    sources = contract.sources & frozenset(sources)
    sinks = contract.sinks & frozenset(sinks)
    if not sources or not sinks:
        return None
    source, sink = one_of(choose, sources), one_of(choose, sinks)
    case = draw_window(choose, source, window[1], window[0])
    if contract.whole:
        case = case.with_(start=0, count=case.size)
    position = choose.among((0, choose.integer(0, 10_000))) if sink.is_file else 0
    return case.with_(
        sink=sink,
        sink_position=position,
        shape=contract.shape,
        nonblock_out=contract.nonblocking and sink.is_stream,
        nonblock_in=contract.nonblocking and source.is_stream,
        offset=contract.offset and not source.is_stream and choose.flag(),
        shares=contract.shares,
        zeros=contract.zeros,
        recovered=contract.recovers,
        natural=contract.refusals(source, sink),
    )


def draw_served(choose: Chooser, fatal: Sequence[int]) -> Step:
    """Return one step of a file system's script; `fatal` are the errnos it ends with."""
    kind = choose.among(("cap", "interrupted", "pass", "fatal"))
    if kind == "cap":
        return Step(Action.CAP, choose.integer(1, 5000))
    if kind == "interrupted":
        return Step(Action.ERRNO, errno.EINTR)
    if kind == "fatal":
        return Step(Action.ERRNO, choose.among(fatal))
    return Step(Action.PASS)


def draw_step(choose: Chooser, case: Case, contract: Contract, *, hooks: bool) -> Step:
    """Return one step of a script; hooks change the source between calls."""
    kinds = ["cap", "interrupted", "again", "signal", "fatal", "pass"]
    if hooks and case.source.is_file:
        kinds = ["truncate", "append", "cap", "again"]
    if not contract.hears_again:
        kinds.remove("again")
    kind = choose.among(kinds)
    if kind == "cap":
        return Step(Action.CAP, choose.integer(1, 5000))
    if kind == "interrupted":
        return Step(Action.ERRNO, errno.EINTR)
    if kind == "again":
        return Step(Action.ERRNO, errno.EAGAIN)
    if kind == "signal":
        return Step(Action.SIGNAL, choose.integer(1, 5000))
    if kind == "truncate":
        return Step(Action.TRUNCATE, choose.integer(0, case.size))
    if kind == "append":
        return Step(Action.APPEND, choose.integer(1, 3000))
    if kind == "fatal":
        return Step(Action.ERRNO, choose.among(sorted(contract.fatal)))
    return Step(Action.PASS)
