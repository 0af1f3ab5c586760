"""What this kernel and these file systems say at the rims of the calls, as sets.

The contracts rest on these answers. Others may say others: a set holds what has been seen on
ext4, xfs, btrfs and tmpfs with Linux 6.x, and 0 stands for success. What is new fails here, by
name, before it makes a subject look wrong.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

MOST = 0x7FFFF000
SSIZE_MAX = 2**63 - 1
SIZE_MAX = 2**64 - 1

libc = ctypes.CDLL(None, use_errno=True)
for name in ("sendfile", "splice", "copy_file_range", "tee"):
    getattr(libc, name).restype = ctypes.c_ssize_t


class Opened:
    """The descriptors of one question, closed together."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack

    def keep(self, descriptor: int) -> int:
        self.stack.callback(os.close, descriptor)
        return descriptor

    def memory(self, content: bytes = b"0123456789", position: int = 0) -> int:
        file = self.keep(os.memfd_create("answers"))
        os.write(file, content)
        os.lseek(file, position, os.SEEK_SET)
        return file

    def disk(self, content: bytes = b"0123456789") -> int:
        file, path = tempfile.mkstemp()
        os.unlink(path)
        os.write(self.keep(file), content)
        os.lseek(file, 0, os.SEEK_SET)
        return file

    def pipe(self, content: bytes = b"") -> tuple[int, int]:
        reader, writer = os.pipe()
        os.write(self.keep(writer), content)
        return self.keep(reader), writer

    def open(self, path: str, flags: int = os.O_RDWR) -> int:
        return self.keep(os.open(path, flags))

    def tcp(self) -> tuple[int, int]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            far = socket.create_connection(listener.getsockname())
            near, _ = listener.accept()
        return self.keep(near.detach()), self.keep(far.detach())


@pytest.fixture
def opened() -> Iterator[Opened]:
    with ExitStack() as stack:
        yield Opened(stack)


def answer(returned: int) -> int | str:
    """Give the count, or the errno's name."""
    return returned if returned >= 0 else errno.errorcode[ctypes.get_errno()]


def sendfile(out: int, source: int, offset: int | None, count: int) -> int | str:
    variable = None if offset is None else ctypes.byref(ctypes.c_int64(offset))
    return answer(libc.sendfile(out, source, variable, ctypes.c_size_t(count)))


def copy(
    out: int, source: int, offset: int | None, count: int, flags: int = 0
) -> int | str:
    variable = None if offset is None else ctypes.byref(ctypes.c_int64(offset))
    size = ctypes.c_size_t(count)
    return answer(libc.copy_file_range(source, variable, out, None, size, flags))


def splice(
    source: int, out: int, count: int, flags: int = 0, at: int | None = None
) -> int | str:
    variable = None if at is None else ctypes.byref(ctypes.c_int64(at))
    return answer(libc.splice(source, variable, out, None, ctypes.c_size_t(count), flags))


def append_sink(o: Opened) -> int:
    file = o.memory()
    fcntl.fcntl(file, fcntl.F_SETFL, os.O_APPEND)
    return file


Question = Callable[[Opened], int | str]
QUESTIONS: dict[str, tuple[Question, set[int | str]]] = {
    "sendfile count 0": (lambda o: sendfile(o.memory(), o.memory(), 0, 0), {0}),
    "sendfile past the end": (lambda o: sendfile(o.memory(), o.memory(), 11, 5), {0}),
    "sendfile more than there is": (
        lambda o: sendfile(o.memory(), o.memory(), 4, 99),
        {6},
    ),
    "sendfile offset -1": (lambda o: sendfile(o.memory(), o.memory(), -1, 5), {"EINVAL"}),
    "sendfile SIZE_MAX": (
        lambda o: sendfile(o.memory(), o.memory(), None, SIZE_MAX),
        {"EINVAL"},
    ),
    "sendfile SSIZE_MAX at 5": (
        lambda o: sendfile(o.memory(), o.memory(position=5), None, SSIZE_MAX),
        {"EINVAL"},
    ),
    "sendfile near LLONG_MAX": (
        lambda o: sendfile(o.memory(), o.disk(), SSIZE_MAX - 5, 5),
        {"EINVAL", "EOVERFLOW", 0},
    ),
    "sendfile to O_APPEND": (
        lambda o: sendfile(append_sink(o), o.memory(), 0, 5),
        {"EINVAL"},
    ),
    "sendfile to /dev/full": (
        lambda o: sendfile(o.open("/dev/full"), o.memory(), 0, 5),
        {"EINVAL", "ENOSPC"},
    ),
    "sendfile of a directory": (
        lambda o: sendfile(o.memory(), o.open("/", os.O_RDONLY), None, 5),
        {"EINVAL"},
    ),
    "sendfile of a pipe": (
        lambda o: sendfile(o.memory(), o.pipe(b"x")[0], None, 5),
        {"EINVAL"},
    ),
    "sendfile of a socket to a file": (
        lambda o: sendfile(o.memory(), o.tcp()[0], None, 5),
        {"EINVAL"},
    ),
    "sendfile of /proc/self/cmdline": (
        lambda o: sendfile(
            o.memory(), o.open("/proc/self/cmdline", os.O_RDONLY), None, 1
        ),
        {"EINVAL", 1},
    ),
    "sendfile of /proc/filesystems": (
        lambda o: sendfile(o.memory(), o.open("/proc/filesystems", os.O_RDONLY), None, 1),
        {"EINVAL", 1},
    ),
    "splice without a pipe": (lambda o: splice(o.memory(), o.memory(), 5), {"EINVAL"}),
    "splice unknown flag": (
        lambda o: splice(o.memory(), o.pipe()[1], 5, flags=0x100),
        {"EINVAL"},
    ),
    "splice offset on a pipe": (
        lambda o: splice(o.pipe(b"x")[0], o.memory(), 5, at=0),
        {"ESPIPE"},
    ),
    "splice to O_APPEND": (
        lambda o: splice(o.pipe(b"x")[0], append_sink(o), 5),
        {"EINVAL"},
    ),
    "splice count 0": (lambda o: splice(o.memory(), o.pipe()[1], 0), {0}),
    "splice one page off the page": (
        lambda o: splice(o.memory(bytes(100_000)), o.pipe()[1], 100_000, at=1),
        {65535},
    ),
    "copy to O_APPEND": (lambda o: copy(append_sink(o), o.memory(), None, 5), {"EBADF"}),
    "copy past the end": (lambda o: copy(o.memory(), o.memory(), 11, 5), {0}),
    "copy of a pipe": (lambda o: copy(o.memory(), o.pipe(b"x")[0], None, 5), {"EINVAL"}),
    "copy with a flag": (lambda o: copy(o.memory(), o.memory(), 0, 5, 1), {"EINVAL"}),
    "copy between file systems": (
        lambda o: copy(o.memory(), o.disk(), 0, 5),
        {"EXDEV", 5},
    ),
    "copy of /proc": (
        lambda o: copy(o.memory(), o.open("/proc/filesystems", os.O_RDONLY), None, 5),
        {"EXDEV", "EINVAL", 0, 5},
    ),
    "copy SIZE_MAX at 5": (
        lambda o: copy(o.memory(), o.memory(position=5), None, SIZE_MAX),
        {"EOVERFLOW"},
    ),
    "copy offset -1": (
        lambda o: copy(o.memory(), o.memory(), -1, 5),
        {"EINVAL", "EOVERFLOW"},
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_kernel_answers_as_the_contracts_say(
    opened: Opened, question: str, record_property: Callable[[str, object], None]
) -> None:
    ask, allowed = QUESTIONS[question]
    said = ask(opened)
    record_property("kernel", platform.release())
    record_property("answer", said)
    assert said in allowed


def test_one_call_moves_at_most_2_gib_less_a_page(opened: Opened) -> None:
    source = opened.memory()
    os.ftruncate(source, 3 << 30)
    assert sendfile(opened.open("/dev/null"), source, 0, 3 << 30) == MOST


def test_a_pipe_holds_slots_and_not_bytes(opened: Opened) -> None:
    source, (_, writer) = opened.memory(bytes(100)), opened.pipe()
    os.set_blocking(writer, False)
    answers = [splice(source, writer, 1, at=i) for i in range(17)]
    assert answers == [1] * 16 + ["EAGAIN"]


def test_a_queued_page_shows_what_is_written_over_it(opened: Opened) -> None:
    source, (reader, writer) = opened.memory(b"old" * 1000), opened.pipe()
    assert splice(source, writer, 3000, at=0) == 3000
    os.pwrite(source, b"new", 0)
    assert os.read(reader, 3000)[:6] == b"newold"


def test_a_send_to_a_vanished_peer_succeeds_once(opened: Opened) -> None:
    near, far = opened.tcp()
    os.close(os.dup(far))
    socket.socket(fileno=os.dup(far)).close()
    os.dup2(opened.memory(), far)  # closes the peer, keeps the number ours
    source = opened.memory(bytes(5000))
    first = sendfile(near, source, 0, 5000)
    later = {sendfile(near, source, 0, 5000) for _ in range(200)}
    assert first == 5000
    assert later & {"EPIPE", "ECONNRESET"}
