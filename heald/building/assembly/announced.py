"""Which accesses hooks have announced, between one call of anything else and the next.

Two accesses of the same bytes without a call between them race with the same others, so
what has been announced once need not be announced again until then.
"""

from __future__ import annotations

import re

from heald.building.assembly.statements import RDI, RSI, Statement, Target
from heald.building.assembly.values import Value, Values

_HOOK = re.compile(
    r"__tsan_(?:unaligned_|volatile_)*(read_write|read|write|vptr_read|vptr_update)"
    r"(\d+|_range)?$"
)
_QUIET = re.compile(r"__tsan_(func_entry|func_exit|init|ignore_\w+|atomic_signal_fence)$")
_ATOMIC_LOAD = re.compile(r"__tsan_atomic(\d+)_load$")

_Spans = dict[tuple[tuple[int, int], ...], list[tuple[int, int]]]


def callee(statement: Statement) -> str | None:
    """Return the name that is called; None where it is not a call of a name."""
    if not statement.mnemonic.startswith("call") or not statement.operands:
        return None
    target = statement.operands[0]
    assert isinstance(target, Target)
    return target.text.lstrip("*").partition("@")[0].partition("(")[0]


class Announced:
    """Bytes that the hooks have named."""

    def __init__(self) -> None:
        self._reads: _Spans = {}
        self._writes: _Spans = {}
        self.latest_read: tuple[Value, int] | None = None
        """What the last hook has announced, if it was a read and nothing else."""
        self._left_behind = 0

    def forget(self) -> None:
        """Forget everything: others may have run."""
        self._left_behind = 0
        if self._reads:
            self._reads = {}
        if self._writes:
            self._writes = {}

    def call(self, name: str | None, values: Values) -> bool:
        """Take note of a call, before it is made; return whether it is a plain hook."""
        self.latest_read = None
        hook = _HOOK.match(name) if name else None
        if not hook:
            if name and _QUIET.match(name):
                return True
            self.forget()
            load = _ATOMIC_LOAD.match(name) if name else None
            if load:  # clang leaves the load itself behind, for nothing
                self._left_behind = int(load[1]) // 8
                self.add_read(values.of(RDI), self._left_behind)
            return False
        size = self._size(hook[2], values)
        if size:
            address = values.of(RDI)
            if "read" in hook[1] or hook[1] == "vptr_update":
                self.add_read(address, size)
            if hook[1] == "read" and "volatile" not in hook[0]:
                self.latest_read = address, size
            if hook[1] in ("write", "read_write", "vptr_update"):
                self.add_write(address, size)
        return True

    def is_left_behind(self, size: int) -> bool:
        """Whether it is clang's own: the first load of this size after an atomic one's call.

        Nothing is loaded ahead of an atomic load, so it is found where its address is not.
        """
        if size != self._left_behind:
            return False
        self._left_behind = 0
        return True

    @staticmethod
    def _size(text: str | None, values: Values) -> int:
        if text is None:
            return 8
        if text != "_range":
            return int(text)
        value = values.of(RSI)
        return 0 if value.terms else value.constant

    def add_read(self, address: Value, size: int) -> None:
        """Take note of bytes that are announced as read."""
        span = (address.constant, address.constant + size)
        self._reads.setdefault(address.terms, []).append(span)

    def add_write(self, address: Value, size: int) -> None:
        """Take note of bytes that are announced as written."""
        span = (address.constant, address.constant + size)
        self._writes.setdefault(address.terms, []).append(span)

    def has_read(self, address: Value, size: int) -> bool:
        """Whether all these bytes are announced, as read or as written.

        Whatever races with a read races with a write. Between a hook and its store nothing
        may be announced that need not be: what is written is looked up at the next call.
        """
        spans = self._reads.get(address.terms, []) + self._writes.get(address.terms, [])
        return _covers(spans, address.constant, size)

    def narrower(self, address: Value, size: int) -> int:
        """Return how many bytes are announced of an access that is wider; else its own size.

        Clang loads four bytes for two where it knows that they are there: no access of the
        program's.
        """
        reads = self._reads.get(address.terms, []) + self._writes.get(address.terms, [])
        known = [end - start for start, end in reads if start == address.constant]
        return min((length for length in known if length < size), default=size)

    def has_write(self, address: Value, size: int) -> bool:
        """Whether all these bytes are announced as written."""
        return _covers(self._writes.get(address.terms), address.constant, size)


def _covers(spans: list[tuple[int, int]] | None, start: int, size: int) -> bool:
    """Whether the spans, taken together, hold all bytes."""
    if not spans:
        return False
    at, end = start, start + size
    while at < end:
        further = max((stop for begin, stop in spans if begin <= at < stop), default=at)
        if further == at:
            return False
        at = further
    return True
