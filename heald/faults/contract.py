"""What a transfer promises, as data: generators draw nothing that it does not speak of.

The words of the contract stand on the first screen of the C file; this is the part of them
that the oracle needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from heald.faults.case import Shape, Sink, Source

FILES = frozenset({Source.FILE, Source.DISK})
#: Files of a file system that fails (FUSE), and of one that says 0 for their size, too (LIAR).
SERVED = frozenset({Source.FUSE, Source.LIAR})
STREAMS = frozenset({Source.PIPE, Source.UNIX, Source.TCP})
PLAIN_SINKS = frozenset(
    {
        *(Sink.FILE, Sink.DISK, Sink.PIPE, Sink.UNIX, Sink.TCP, Sink.NULL),
        *(Sink.FULL, Sink.FUSE),
    }
)

Kind: TypeAlias = Source | Sink | tuple[Source, Sink]


@dataclass(frozen=True)
class Contract:
    """Which descriptors a transfer takes and what holds for them.

    Attributes
    ----------
    sources, sinks
        The pairs that must work.
    offset
        Whether it takes an offset variable.
    nonblocking
        Whether it must be given non-blocking streams.
    shares
        Whether a stream may refer to the source's pages after the return. Where it may not,
        a change of the source that the receiver sees is a broken promise.
    zeros
        Whether bytes of a file that is cut during the call may arrive as zeros.
    again
        Whether EAGAIN may be injected: not where a wait for an event follows that only a real
        EAGAIN brings, nor into code that is for blocking descriptors only and does not look
        for it. Reads of a file never say it, and it is not injected there.
    maps
        Whether the source is mapped: a page that cannot be read is EFAULT, not EIO.
    scripted
        Whether its calls can be intercepted: not those of io_uring.
    least_receive_buffer
        Smallest receive buffer of a peer. Where a sender waits for acknowledgements, a window
        of a few hundred bytes costs 200 ms a window.
    refuses
        Pairs, or sinks and sources whatever the other end is, for which the kernel refuses,
        with the errnos it may use. Held as sets: file systems and kernels differ.
        ``heald.faults.errnos.refused`` has those of single calls.
    recovers
        Errnos of a substitutable call that must be answered with another method.
    fatal
        Errnos worth injecting; each must come back unchanged, with all counts exact.
    """

    sources: frozenset[Source] = FILES | {Source.FUSE}
    sinks: frozenset[Sink] = PLAIN_SINKS
    offset: bool = True
    nonblocking: bool = False
    shares: bool = True
    zeros: bool = True
    again: bool = True
    maps: bool = False
    scripted: bool = True
    least_receive_buffer: int = 1
    shape: Shape = Shape.TRANSFER
    refuses: Mapping[Kind, frozenset[int]] = field(default_factory=dict)
    recovers: frozenset[int] = frozenset()
    fatal: tuple[int, ...] = (5, 28, 32)  # EIO, ENOSPC, EPIPE

    @property
    def reachable_sources(self) -> frozenset[Source]:
        """Sources that may be drawn, refused ones included."""
        pairs = [kind for kind in self.refuses if isinstance(kind, tuple)]
        alone = {kind for kind in self.refuses if isinstance(kind, Source)}
        return (
            self.sources
            | alone
            | {source for source, sink in pairs if sink in self.sinks}
        )

    @property
    def reachable_sinks(self) -> frozenset[Sink]:
        """Sinks that may be drawn, refused ones included."""
        pairs = [kind for kind in self.refuses if isinstance(kind, tuple)]
        alone = {kind for kind in self.refuses if isinstance(kind, Sink)}
        return (
            self.sinks
            | alone
            | {sink for source, sink in pairs if source in self.sources}
        )

    def refusals(self, source: Source, sink: Sink) -> frozenset[int]:
        """Errnos that the kernel may give for this pair; empty where it must work."""
        refuses, none = self.refuses, frozenset[int]()
        alone = refuses.get(source, none) | refuses.get(sink, none)
        return refuses.get((source, sink), none) | alone
