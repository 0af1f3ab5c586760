"""What of the fault methods works on this machine, and why the rest does not.

Nothing is assumed from a version number: each check tries the thing itself.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import subprocess


@functools.cache
def _probe(option: str) -> str | None:
    """Let the fault host try it; return why it cannot, None if it can."""
    from heald.building.engine import engine_path

    done = subprocess.run(
        [str(engine_path("faults")), option], capture_output=True, check=False
    )
    if done.returncode == 0:
        return None
    return errno.errorcode.get(done.returncode, str(done.returncode))


def small_file_system() -> str | None:
    """Say why a worker cannot mount a small tmpfs of its own, None if it can."""
    said = _probe("--probe-full")
    return said and f"mounting a small tmpfs, in a user namespace if need be: {said}"


def fuse() -> str | None:
    """Say why a worker cannot serve files by FUSE, None if it can."""
    said = _probe("--probe-fuse")
    return said and f"serving files through /dev/fuse: {said}"


def user_notification() -> str | None:
    """Say why seccomp user notification does not work, None if it does."""
    said = _probe("--probe-notify")
    return said and f"the kernel refuses a seccomp listener: {said}"


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
