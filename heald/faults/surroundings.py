"""What else transfers are put among, beside the fault methods: rings, real peers, bad links.

Tests skip with the reasons that are found here, and ``heald faults`` prints them. Each thing
is tried, never concluded from a version; a program need not be in PATH if it lies where
Debian keeps it.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from heald.faults import availability

#: Servers and network tools lie here, which is not on everybody's PATH.
_ALSO = os.pathsep.join(("/usr/sbin", "/sbin"))

#: Rules that a lossy link needs; a kernel without them says so.
_PROBE_RULES = """
table inet probe {
  chain input {
    type filter hook input priority 0; policy accept;
    tcp dport 9 numgen random mod 1000 < 30 counter drop
    tcp dport 9 numgen random mod 1000 < 2 reject with tcp reset
  }
}
"""


@dataclass(frozen=True)
class Surrounding:
    """Something that may be missing.

    Attributes
    ----------
    missing
        Says why it is not here, None where it is.
    """

    name: str
    purpose: str
    missing: Callable[[], str | None]


def find_program(name: str) -> str | None:
    """Return the path of a program, None if it is not installed."""
    return shutil.which(name) or shutil.which(name, path=_ALSO)


def _program(name: str) -> Callable[[], str | None]:
    def missing() -> str | None:
        return None if find_program(name) else f"{name} is not installed"

    return missing


@functools.cache
def namespace_command() -> tuple[str, ...] | str:
    """Return the command that runs another in a network of its own, or why there is none.

    The namespaces end with the last process in them, and all of those with the command:
    nothing has to be undone. Root needs no user namespace; others need one.
    """
    unshare = find_program("unshare")
    if unshare is None:
        return "unshare is not installed"
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    command = (
        *(unshare, *user),
        *("--net", "--pid", "--fork", "--kill-child", "--mount-proc"),
    )
    done = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return f"no network namespace: {done.stderr.strip()}"
    return command


@functools.cache
def lossy_link() -> str | None:
    """Say why packets cannot be lost on purpose, None if they can."""
    command = namespace_command()
    if isinstance(command, str):
        return command
    ip = find_program("ip")
    if ip is None:
        return "ip is not installed"
    nft = find_program("nft")
    if nft is None:
        return "nft is not installed"
    link = "{0} link set lo mtu 1500 up && {0} link set lo gso_max_segs 1 && {1} -f -"
    done = subprocess.run(
        [*command, "sh", "-c", link.format(ip, nft)],
        input=_PROBE_RULES,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return f"ip and nft: {' '.join(done.stderr.split())[:200]}"
    return None


SURROUNDINGS: tuple[Surrounding, ...] = (
    Surrounding(
        "uring",
        "splice through io_uring",
        functools.partial(availability.io_uring, availability.URING_SPLICE),
    ),
    Surrounding(
        "send_zc",
        "SEND_ZC through io_uring",
        functools.partial(availability.io_uring, availability.URING_SEND_ZC),
    ),
    Surrounding("curl", "ranges, keep-alive, whole files", _program("curl")),
    Surrounding("nginx", "a server behind the proxy, a client", _program("nginx")),
    Surrounding("wrk", "load on server and proxy", _program("wrk")),
    Surrounding("loss", "packets lost and connections reset", lossy_link),
)

BY_NAME = {each.name: each for each in SURROUNDINGS}
