"""What of the fault methods works on this machine, and why the rest does not.

Nothing is assumed from a version number: each check tries the thing itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator

#: The environment variable by which workers learn of the small file system.
FULL = "FAULT_FULL"
#: Bytes of it: less than what the method writes.
FULL_BYTES = 65536

_MOUNTED = threading.Lock()


@functools.cache
def full_folder() -> str | None:
    """Say why a small tmpfs cannot be mounted, None if it can."""
    if os.geteuid() != 0:
        return "mounting a small tmpfs needs root"
    try:
        with small_file_system():
            return None
    except OSError as error:
        return f"mounting a small tmpfs: {error}"


@contextlib.contextmanager
def small_file_system() -> Iterator[None]:
    """Mount a tmpfs of some pages for the time of the block; workers find it in `FULL`.

    One at a time: its place is told in the environment, and who shared it would fill it up
    for the other.
    """
    with _MOUNTED, tempfile.TemporaryDirectory(prefix="heald-full-") as folder:
        _call("mount", "-t", "tmpfs", "-o", f"size={FULL_BYTES}", "tmpfs", folder)
        os.environ[FULL] = folder
        try:
            yield
        finally:
            del os.environ[FULL]
            _call("umount", "--lazy", folder)


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(done.stderr.strip() or f"{command[0]} said {done.returncode}")


#: io_uring_setup and io_uring_register: the same numbers on all architectures but one.
_SETUP, _REGISTER = 425, 427
_REGISTER_PROBE, _PROBED, _SUPPORTED = 8, 256, 1
#: Operations of a ring, as in linux/io_uring.h.
URING_SPLICE, URING_SEND_ZC = 30, 47


@functools.cache
def io_uring(operation: int) -> str | None:
    """Say why a ring cannot do this operation (old kernel, sysctl, seccomp), None if it can."""
    libc = ctypes.CDLL(None, use_errno=True)
    ring = libc.syscall(_SETUP, 1, ctypes.create_string_buffer(120))
    if ring < 0:
        return f"io_uring_setup: {errno.errorcode[ctypes.get_errno()]}"
    probe = ctypes.create_string_buffer(16 + 8 * _PROBED)
    try:
        if libc.syscall(_REGISTER, ring, _REGISTER_PROBE, probe, _PROBED) < 0:
            return f"io_uring probe: {errno.errorcode[ctypes.get_errno()]}"
    finally:
        os.close(ring)
    flags = int.from_bytes(probe.raw[18 + 8 * operation : 20 + 8 * operation], "little")
    return None if flags & _SUPPORTED else "this kernel's io_uring does not know it"


@functools.cache
def user_notification() -> str | None:
    """Say why seccomp user notification does not work, None if it does."""
    from heald.engine import engine_path

    done = subprocess.run(
        [str(engine_path("faults")), "--probe-notify"], capture_output=True, check=False
    )
    if done.returncode == 0:
        return None
    name = errno.errorcode.get(done.returncode, str(done.returncode))
    return f"the kernel refuses a seccomp listener: {name}"
