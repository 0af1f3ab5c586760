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
from heald.faults.contract import FILES, PLAIN_SINKS, STREAMS, Kind

FOLDER = Path(__file__).resolve().parent.parent / "csrc" / "subjects" / "transfer"

_APPEND_REFUSED: dict[Kind, frozenset[int]] = {Sink.APPEND: frozenset({errno.EINVAL})}
_ANY_SINK = PLAIN_SINKS | {Sink.APPEND}

CONTRACTS: dict[str, Contract] = {
    "sendfile": Contract(refuses=_APPEND_REFUSED),
    "splice": Contract(sources=FILES | STREAMS, refuses=_APPEND_REFUSED),
    "read_write": Contract(
        sources=FILES | STREAMS | {Source.PROC, Source.SEQ}, sinks=_ANY_SINK, shares=False
    ),
}


@dataclass(frozen=True)
class Flaw:
    """A flawed variant: which macros make it, and which methods must catch it."""

    defines: dict[str, str]
    caught_by: frozenset[str]


def _flaw(caught_by: str, **defines: str) -> Flaw:
    return Flaw(defines, frozenset(caught_by.split()))


FLAWS: dict[str, dict[str, Flaw]] = {
    "sendfile": {
        "textbook": _flaw("plain buffers script", SENDFILE_LOOPS="0"),
        "short is end": _flaw("buffers script", SENDFILE_SHORT_GOES_ON="0"),
        "EINTR fatal": _flaw("storm script", SENDFILE_RETRIES_EINTR="0"),
        "EINTR counted": _flaw("script", SENDFILE_EINTR_MOVES="-1"),
        "EAGAIN is end": _flaw("buffers slow script", SENDFILE_EAGAIN_ENDS="1"),
        "EAGAIN skips": _flaw("buffers slow script", SENDFILE_EAGAIN_SKIPS="1"),
        "spins": _flaw("stall script", SENDFILE_WAITS="0"),
        "advances twice": _flaw("buffers script", SENDFILE_ADVANCES_AGAIN="1"),
        "restarts": _flaw("buffers script", SENDFILE_RESTARTS="1"),
        "asks for ever": _flaw("plain hooks", SENDFILE_ZERO_ENDS="0"),
        "zero is all": _flaw("plain hooks", SENDFILE_ZERO_IS_ALL="1"),
        "trusts st_size": _flaw("hooks", SENDFILE_TRUSTS_SIZE="1"),
        "32-bit count": _flaw("huge", SENDFILE_COUNT="uint32_t"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
    },
    "splice": {
        "textbook": _flaw("buffers slow script", SPLICE_DRAINS="0"),
        "drops residue": _flaw("buffers slow script", SPLICE_SHORT_IS_ALL="1"),
        "EINTR fatal": _flaw("storm script", SPLICE_RETRIES_EINTR="0"),
        "EAGAIN is end": _flaw("buffers slow script", SPLICE_EAGAIN_ENDS="1"),
        "spins": _flaw("stall script", SPLICE_WAITS="0"),
        "keeps residue": _flaw("limit script", SPLICE_GIVES_BACK="0"),
        "MORE on last": _flaw("tail", SPLICE_MORE="1"),
        "leaks on error": _flaw("vanish limit script", SPLICE_CLOSES_ON_ERROR="0"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
    },
    "read_write": {
        "short is all": _flaw("script limit", READ_WRITE_SHORT_GOES_ON="0"),
        "EINTR fatal": _flaw("storm script", READ_WRITE_RETRIES_EINTR="0"),
        "writes again": _flaw("buffers script", READ_WRITE_REWRITES="1"),
        "keeps residue": _flaw("limit script", READ_WRITE_GIVES_BACK="0"),
        "SIGPIPE": _flaw("vanish", QUIET_PIPE="0"),
    },
}


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
