"""A state machine over open descriptors: all transfers mixed, against a model of their bytes.

Files are bytearrays with a position, pipes and sockets are queues. After every step the moved
count, positions and offsets agree; at the end so do all bytes. Everything is small enough for
the kernel's queues, so that no peer has to run meanwhile.

The subjects run in this process through ctypes: only sound ones, and nothing that can hang.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from dataclasses import dataclass, field

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from heald.faults import TransferSubject
from subjects.transfer import SOUND, flawed

#: What a queue may hold: 16 slots of a pipe, filled a few bytes at a time, are soon used up.
MOST_QUEUED = 8000
MOST_WRITES = 8

_SIZE = ctypes.c_size_t
_OFFSET = ctypes.c_int64


def load(subject: TransferSubject) -> ctypes._FuncPointer:  # type: ignore[name-defined]
    library = ctypes.CDLL(str(subject.build(wrapped=False)), use_errno=True)
    return getattr(library, subject.entry)


class _Loaded(dict[str, "ctypes._FuncPointer"]):
    """Sound functions by name, each compiled when first called: collecting compiles nothing."""

    def __missing__(self, name: str) -> ctypes._FuncPointer:  # type: ignore[name-defined]
        (subject,) = (subject for subject in SOUND if subject.name == name)
        self[name] = load(subject)
        return self[name]


FUNCTIONS = _Loaded()
#: From a file to a file, from a file to a queue, from a queue to anything.
TO_FILE = ("read_write", "best", "sendfile", "splice", "mmap_write", "copy_range")
TO_QUEUE = ("read_write", "best", "sendfile", "splice", "mmap_write")
FROM_QUEUE = ("read_write", "best", "splice")


@dataclass
class File:
    """A memfd and what must be in it."""

    descriptor: int
    content: bytearray = field(default_factory=bytearray)
    position: int = 0

    def write(self, data: bytes) -> None:
        gap = self.position - len(self.content)
        if data and gap > 0:
            self.content += bytes(gap)
        self.content[self.position : self.position + len(data)] = data
        self.position += len(data)


@dataclass
class Queue:
    """A pipe or a socket pair, and the bytes that must be on their way."""

    reader: int
    writer: int
    held: bytearray = field(default_factory=bytearray)
    writes: int = 0

    def write(self, data: bytes) -> None:
        self.held += data
        self.writes += 1

    @property
    def room(self) -> int:
        return MOST_QUEUED - len(self.held) if self.writes < MOST_WRITES else 0


def call(
    name: str, out: int, source: int, offset: int | None, count: int
) -> tuple[int, int, int | None, int]:
    """Return result, moved, the offset afterwards, and errno."""
    moved, variable = _SIZE(), None if offset is None else _OFFSET(offset)
    pointer = None if variable is None else ctypes.byref(variable)
    result = FUNCTIONS[name](out, source, pointer, _SIZE(count), ctypes.byref(moved))
    after = None if variable is None else variable.value
    return result, moved.value, after, ctypes.get_errno()


class Transfers(RuleBasedStateMachine):
    """Opens files and queues, moves bytes between them, cuts and extends files."""

    files = Bundle("files")
    queues = Bundle("queues")

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[File | Queue] = []
        self.descriptors = len(os.listdir("/proc/self/fd"))

    @initialize(
        target=files,
        contents=st.tuples(st.binary(min_size=1, max_size=5000), st.binary()),
    )
    def begin_with_files(self, contents: tuple[bytes, bytes]) -> MultipleResults[File]:
        return multiple(*[self.open_file(content) for content in contents])

    @initialize(target=queues)
    def begin_with_queues(self) -> MultipleResults[Queue]:
        return multiple(*[self.open_queue(stream) for stream in (False, True, False)])

    @rule(target=files, content=st.binary(max_size=5000))
    def open_file(self, content: bytes) -> File:
        file = File(os.memfd_create("state"), bytearray(content))
        os.pwrite(file.descriptor, content, 0)
        self.opened.append(file)
        return file

    @rule(target=queues, stream=st.booleans())
    def open_queue(self, stream: bool) -> Queue:
        if stream:
            reader, writer = socket.socketpair()
            queue = Queue(reader.detach(), writer.detach())
        else:
            queue = Queue(*os.pipe())
        self.opened.append(queue)
        return queue

    @rule(file=files, position=st.integers(0, 6000))
    def seek(self, file: File, position: int) -> None:
        file.position = os.lseek(file.descriptor, position, os.SEEK_SET)

    @rule(file=files, size=st.integers(0, 6000))
    def resize(self, file: File, size: int) -> None:
        os.ftruncate(file.descriptor, size)
        file.content[:] = file.content[:size].ljust(size, b"\0")

    @rule(
        name=st.sampled_from(TO_FILE),
        source=files,
        sink=files,
        offset=st.none() | st.integers(0, 6000),
        count=st.integers(0, 9000),
    )
    def file_to_file(
        self, name: str, source: File, sink: File, offset: int | None, count: int
    ) -> None:
        if source is sink:
            return  # the contract: two different files
        data = self._from_file(name, source, sink.descriptor, offset, count)
        sink.write(data)

    @rule(
        name=st.sampled_from(TO_QUEUE),
        source=files,
        sink=queues,
        offset=st.none() | st.integers(0, 6000),
        count=st.integers(0, 9000),
    )
    def file_to_queue(
        self, name: str, source: File, sink: Queue, offset: int | None, count: int
    ) -> None:
        # A queue refers to the pages of its source, so it must be read before they change.
        count = min(count, sink.room)
        data = self._from_file(name, source, sink.writer, offset, count)
        sink.write(data)
        self._replace_by_copy(sink)

    def _replace_by_copy(self, queue: Queue) -> None:
        """Read what the queue holds and write it again: now it refers to no file."""
        os.set_blocking(queue.reader, False)
        data = self._read_all(queue.reader)
        os.set_blocking(queue.reader, True)
        assert data == bytes(queue.held)
        queue.writes = 1
        if data:
            os.write(queue.writer, data)

    @rule(
        name=st.sampled_from(FROM_QUEUE),
        source=queues,
        sink=files,
        count=st.integers(0, 9000),
    )
    def queue_to_file(self, name: str, source: Queue, sink: File, count: int) -> None:
        count = min(count, len(source.held))
        result, moved, _, _ = call(name, sink.descriptor, source.reader, None, count)
        assert (result, moved) == (0, count)
        data = bytes(source.held[:moved])
        del source.held[:moved]
        sink.write(data)

    @rule(
        name=st.sampled_from(FROM_QUEUE),
        source=queues,
        sink=queues,
        count=st.integers(0, 9000),
    )
    def queue_to_queue(self, name: str, source: Queue, sink: Queue, count: int) -> None:
        if source is sink:
            return
        count = min(count, len(source.held), sink.room)
        result, moved, _, _ = call(name, sink.writer, source.reader, None, count)
        assert (result, moved) == (0, count)
        sink.write(bytes(source.held[:moved]))
        del source.held[:moved]

    @rule(
        name=st.sampled_from(FROM_QUEUE),
        source=queues,
        reader_of=consumes(queues),
        count=st.integers(1, 9000),
    )
    def queue_to_nobody(
        self, name: str, source: Queue, reader_of: Queue, count: int
    ) -> None:
        """Move to a sink whose reader is gone: EPIPE, nothing counted as moved."""
        if source is reader_of or not source.held:
            return
        os.close(reader_of.reader)
        reader_of.reader = -1
        count = min(count, len(source.held))
        result, moved, _, error = call(name, reader_of.writer, source.reader, None, count)
        assert (result, moved, error) == (-1, 0, errno.EPIPE)
        # What was taken and could not be delivered is lost, as the contract says.
        os.set_blocking(source.reader, False)
        left = self._read_all(source.reader)
        os.set_blocking(source.reader, True)
        assert source.held.endswith(left)
        source.held.clear()
        source.writes = 0

    @rule(queue=queues)
    def read_queue(self, queue: Queue) -> None:
        os.set_blocking(queue.reader, False)
        assert self._read_all(queue.reader) == bytes(queue.held)
        os.set_blocking(queue.reader, True)
        queue.held.clear()
        queue.writes = 0

    @invariant()
    def positions_agree(self) -> None:
        for each in self.opened:
            if isinstance(each, File):
                assert os.lseek(each.descriptor, 0, os.SEEK_CUR) == each.position

    def teardown(self) -> None:
        try:
            for each in self.opened:
                if isinstance(each, File):
                    size = os.fstat(each.descriptor).st_size
                    assert os.pread(each.descriptor, size + 1, 0) == bytes(each.content)
                elif each.reader >= 0:
                    self.read_queue(each)
        finally:
            self._close()
        assert len(os.listdir("/proc/self/fd")) == self.descriptors

    def _close(self) -> None:
        for each in self.opened:
            ends = (
                (each.descriptor,)
                if isinstance(each, File)
                else (each.reader, each.writer)
            )
            for descriptor in ends:
                if descriptor >= 0:
                    os.close(descriptor)

    @staticmethod
    def _read_all(descriptor: int) -> bytes:
        data = bytearray()
        while True:
            try:
                part = os.read(descriptor, 65536)
            except BlockingIOError:
                return bytes(data)
            if not part:
                return bytes(data)
            data += part

    @staticmethod
    def _from_file(
        name: str, source: File, out: int, offset: int | None, count: int
    ) -> bytes:
        start = source.position if offset is None else offset
        data = bytes(source.content[start : start + count])
        result, moved, after, _ = call(name, out, source.descriptor, offset, count)
        assert (result, moved) == (0, len(data))
        if offset is None:
            source.position = start + moved
        else:
            assert after == start + moved
        return data


TestTransfers = Transfers.TestCase
TestTransfers.settings = settings(
    deadline=None,
    max_examples=max(10, settings().max_examples // 2),
    stateful_step_count=30,
)


def test_the_machine_rings_for_a_flawed_transfer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "mmap_write", load(flawed("mmap_write", "unaligned")))
    with pytest.raises(AssertionError):
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            Transfers,
            # That it rings is asked here, not for the smallest case that makes it ring.
            settings=settings(
                max_examples=200, deadline=None, database=None, phases=[Phase.generate]
            ),
        )
