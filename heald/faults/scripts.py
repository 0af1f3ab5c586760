"""The methods in which a script acts: in the shim, below it, in a file system, in the peer."""

from __future__ import annotations

import errno

from heald.faults.case import MOST_STEPS, Action, Case, Sink, Source, Step
from heald.faults.choose import Chooser
from heald.faults.contract import FILES, SERVED, Contract
from heald.faults.draw import (
    SMALL,
    STREAMED,
    WATCHED,
    draw_pair,
    draw_served,
    draw_step,
)

#: What a script can be drawn for without anybody who reads meanwhile.
SHOWING = frozenset({Sink.FILE, Sink.APPEND, Sink.PIPE, Sink.UNIX})


def fuse(choose: Chooser, contract: Contract) -> Case | None:
    """Serve the source or the sink by a file system that follows a script."""
    served = (
        draw_pair(choose, contract, (0, 60_000), sources=SERVED, sinks=WATCHED),
        draw_pair(choose, contract, (0, 60_000), sources=FILES, sinks={Sink.FUSE}),
    )
    found = [case for case in served if case is not None]
    if not found:
        return None
    case = choose.among(found)
    fatal = (errno.EIO,) if case.source in SERVED else (errno.EIO, errno.ENOSPC)
    steps = [draw_served(choose, fatal) for _ in range(choose.integer(1, MOST_STEPS))]
    given = {step.value for step in steps if step.action is Action.ERRNO}
    if given and case.source in SERVED and contract.maps:
        given.add(errno.EFAULT)  # what a mapping makes of a page that cannot be read
    return case.with_(
        steps=tuple(steps),
        outside=True,
        peer=case.sink.is_stream,
        natural=case.natural | given - {errno.EINTR},
    )


def flight(choose: Chooser, contract: Contract) -> Case | None:
    """Let a slow reader cut or extend the file that it is being sent."""
    case = draw_pair(choose, contract, (20_000, 80_000), sources=FILES, sinks=STREAMED)
    if case is None:
        return None
    cut = Step(Action.TRUNCATE, choose.integer(0, case.size))
    grow = Step(Action.APPEND, choose.integer(1, 20_000))
    return case.with_(
        steps=(choose.among((cut, grow)),),
        outside=True,
        event_at=choose.integer(1, 12_000),
        peer=True,
        send_buffer=1,
        receive_buffer=contract.least_receive_buffer,
        pipe_bytes=4096,
        nonblock_out=case.nonblock_out or choose.flag(),
        zeros=True,  # also of a read: the kernel does not keep a cut out while it copies
    )


def script(choose: Chooser, contract: Contract) -> Case | None:
    """Shorten calls, fail them, send signals: at the first calls that the shim sees."""
    return scripted(choose, contract, hooks=False)


def hooks(choose: Chooser, contract: Contract) -> Case | None:
    """Cut or grow the source between the calls that the shim sees."""
    return scripted(choose, contract, hooks=True)


def notify(choose: Chooser, contract: Contract) -> Case | None:
    """As the script, but below the C library, where system calls are direct."""
    case = scripted(choose, contract, hooks=False)
    return case and case.with_(notify=True)


def zero(choose: Chooser, contract: Contract) -> Case | None:
    """Let a call that writes take nothing and say 0: that is no end and no success."""
    case = scripted(choose, contract, hooks=False, sinks=SHOWING, least=1)
    if case is None:
        return None
    others = [Step(Action.PASS), Step(Action.CAP, choose.integer(1, 5000))]
    steps = [choose.among((Step(Action.ZERO), *others)) for _ in range(3)]
    return case.with_(steps=(*steps, Step(Action.ZERO)))


def scripted(
    choose: Chooser,
    contract: Contract,
    *,
    hooks: bool,
    sinks: frozenset[Sink] = SHOWING | {Sink.NULL},
    least: int = 0,
) -> Case | None:
    """Return a case that fits into every queue, with a script.

    Parameters
    ----------
    hooks
        Whether the script changes the source.
    least
        Bytes of the source.
    """
    if not contract.scripted:
        return None
    sources = {Source.FILE} if hooks else {Source.FILE, Source.PIPE, Source.UNIX}
    if not contract.sinks & {Sink.FILE, Sink.PIPE}:
        sinks |= {Sink.TCP}
    case = draw_pair(choose, contract, (least, SMALL), sources=sources, sinks=sinks)
    if case is None:
        return None
    steps = choose.integer(1, 3 if hooks else MOST_STEPS)
    script = [draw_step(choose, case, contract, hooks=hooks) for _ in range(steps)]
    return case.with_(steps=tuple(script), peer=case.sink is Sink.TCP)
