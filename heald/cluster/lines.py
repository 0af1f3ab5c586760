"""JSON lines over a pipe: the one form in which a leader and its agents speak.

Why       What travels must be readable by eye, by other programs and by another version, and
          must not run as code on arrival: no pickle.
Rules     One object a line. A line above `MOST_BYTES` or one that is no object ends the
          connection: whoever sends such a thing cannot be answered.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from heald.verdicts import UsageError

#: Of one line: a program of some megabytes fits, a mistake does not fill the memory.
MOST_BYTES = 64 << 20
_CHUNK = 1 << 18

Line = dict[str, Any]


class LineReader:
    """The objects that come out of a descriptor.

    Parameters
    ----------
    descriptor
        Readable; it stays the caller's to close.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._rest = bytearray()
        self._looked = 0

    def read(self) -> list[Line] | None:
        """Return what one read brings, which may be no whole line; ``None`` at the end.

        Raises
        ------
        UsageError
            If a line is no JSON object, or too long.
        """
        try:
            chunk = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return []
        if not chunk:
            return None
        self._rest += chunk
        return list(map(decoded, self._whole_lines()))

    def _whole_lines(self) -> list[bytes]:
        end = self._rest.rfind(b"\n", self._looked)
        if end < 0:
            self._looked = len(self._rest)
            if self._looked > MOST_BYTES:
                raise UsageError(f"a line is longer than {MOST_BYTES:,} bytes")
            return []
        lines = bytes(self._rest[:end]).split(b"\n")
        del self._rest[: end + 1]
        self._looked = 0
        return [line for line in lines if line.strip()]


def decoded(line: bytes) -> Line:
    """Return the object of a line; ``UsageError`` if it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"no JSON: {error}: {line[:80]!r}") from error
    if not isinstance(found, dict):
        raise UsageError(f"no JSON object: {line[:80]!r}")
    return found


def encoded(line: Mapping[str, Any]) -> bytes:
    """Return an object as a line."""
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def write_all(descriptor: int, content: bytes) -> None:
    """Write everything to a blocking descriptor."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
