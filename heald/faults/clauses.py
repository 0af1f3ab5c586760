"""What a transfer can break, and how it is said.

The bits are those of ``enum fault_clause`` in ``csrc/include/heald/faults.h``; two more fates, a
hang and a crash, are seen by the parent only.
"""

from __future__ import annotations

import errno
from enum import IntFlag

from heald.faults.case import Case, Result


class Clause(IntFlag):
    """One promise of a transfer's contract; the value is its bit."""

    BYTES = 1 << 0
    MOVED = 1 << 1
    SHORT = 1 << 2
    ERRNO = 1 << 3
    OFFSET = 1 << 4
    SOURCE = 1 << 5
    SINK = 1 << 6
    LEAK = 1 << 7
    FLAGS = 1 << 8
    SPIN = 1 << 9
    SIGPIPE = 1 << 10
    TAIL = 1 << 11
    ALIAS = 1 << 12
    COPY = 1 << 13
    UNSEEN = 1 << 14
    ENGINE = 1 << 15
    HANG = 1 << 16
    CRASH = 1 << 17
    SIGNALS = 1 << 18
    STATUS = 1 << 19
    OPTIONS = 1 << 20
    AGAIN = 1 << 21
    MEMORY = 1 << 22
    TOGETHER = 1 << 23
    PROCESS = 1 << 24
    THREADS = 1 << 25


#: Stable words for findings and outcomes.
KINDS = {
    Clause.BYTES: "wrong bytes",
    Clause.MOVED: "wrong count",
    Clause.SHORT: "short transfer",
    Clause.ERRNO: "wrong error",
    Clause.OFFSET: "wrong offset",
    Clause.SOURCE: "wrong source position",
    Clause.SINK: "wrong sink position",
    Clause.LEAK: "descriptor leak",
    Clause.FLAGS: "changed O_NONBLOCK",
    Clause.SPIN: "spinning",
    Clause.SIGPIPE: "SIGPIPE",
    Clause.TAIL: "late last byte",
    Clause.ALIAS: "source not copied",
    Clause.COPY: "wrong second copy",
    Clause.UNSEEN: "script not used",
    Clause.ENGINE: "fixture failed",
    Clause.HANG: "hang",
    Clause.CRASH: "crash",
    Clause.SIGNALS: "changed signals",
    Clause.STATUS: "changed file flags",
    Clause.OPTIONS: "changed socket options",
    Clause.AGAIN: "tried again",
    Clause.MEMORY: "memory leak",
    Clause.TOGETHER: "wrong when together",
    Clause.PROCESS: "changed process",
    Clause.THREADS: "threads left behind",
}


def clauses_of(broken: int) -> list[Clause]:
    """Split the bits, lowest first."""
    return [clause for clause in Clause if broken & clause]


def _error(number: int) -> str:
    return errno.errorcode.get(number, str(number)) if number else "no error"


def explain(case: Case, result: Result) -> list[str]:
    """Say of each broken clause what was seen, with the numbers.

    Returns
    -------
    list of str
        Empty if nothing is broken.
    """
    start = 0 if case.source.is_stream else case.start
    outcome = "0" if result.result == 0 else f"{result.result} {_error(result.error)}"
    said = {
        Clause.BYTES: f"byte {result.wrong_at} of the transfer is not the source's byte "
        f"{start + result.wrong_at}",
        Clause.MOVED: f"moved says {result.moved}, {result.arrived} bytes arrived",
        Clause.SHORT: f"returned 0 (complete) after {result.moved} of {result.expected} bytes",
        Clause.ERRNO: f"returned {outcome}, which is no final answer here "
        f"after {result.moved} of {result.expected} bytes",
        Clause.OFFSET: f"offset is {result.offset}, start + moved is "
        f"{case.start + result.moved}",
        Clause.SOURCE: f"source stands at {result.source_after} after {result.moved} bytes "
        f"from {start}",
        Clause.SINK: f"sink stands at {result.sink_after}, "
        f"{case.sink_position} + {result.moved} expected",
        Clause.LEAK: f"{result.leaked} descriptors left open",
        Clause.FLAGS: "O_NONBLOCK of a descriptor is not what it was",
        Clause.SPIN: f"{result.spins} calls in a row met EAGAIN without waiting; "
        f"{result.cpu_us} us of processor time in {result.wall_us} us",
        Clause.SIGNALS: "the signal mask is not what it was, or SIGPIPE has another handler",
        Clause.STATUS: "file flags of a descriptor (O_APPEND, say) are not what they were",
        Clause.OPTIONS: "a time limit, TCP_CORK or TCP_NODELAY stays at a socket",
        Clause.AGAIN: "a call was tried again after an error that is final",
        Clause.MEMORY: "each call leaves memory behind, or one in many does",
        Clause.THREADS: "threads of its own stay when calls have returned, ever more of them",
        Clause.PROCESS: "the working folder, the mode mask, a timer, a limit or a handler of the "
        "process is not what it was",
        Clause.TOGETHER: "another transfer at the same time broke its promise: "
        + ", ".join(KINDS[each] for each in clauses_of(result.together)),
        Clause.SIGPIPE: "SIGPIPE was delivered: by default the process dies",
        Clause.TAIL: f"the last byte arrived {result.tail_us} us after the return",
        Clause.ALIAS: "the source was changed after the return, and the receiver sees it",
        Clause.COPY: "the second sink did not get the same bytes",
        Clause.UNSEEN: "no call was intercepted: is the subject linked with --wrap of the "
        "names it really calls (sendfile64)?",
        Clause.ENGINE: f"our fixture failed: {_error(result.error)}",
    }
    return [f"{KINDS[clause]}: {said[clause]}" for clause in clauses_of(result.broken)]
