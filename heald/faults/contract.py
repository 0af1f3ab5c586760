"""What a transfer promises, as data: generators draw nothing that it does not speak of.

The words of the contract stand on the first screen of the C file; this is the part of them
that the oracle needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from heald.faults.case import Action, Case, Result, Shape, Sink, Source
from heald.faults.clauses import Clause

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
    always_offset
        Whether it must be given one, and never moves the position of the source.
    nonblocking
        Whether it must be given non-blocking streams.
    shares
        Whether a stream may refer to the source's pages after the return. Where it may not,
        a change of the source that the receiver sees is a broken promise.
    zeros
        Whether bytes of a file that is cut during the call may arrive as zeros.
    again
        Whether EAGAIN may be injected: not where a wait for an event follows that only a real
        EAGAIN brings. Reads of a file never say it, and it is not injected there.
    maps
        Whether the source is mapped: a page that cannot be read is EFAULT, not EIO.
    together
        Whether another transfer may be made at the same time: with an offset variable also
        from the same descriptor.
    scripted
        Whether its calls can be intercepted: not those of io_uring.
    blocking
        Whether it is for blocking descriptors only, and need not look for EAGAIN.
    quiet_process
        Whether it relies on a process that ignores SIGPIPE, as servers do.
    exact_after_error
        Whether counts, offsets and positions are known after an error, too. Where they are
        not, only what arrived is held against the source.
    early_end_fails
        Whether a source that ends before `count`, or is cut meanwhile, is an error (of
        whichever errno).
    whole
        Whether it is only asked for all that there is from the start on.
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
    always_offset: bool = False
    nonblocking: bool = False
    shares: bool = True
    zeros: bool = True
    again: bool = True
    maps: bool = False
    together: bool = True
    scripted: bool = True
    least_receive_buffer: int = 1
    blocking: bool = False
    quiet_process: bool = False
    exact_after_error: bool = True
    early_end_fails: bool = False
    whole: bool = False
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

    def excused(self, case: Case, result: Result) -> Result:
        """Return the result without the broken clauses that this contract does not promise."""
        failed, excused = result.result != 0, Clause(0)
        if self.quiet_process:
            excused |= Clause.SIGPIPE
        if failed and not self.exact_after_error:
            excused |= Clause.MOVED | Clause.OFFSET | Clause.SOURCE | Clause.SINK
        ended = result.moved == result.expected < case.wanted
        cut = any(step.action is Action.TRUNCATE for step in case.steps)
        if failed and (ended or cut) and self.early_end_fails:
            excused |= Clause.ERRNO
        if not result.broken & excused:
            return result
        return replace(result, broken=int(Clause(result.broken) & ~excused))

    @property
    def hears_again(self) -> bool:
        """Whether EAGAIN may be injected."""
        return self.again and not self.blocking

    @property
    def is_plain(self) -> bool:
        """Whether it promises all that the oracle in C asks for."""
        odd = (
            self.quiet_process or self.early_end_fails or self.whole or self.always_offset
        )
        return self.exact_after_error and not odd

    def refusals(self, source: Source, sink: Sink) -> frozenset[int]:
        """Errnos that the kernel may give for this pair; empty where it must work."""
        refuses, none = self.refuses, frozenset[int]()
        alone = refuses.get(source, none) | refuses.get(sink, none)
        return refuses.get((source, sink), none) | alone
