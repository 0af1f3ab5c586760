"""Which errnos a call may end with: for each pair of descriptors, and each reason, a set.

The sets are what the manual pages name for the situation, narrowed to what Linux 6.18
has been seen to say (``tests/faults/test_errnos.py`` asks the kernel it runs on, and holds that
nothing else comes). They are held for a pair, not as a union over all pairs: ECONNRESET is right
when a TCP peer is gone, and wrong when the reader of a pipe is.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from heald.faults.case import Sink, Source
from heald.faults.contract import SERVED, STREAMS, Kind

Errnos: TypeAlias = frozenset[int]

_ALL_SOURCES = frozenset(Source)
_ALL_SINKS = frozenset(Sink)
_APPEND = frozenset({Sink.APPEND})


class _Row(NamedTuple):
    """A call refuses each pair of these with one of these errnos, and has moved nothing."""

    call: str
    sources: frozenset[Source]
    sinks: frozenset[Sink]
    errnos: Errnos
    why: str


def _set(*numbers: int) -> Errnos:
    return frozenset(numbers)


#: Later rows stand for what earlier ones have said of the same pair.
_REFUSED = (
    _Row("sendfile", frozenset({Source.PROC}), _ALL_SINKS, _set(errno.EINVAL),
         "sendfile(2): in_fd must support mmap-like operations"),
    _Row("sendfile", STREAMS, _ALL_SINKS,
         _set(errno.EINVAL, errno.ESPIPE), "sendfile(2): it cannot be a socket"),
    _Row("sendfile", _ALL_SOURCES, _APPEND, _set(errno.EINVAL),
         "sendfile(2): out_fd has the O_APPEND flag set"),
    _Row("splice", frozenset({Source.PROC}), _ALL_SINKS, _set(errno.EINVAL),
         "splice(2): target file system doesn't support splicing"),
    _Row("splice", _ALL_SOURCES, _APPEND, _set(errno.EINVAL),
         "splice(2): target file is opened in append mode"),
    _Row("copy_file_range", frozenset({Source.FILE}), frozenset({Sink.DISK, Sink.FULL, Sink.FUSE}),
         _set(errno.EXDEV), "copy_file_range(2): not on the same file system type"),
    _Row("copy_file_range", frozenset({Source.DISK}),
         frozenset({Sink.FILE, Sink.FULL, Sink.FUSE}), _set(errno.EXDEV), "the same"),
    _Row("copy_file_range", SERVED, frozenset({Sink.FILE, Sink.DISK, Sink.FULL}),
         _set(errno.EXDEV), "the same"),
    _Row("copy_file_range", frozenset({Source.PROC, Source.SEQ}), _ALL_SINKS,
         _set(errno.EXDEV, errno.EINVAL), "the same; files of /proc have no copy"),
    _Row("copy_file_range", _ALL_SOURCES,
         frozenset({Sink.PIPE, Sink.UNIX, Sink.TCP, Sink.NULL}), _set(errno.EINVAL),
         "copy_file_range(2): not a regular file"),
    _Row("copy_file_range", _ALL_SOURCES, _APPEND, _set(errno.EBADF),
         "copy_file_range(2): the O_APPEND flag is set"),
    _Row("copy_file_range", STREAMS, _ALL_SINKS, _set(errno.EINVAL),
         "copy_file_range(2): not a regular file, which is looked at first"),
)  # fmt: skip

#: Nobody reads any more: write(2), tcp(7), unix(7). A socket may say first that it was reset.
GONE: Mapping[Sink, Errnos] = {
    Sink.PIPE: _set(errno.EPIPE),
    Sink.UNIX: _set(errno.EPIPE, errno.ECONNRESET),
    Sink.TCP: _set(errno.EPIPE, errno.ECONNRESET),
}

#: The sink is at RLIMIT_FSIZE, or its file system is full: write(2).
LIMITED = _set(errno.EFBIG)
FULL = _set(errno.ENOSPC)


def refused(call: str) -> dict[Kind, Errnos]:
    """Return the pairs that a call refuses, each with the errnos it may use.

    Parameters
    ----------
    call
        ``sendfile``, ``splice`` or ``copy_file_range``; others refuse no pair.
    """
    return {
        (source, sink): row.errnos
        for row in _REFUSED
        if row.call == call
        for source in row.sources
        for sink in row.sinks
    }


def of_a_gone_peer(sink: Sink) -> Errnos:
    """Return what a stream sink says when its reader is gone; empty for others."""
    return GONE.get(sink, frozenset())
