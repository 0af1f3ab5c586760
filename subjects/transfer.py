"""Transfers: every method, its sound variants, and the flawed ones with what catches them.

The C files in ``csrc/subjects/transfer`` are what a server's author would write. A flawed
variant takes one line of care away by a macro; ``caught_by`` names the fault methods that
must catch it, and the tests hold every entry.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

from heald.faults import Contract, Sink, Source, TransferSubject, TransferTarget
from heald.faults.availability import URING_SEND_ZC, URING_SPLICE, io_uring
from heald.faults.case import Shape
from heald.faults.contract import FILES, PLAIN_SINKS, SERVED, STREAMS
from heald.faults.errnos import refused

FOLDER = Path(__file__).resolve().parent.parent / "csrc" / "subjects" / "transfer"


#: What this kernel's io_uring does not do, and why not; `heald faults` says it, too.
MISSING = {
    name: reason
    for name, operation in (("uring", URING_SPLICE), ("send_zc", URING_SEND_ZC))
    if (reason := io_uring(operation)) is not None
}

#: What each call refuses, pair by pair.
_SENDFILE_REFUSES = refused("sendfile")
_SPLICE_REFUSES = refused("splice")
_COPY_RANGE_REFUSES = refused("copy_file_range")
#: What is read through the page cache, and what only read(2) can see.
_CACHED = FILES | STREAMS | {Source.FUSE}
_READ = FILES | STREAMS | SERVED
_ANY_SINK = PLAIN_SINKS | {Sink.APPEND}
_STREAM_SINKS = frozenset({Sink.PIPE, Sink.UNIX, Sink.TCP})
_FILE_SINKS = frozenset({Sink.FILE, Sink.DISK, Sink.FULL})
_REFUSALS = (errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.EOPNOTSUPP)
_FATAL = (errno.EIO, errno.ENOSPC, errno.EPIPE)

CONTRACTS: dict[str, Contract] = {
    "sendfile": Contract(refuses=_SENDFILE_REFUSES),
    "splice": Contract(sources=_CACHED, refuses=_SPLICE_REFUSES),
    "read_write": Contract(
        sources=_READ | {Source.PROC, Source.SEQ},
        sinks=_ANY_SINK,
        shares=False,
        zeros=False,
    ),
    "copy_range": Contract(
        sources=FILES,
        sinks=_FILE_SINKS,
        refuses=_COPY_RANGE_REFUSES,
        shares=False,
        again=False,
    ),
    "mmap_write": Contract(sinks=_ANY_SINK, shares=False, maps=True),
    "sparse": Contract(
        sources=FILES,
        sinks=frozenset({Sink.FILE, Sink.DISK}),
        offset=False,
        shares=False,
        again=False,
    ),
    "best": Contract(
        sources=_READ | {Source.PROC, Source.SEQ},
        sinks=_ANY_SINK,
        recovers=frozenset(_REFUSALS),
        fatal=(*_FATAL, *_REFUSALS),
    ),
    "vmsplice": Contract(
        sources=_READ, sinks=frozenset({Sink.PIPE}), shares=False, zeros=False
    ),
    "tee": Contract(
        sources=frozenset({Source.PIPE}),
        sinks=PLAIN_SINKS,
        offset=False,
        shape=Shape.FAN_OUT,
    ),
    "zerocopy": Contract(
        sources=_READ,
        sinks=frozenset({Sink.UNIX, Sink.TCP}),
        shares=False,
        zeros=False,
        least_receive_buffer=16384,
        recovers=frozenset({errno.ENOBUFS}),
        fatal=(*_FATAL, errno.ENOBUFS),
    ),
    "event": Contract(sinks=_STREAM_SINKS, nonblocking=True, again=False),
    "uring": Contract(sources=_CACHED, refuses=_SPLICE_REFUSES, scripted=False),
    "send_zc": Contract(
        sources=_READ,
        sinks=frozenset({Sink.UNIX, Sink.TCP}),
        shares=False,
        zeros=False,
        least_receive_buffer=16384,
        scripted=False,
    ),
}
CONTRACTS = {name: found for name, found in CONTRACTS.items() if name not in MISSING}


@dataclass(frozen=True)
class Flaw:
    """A flawed variant: which macros make it, and which methods must catch it."""

    defines: dict[str, str]
    caught_by: frozenset[str]


def _flaw(caught_by: str, **defines: str) -> Flaw:
    return Flaw(defines, frozenset(caught_by.split()))


FLAWS: dict[str, dict[str, Flaw]] = {
    "sendfile": {
        "textbook": _flaw("plain buffers script notify full", SENDFILE_LOOPS="0"),
        "short is end": _flaw("buffers script notify full", SENDFILE_SHORT_GOES_ON="0"),
        "EINTR fatal": _flaw("storm script", SENDFILE_RETRIES_EINTR="0"),
        "EINTR counted": _flaw("script", SENDFILE_EINTR_MOVES="-1"),
        "EAGAIN is end": _flaw("buffers slow script", SENDFILE_EAGAIN_ENDS="1"),
        "EAGAIN skips": _flaw("buffers slow script", SENDFILE_EAGAIN_SKIPS="1"),
        "spins": _flaw("stall script", SENDFILE_WAITS="0"),
        "advances twice": _flaw("buffers script", SENDFILE_ADVANCES_AGAIN="1"),
        "restarts": _flaw("buffers script", SENDFILE_RESTARTS="1"),
        "asks for ever": _flaw("plain hooks flight", SENDFILE_ZERO_ENDS="0"),
        "zero is all": _flaw("plain hooks flight", SENDFILE_ZERO_IS_ALL="1"),
        "trusts st_size": _flaw("hooks", SENDFILE_TRUSTS_SIZE="1"),
        "cap is all": _flaw("huge", SENDFILE_KNOWS_CAP="0"),
        "one errno for all": _flaw("vanish", SENDFILE_GONE_IS="ECONNRESET"),
        "32-bit count": _flaw("huge", SENDFILE_COUNT="uint32_t"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
        "keeps SIGPIPE blocked": _flaw("plain script", QUIET_PIPE_RESTORES="0"),
        "keeps corked": _flaw("plain buffers", SENDFILE_CORKS="1"),
        "tries EIO again": _flaw("script", SENDFILE_TRIES_AGAIN="1"),
        "adds count": _flaw("counts", SENDFILE_ADDS_COUNT="1"),
    },
    "splice": {
        "textbook": _flaw("buffers slow script notify", SPLICE_DRAINS="0"),
        "drops residue": _flaw("buffers slow script", SPLICE_SHORT_IS_ALL="1"),
        "EINTR fatal": _flaw("storm script", SPLICE_RETRIES_EINTR="0"),
        "EAGAIN is end": _flaw("buffers slow script", SPLICE_EAGAIN_ENDS="1"),
        "spins": _flaw("stall script", SPLICE_WAITS="0"),
        "keeps residue": _flaw("limit script full", SPLICE_GIVES_BACK="0"),
        "MORE on last": _flaw("tail", SPLICE_MORE="1"),
        "leaks on error": _flaw("vanish limit script", SPLICE_CLOSES_ON_ERROR="0"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
        "resets SIGPIPE": _flaw("plain script", QUIET_PIPE_RESETS="1"),
        "tries EIO again": _flaw("script", SPLICE_TRIES_AGAIN="1"),
        "silence is end": _flaw("silent", SPLICE_SILENCE_ENDS="1"),
    },
    "read_write": {
        "short is all": _flaw("script limit", READ_WRITE_SHORT_GOES_ON="0"),
        "EINTR fatal": _flaw("storm script", READ_WRITE_RETRIES_EINTR="0"),
        "writes again": _flaw("buffers script", READ_WRITE_REWRITES="1"),
        "keeps residue": _flaw("limit script fuse", READ_WRITE_GIVES_BACK="0"),
        "EIO for all": _flaw("limit full vanish script", READ_WRITE_ERROR_IS="EIO"),
        "asks too much": _flaw("sanitized", READ_WRITE_ASKS_TOO_MUCH="1"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
        "tries EIO again": _flaw("script", READ_WRITE_TRIES_AGAIN="1"),
        "silence is end": _flaw("silent", READ_WRITE_SILENCE_ENDS="1"),
        "clears O_APPEND": _flaw("plain script", READ_WRITE_CLEARS_APPEND="1"),
        "keeps time limit": _flaw("plain script", READ_WRITE_LIMITS_TIME="1"),
        "adds count": _flaw("counts", READ_WRITE_ADDS_COUNT="1"),
        "seeks": _flaw("together", READ_WRITE_SEEKS="1"),
        "one buffer": _flaw("together", READ_WRITE_BUFFER_IS="static"),
        "keeps bytes": _flaw("after", READ_WRITE_KEEPS_BYTES="1"),
        "zero is all": _flaw("zero", READ_WRITE_ZERO_ENDS="1"),
    },
    "copy_range": {
        "textbook": _flaw("script", COPY_RANGE_LOOPS="0"),
        "EINTR fatal": _flaw("script notify", COPY_RANGE_RETRIES_EINTR="0"),
        "asks for ever": _flaw("plain hooks", COPY_RANGE_ZERO_ENDS="0"),
        "forgets error": _flaw("limit script", COPY_RANGE_FORGETS_ERROR="1"),
        "tries EIO again": _flaw("script", COPY_RANGE_TRIES_AGAIN="1"),
        "adds count": _flaw("counts", COPY_RANGE_ADDS_COUNT="1"),
    },
    "mmap_write": {
        "unaligned": _flaw("plain script", MMAP_WRITE_ALIGNS="0"),
        "trusts st_size": _flaw("hooks", MMAP_WRITE_ASKS_SIZE_AGAIN="0"),
        "asks again": _flaw("script", MMAP_WRITE_KEEPS_ERROR="0"),
        "looks past the end": _flaw("hooks flight", MMAP_WRITE_LOOKS="1"),
        "short is all": _flaw("script limit", MMAP_WRITE_SHORT_GOES_ON="0"),
        "EINTR fatal": _flaw("storm script", MMAP_WRITE_RETRIES_EINTR="0"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
        "keeps mapped": _flaw("memory", MMAP_WRITE_UNMAPS="0"),
    },
    "sparse": {
        "ends too early": _flaw("holes", SPARSE_EXTENDS="0"),
        "keeps old bytes": _flaw("holes", SPARSE_WIPES="0"),
        "hole is end": _flaw("holes", SPARSE_GOES_ON="0"),
        "no data is end": _flaw("holes", SPARSE_SEES_LAST="0"),
        "loses its place": _flaw("holes", SPARSE_RETURNS="0"),
    },
    "best": {
        "no fallback": _flaw("odd script", BEST_FALLS_BACK="0"),
        "repeats": _flaw("script", BEST_GOES_ON="0"),
        "drops residue": _flaw("plain script", BEST_SAVES_RESIDUE="0"),
        "trusts st_size": _flaw("odd fuse", BEST_TRUSTS_SIZE="1"),
        "zero is the end": _flaw("fuse", BEST_ASKS_READ="0"),
        "EBADF unknown": _flaw("odd", BEST_KNOWS_APPEND="0"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
    },
    "vmsplice": {
        "one buffer": _flaw("slow", VMSPLICE_FRESH_PAGES="0"),
        "short is all": _flaw("script", VMSPLICE_SHORT_GOES_ON="0"),
        "EINTR fatal": _flaw("storm script", VMSPLICE_RETRIES_EINTR="0"),
        "keeps residue": _flaw("script", VMSPLICE_GIVES_BACK="0"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
    },
    "tee": {
        "forwards once": _flaw("slow script", TEE_FORWARDS_ALL="0"),
        "forwards what is there": _flaw("script", TEE_FORWARDS_EXACTLY="0"),
        "EINTR fatal": _flaw("storm script", TEE_RETRIES_EINTR="0"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
    },
    "zerocopy": {
        "reuses at once": _flaw("queue", ZEROCOPY_WAITS="0"),
        "one by one": _flaw("buffers", ZEROCOPY_READS_RANGES="0"),
        "spins": _flaw("stall", ZEROCOPY_READS_FIRST="0"),
        "ENOBUFS fatal": _flaw("script", ZEROCOPY_KNOWS_ENOBUFS="0"),
        "short is all": _flaw("script", ZEROCOPY_SHORT_GOES_ON="0"),
        "one piece awaited": _flaw("combined", ZEROCOPY_AWAITS_PIECES="0"),
    },
    "event": {
        "short waits": _flaw("script", EVENT_SHORT_GOES_ON="0"),
        "EINTR fatal": _flaw("script", EVENT_RETRIES_EINTR="0"),
        "leaks on error": _flaw("vanish script", EVENT_CLOSES_ON_ERROR="0"),
        "zero is later": _flaw("plain", EVENT_ZERO_ENDS="0"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
    },
    "uring": {
        "drains once": _flaw("buffers", URING_DRAINS="0"),
        "ignores errors": _flaw("vanish", URING_CHECKS_RESULT="0"),
        "keeps residue": _flaw("limit", URING_GIVES_BACK="0"),
        "leaks on error": _flaw("vanish limit", URING_CLOSES_ON_ERROR="0"),
    },
    "send_zc": {
        "reuses at once": _flaw("queue", SEND_ZC_WAITS="0"),
        "one completion each": _flaw("plain buffers", SEND_ZC_KNOWS_NOTES="0"),
        "short is all": _flaw("buffers", SEND_ZC_SHORT_GOES_ON="0"),
        "ignores errors": _flaw("vanish", SEND_ZC_CHECKS_RESULT="0"),
        "keeps residue": _flaw("vanish", SEND_ZC_GIVES_BACK="0"),
        "leaks on error": _flaw("vanish", SEND_ZC_CLOSES_ON_ERROR="0"),
    },
}
FLAWS = {name: flaws for name, flaws in FLAWS.items() if name in CONTRACTS}


def sound(name: str) -> TransferSubject:
    """Return the variant without a flaw."""
    return TransferSubject(
        name,
        FOLDER / f"{name}_all.c",
        f"{name}_all",
        contract=CONTRACTS[name],
        variant="sound",
        expected="sound",
    )


def flawed(name: str, variant: str) -> TransferSubject:
    """Return one flawed variant."""
    return TransferSubject(
        name,
        FOLDER / f"{name}_all.c",
        f"{name}_all",
        contract=CONTRACTS[name],
        variant=variant,
        defines=FLAWS[name][variant].defines,
        expected="flawed",
    )


SOUND = [sound(name) for name in CONTRACTS]
FLAWED = [flawed(name, variant) for name in FLAWS for variant in FLAWS[name]]
TARGETS = [TransferTarget(subject) for subject in SOUND] + [
    TransferTarget(subject, FLAWS[subject.name][subject.variant].caught_by)
    for subject in FLAWED
]
