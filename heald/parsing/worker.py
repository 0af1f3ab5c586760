"""The worker process that loads a parser and runs cases: ``python -m heald.parsing.worker``.

Why a process of its own: a flawed parser may write anywhere. Everything that the parent
needs to judge a death is on its side; the worker only answers requests over one socket.

Requests and replies are single messages: ``C`` alignments data -> report transcript, and
``B`` seed first count -> passed report input.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

from heald.building.interfaces import interface
from heald.parsing.layout import INPUT_LIMIT, STACK_BYTES, TRANSCRIPT_LIMIT

#: Address space of an ordinary worker; sanitizers reserve terabytes and go without.
_MEMORY_BYTES = 4 << 30
_PR_SET_PDEATHSIG = 1


def main(library: str, descriptor: int, time_limit_ms: int, checked: bool) -> None:
    """Answer requests until the parent closes its end."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() == 1:  # it died before the line above
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_STACK, (STACK_BYTES, STACK_BYTES))
    if not checked:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    ffi = interface("parse")
    lib: Any = ffi.dlopen(library)
    error = lib.parse_open(time_limit_ms)
    if error:
        raise OSError(error, "parse_open")
    report: Any = ffi.new("struct parse_report *")
    transcript = ffi.new("unsigned char[]", TRANSCRIPT_LIMIT)
    data = ffi.new("unsigned char[]", INPUT_LIMIT)
    connection = Connection(descriptor)
    lib.parse_confine()
    connection.send_bytes(b"ready")
    while True:
        try:
            request = connection.recv_bytes()
        except EOFError:
            return
        if request[:1] == b"C":
            size = len(request) - 2
            ffi.memmove(data, request[2:], size)
            lib.parse_case(data, size, request[1], report, transcript, TRANSCRIPT_LIMIT)
            used = min(report.transcript_size, TRANSCRIPT_LIMIT)
            reply = bytes(ffi.buffer(report)) + bytes(ffi.buffer(transcript, used))
        else:
            seed, first, count = map(int, request[1:].split())
            passed = lib.parse_bulk(seed, first, count, report, data, INPUT_LIMIT)
            used = min(report.size, INPUT_LIMIT) if passed < count else 0
            reply = (
                passed.to_bytes(8, sys.byteorder)
                + bytes(ffi.buffer(report))
                + bytes(ffi.buffer(data, used))
            )
        connection.send_bytes(reply)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "checked")
