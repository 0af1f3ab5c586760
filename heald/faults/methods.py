"""The ways in which a transfer is put under faults, each with what it is for.

A method draws cases within a subject's contract, says whether it needs the shim, and says why
it does not work on this machine if it does not. Which flawed variants each must catch is
data of the subjects; ``heald faults --matrix`` computes what they do catch.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass

from heald.building import sanitizer_runtime
from heald.faults import availability, company, errnos, scripts
from heald.faults.case import MOST_STEPS, Action, Case, Sink, Source, Step
from heald.faults.choose import Chooser
from heald.faults.contract import FILES, STREAMS, Contract
from heald.faults.draw import (
    ANY,
    LARGE,
    SMALL,
    STREAMED,
    WATCHED,
    draw_pair,
    draw_step,
    draw_window,
    one_of,
)

#: File systems keep holes in units of it.
PAGE = 4096
#: One call moves at most 0x7ffff000 bytes; 32 bits hold one byte less than this.
OVER_ONE_CALL = 1 << 32


@dataclass(frozen=True)
class Method:
    """One way to make faults.

    Attributes
    ----------
    draw
        Returns a case, or None where the contract leaves nothing for this method.
    wrapped
        Whether the subject is linked with the shim.
    checked
        Whether it runs under the address and undefined-behaviour sanitizers.
    cost_ms
        What a case costs, about: how many a budget buys.
    missing
        Says why it does not work here, None where it does.
    """

    name: str
    purpose: str
    draw: Callable[[Chooser, Contract], Case | None]
    wrapped: bool = False
    checked: bool = False
    cost_ms: float = 0.2
    missing: Callable[[], str | None] = lambda: None


def _plain(choose: Chooser, contract: Contract) -> Case | None:
    sinks = set(Sink) - {Sink.FULL, Sink.FUSE}
    case = draw_pair(choose, contract, (0, LARGE), sources=ANY, sinks=sinks)
    return case and case.with_(peer=True)


def _odd(choose: Chooser, contract: Contract) -> Case | None:
    """Pairs at the rim: O_APPEND, /proc, whatever the contract says is refused."""
    odd_sources = contract.reachable_sources & {Source.PROC, Source.SEQ}
    odd_sinks = contract.reachable_sinks & {Sink.APPEND}
    if not odd_sources and not odd_sinks:
        return None
    if odd_sources and (not odd_sinks or choose.flag()):
        source = one_of(choose, odd_sources)
        sink = one_of(choose, contract.sinks & {Sink.FILE, Sink.PIPE, Sink.UNIX})
        start = choose.among((0, 0, choose.integer(0, 40)))
        case = Case(source=source, start=start, count=choose.integer(0, 100_000))
    else:
        source = one_of(choose, contract.sources & FILES)
        sink = Sink.APPEND
        case = draw_window(choose, source, LARGE)
    return case.with_(
        sink=sink,
        sink_position=choose.integer(0, 10_000) if sink.is_file else 0,
        natural=contract.refusals(source, sink),
        recovered=contract.recovers,
        shares=contract.shares,
        offset=contract.offset and source is not Source.PROC and choose.flag(),
        peer=True,
    )


def _buffers(choose: Chooser, contract: Contract) -> Case | None:
    """Socket buffers of one packet, and a sink that is non-blocking."""
    case = draw_pair(
        choose, contract, (5000, LARGE), sources=ANY, sinks={Sink.TCP, Sink.UNIX}
    )
    if case is None:
        return None
    return case.with_(
        peer=True,
        send_buffer=1,
        receive_buffer=choose.among((0, contract.least_receive_buffer, 16384)),
        nonblock_out=case.nonblock_out or choose.among((True, True, False)),
        nonblock_in=case.nonblock_in or (case.source.is_stream and choose.flag()),
    )


def _slow(choose: Chooser, contract: Contract) -> Case | None:
    """Readers that begin late and take a few hundred bytes at a time."""
    case = draw_pair(choose, contract, (5000, 60_000), sources=ANY, sinks=STREAMED)
    if case is None:
        return None
    return case.with_(
        peer=True,
        send_buffer=1,
        receive_buffer=contract.least_receive_buffer,
        pipe_bytes=4096,
        nonblock_out=case.nonblock_out or choose.flag(),
        nonblock_in=case.nonblock_in or (case.source.is_stream and choose.flag()),
        stall_ms=choose.integer(0, 3),
        chunk=choose.integer(500, 5000),
        pause_us=choose.integer(0, 200),
    )


def _stall(choose: Chooser, contract: Contract) -> Case | None:
    """Sleep 40 ms before the first read: whoever does not wait burns the processor."""
    case = draw_pair(
        choose, contract, (60_000, 120_000), sources=FILES, sinks={Sink.TCP, Sink.UNIX}
    )
    if case is None:
        return None
    return case.with_(
        start=0,
        count=case.size,
        peer=True,
        send_buffer=1,
        receive_buffer=contract.least_receive_buffer,
        nonblock_out=True,
        stall_ms=40,
    )


def _queue(choose: Chooser, contract: Contract) -> Case | None:
    """Fill a deep send queue behind a small window: what is queued is looked at late."""
    case = draw_pair(choose, contract, (50_000, LARGE), sources=ANY, sinks={Sink.TCP})
    return case and case.with_(
        peer=True,
        receive_buffer=16384,
        stall_ms=choose.integer(1, 4),
        nonblock_out=case.nonblock_out or choose.flag(),
    )


def _combined(choose: Chooser, contract: Contract) -> Case | None:
    """Short counts, and the queue behind them full and looked at late."""
    case = _queue(choose, contract)
    if case is None or not contract.scripted:
        return None
    caps = [choose.integer(1, 12_000) for _ in range(choose.integer(2, MOST_STEPS))]
    return case.with_(steps=tuple(Step(Action.CAP, cap) for cap in caps))


def _silent(choose: Chooser, contract: Contract) -> Case | None:
    """Let a stream source say nothing for a while: it has not ended."""
    case = draw_pair(choose, contract, (1, SMALL), sources=STREAMS, sinks=WATCHED)
    return case and case.with_(
        peer=True, stall_ms=choose.integer(50, 90), nonblock_in=True
    )


def _holes(choose: Chooser, contract: Contract) -> Case | None:
    """Leave holes in the middle of a file and at its end: they are zeros."""
    case = draw_pair(choose, contract, (1, LARGE), sources=FILES, sinks=WATCHED)
    if case is None:
        return None
    gap = choose.integer(0, case.size - 1) // PAGE * PAGE
    length = choose.among((case.size, PAGE, choose.integer(1, case.size)))
    return case.with_(peer=True, gap=gap, gap_bytes=length)


def _counts(choose: Chooser, contract: Contract) -> Case | None:
    """Ask for as much as a count can say, or an offset, from somewhere in the source.

    Calls that get such a count may say that its end is no offset: that is an answer, too.
    """
    case = draw_pair(choose, contract, (0, LARGE), sources=ANY, sinks=WATCHED)
    if case is None or contract.whole:
        return None
    return case.with_(
        peer=True,
        count=choose.among((-1, (1 << 63) - 1)) - choose.among((0, 1, 4095, 65536)),
        natural=case.natural | {errno.EINVAL, errno.EOVERFLOW},
    )


def _vanish(choose: Chooser, contract: Contract) -> Case | None:
    """Peers that go away in the middle, with a close or a reset."""
    case = draw_pair(choose, contract, (20_000, LARGE), sources=ANY, sinks=STREAMED)
    if case is None:
        return None
    return case.with_(
        peer=True,
        send_buffer=1,
        receive_buffer=contract.least_receive_buffer,
        natural=case.natural | errnos.of_a_gone_peer(case.sink),
        nonblock_out=case.nonblock_out or choose.flag(),
        vanish_after=choose.integer(0, 10_000),
        reset=case.sink is Sink.TCP and choose.flag(),
    )


def _pipes(choose: Chooser, contract: Contract) -> Case | None:
    """Pipes of one slot at either end, filled at odd offsets."""
    into = draw_pair(choose, contract, (0, 100_000), sources=ANY, sinks={Sink.PIPE})
    out_of = draw_pair(
        choose, contract, (0, 100_000), sources={Source.PIPE}, sinks=WATCHED
    )
    found = [case for case in (into, out_of) if case is not None]
    if not found:
        return None
    case = choose.among(found)
    return case.with_(
        peer=True,
        pipe_bytes=choose.among((4096, 4096, 8192, 65536)),
        nonblock_out=case.nonblock_out or (case.sink.is_stream and choose.flag()),
        nonblock_in=case.nonblock_in or (case.source.is_stream and choose.flag()),
        chunk=choose.among((0, 0, choose.integer(100, 5000))),
    )


def _limit(choose: Chooser, contract: Contract) -> Case | None:
    """RLIMIT_FSIZE: the kernel moves exactly to the limit, then says EFBIG."""
    case = draw_pair(
        choose, contract, (1, LARGE), sources=ANY, sinks={Sink.FILE, Sink.DISK}
    )
    if case is None:
        return None
    return case.with_(
        peer=case.source.is_stream,
        limit=choose.integer(0, case.size),
        natural=case.natural | errnos.LIMITED,
    )


def _full(choose: Chooser, contract: Contract) -> Case | None:
    """Write to a file system of a few pages: exact short counts, then ENOSPC."""
    case = draw_pair(choose, contract, (100_000, LARGE), sources=FILES, sinks={Sink.FULL})
    return case and case.with_(sink_position=0, natural=case.natural | errnos.FULL)


def _storm(choose: Chooser, contract: Contract) -> Case | None:
    """Signals every few hundred microseconds, with and without SA_RESTART."""
    case = draw_pair(
        choose,
        contract,
        (20_000, 100_000),
        sources=ANY,
        sinks={Sink.TCP, Sink.UNIX, Sink.PIPE},
    )
    if case is None:
        return None
    return case.with_(
        peer=True,
        send_buffer=1,
        receive_buffer=contract.least_receive_buffer,
        pipe_bytes=4096,
        chunk=choose.integer(1000, 8000),
        pause_us=choose.integer(50, 300),
        storm_us=choose.integer(60, 300),
        restart=choose.flag(),
    )


def _sanitized(choose: Chooser, contract: Contract) -> Case | None:
    """Draw scripts over transfers that are larger than anybody's buffer."""
    case = _plain(choose, contract)
    if case is None or not contract.scripted:
        return None
    steps = choose.integer(1, 4)
    script = [draw_step(choose, case, contract, hooks=False) for _ in range(steps)]
    return case.with_(steps=tuple(script))


def _tail(choose: Chooser, contract: Contract) -> Case | None:
    """Time from the return to the last byte's arrival, with the socket left open."""
    case = draw_pair(choose, contract, (1, LARGE), sources=FILES, sinks={Sink.TCP})
    if case is None:
        return None
    return case.with_(peer=True, tail=True)


def _alias(choose: Chooser, contract: Contract) -> Case | None:
    """Change the source after the return, before anybody has read."""
    sinks = WATCHED - {Sink.TCP}
    case = draw_pair(choose, contract, (1, SMALL), sources={Source.FILE}, sinks=sinks)
    if case is None:
        return None
    cut = choose.flag()
    return case.with_(
        overwrite=not cut, cut=cut, shares=contract.shares and case.sink.is_stream
    )


def _huge(choose: Chooser, contract: Contract) -> Case | None:
    """Sparse files over 4 GiB, one call's limit, into /dev/null; offsets above it, checked."""
    far = choose.flag()
    sinks = {Sink.FILE, Sink.UNIX} if far else {Sink.NULL}
    if not contract.sinks & sinks or not contract.sources & FILES:
        return None
    hole = OVER_ONE_CALL + choose.integer(0, 5000)
    size = hole + choose.integer(0, 50_000)
    start = hole - choose.integer(0, 50_000) if far else choose.integer(0, 5000)
    return Case(
        source=Source.FILE,
        sink=one_of(choose, contract.sinks & sinks),
        hole=hole,
        size=size,
        start=start,
        count=size - start + choose.among((0, 0, 1000)),
        offset=contract.offset and choose.flag(),
        shares=contract.shares,
        peer=True,
    )


METHODS: tuple[Method, ...] = (
    Method("plain", "a quick peer, default buffers", _plain),
    Method("odd", "O_APPEND, /proc: pairs that the kernel may refuse", _odd),
    Method("buffers", "socket buffers of one packet, non-blocking", _buffers, cost_ms=1.0),
    Method("slow", "a slow reader, tiny buffers and pipes", _slow, cost_ms=10),
    Method("stall", "a peer that sleeps 40 ms first", _stall, cost_ms=25),
    Method("queue", "a deep queue behind a small window", _queue, cost_ms=6),
    Method("combined", "short counts behind a small window", _combined, wrapped=True,
           cost_ms=2.5),
    Method("silent", "a source that says nothing for a while", _silent, cost_ms=60),
    Method("counts", "counts of SIZE_MAX and SSIZE_MAX", _counts),
    Method("holes", "holes in the middle of a file and at its end", _holes),
    Method("together", "another transfer at the same time", company.together,
           wrapped=True, cost_ms=0.5),
    Method("after", "the call after one that failed", company.after, wrapped=True),
    Method("memory", "what each call leaves behind: memory, timers", company.memory, wrapped=True,
           cost_ms=1),
    Method("zero", "writes that take nothing and say 0", scripts.zero, wrapped=True),
    Method("vanish", "a peer that closes or resets in the middle", _vanish, cost_ms=0.5),
    Method("pipes", "pipes of one slot", _pipes, cost_ms=0.5),
    Method("limit", "RLIMIT_FSIZE at an exact byte", _limit, cost_ms=0.1),
    Method("full", "a full tmpfs", _full, cost_ms=0.5,
           missing=availability.small_file_system),
    Method("fuse", "a file system that fails, stops short, lies", scripts.fuse, cost_ms=1,
           missing=availability.fuse),
    Method("flight", "the source cut or grown by the peer", scripts.flight, cost_ms=5),
    Method("storm", "signals all the time", _storm, cost_ms=15),
    Method("script", "a scripted shim: caps, errnos, signals", scripts.script, wrapped=True),
    Method("hooks", "the source cut or grown between calls", scripts.hooks, wrapped=True),
    Method("notify", "seccomp: shorter calls below the C library", scripts.notify, cost_ms=1,
           missing=availability.user_notification),
    Method("sanitized", "scripts under ASan and UBSan", _sanitized, wrapped=True,
           checked=True, cost_ms=1, missing=sanitizer_runtime.missing),
    Method("tail", "the last byte's arrival", _tail, cost_ms=3),
    Method("alias", "the source changed after the return", _alias),
    Method("huge", "sparse files over 4 GiB", _huge, cost_ms=500),
)  # fmt: skip

BY_NAME = {method.name: method for method in METHODS}
