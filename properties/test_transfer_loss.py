"""The server and the proxy over links that lose packets, reset connections, or are slow.

Each link is the loopback of a network namespace that ends with its last process: nothing is
changed outside, and a test holds that nothing stays. Skipped with the reason where the kernel
or the privileges are missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from heald.faults.surroundings import BY_NAME, find_program, namespace_command
from subjects.peers import PATIENCE_S, file_server, proxy

ROOT = Path(__file__).resolve().parent.parent
#: Some 400 packets of data: enough for losses and resets to be certain.
SIZE = 600_000
#: The client's own limit is the number of its connections, each of which may idle a second.
LIMIT_S = 600

no_loss = BY_NAME["loss"].missing()
needs_loss = pytest.mark.skipif(no_loss is not None, reason=str(no_loss))


@pytest.fixture(scope="module")
def content() -> bytes:
    return random.Random(3).randbytes(SIZE)


@pytest.fixture
def over_a_bad_link(tmp_path: Path, content: bytes) -> Callable[[str], dict[str, Any]]:
    (tmp_path / "file").write_bytes(content)
    file_server(), proxy()  # not inside: another user's cache may be out of reach there

    def run(which: str) -> dict[str, Any]:
        module = (sys.executable, "-m", "subjects._lossy_link")
        done = subprocess.run(
            [*namespace_command(), *module, str(tmp_path / "file"), which],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    return run


@needs_loss
@pytest.mark.slow
@pytest.mark.parametrize("which", ["server", "proxy"])
def test_losses_and_resets_cost_no_byte_and_no_descriptor(
    over_a_bad_link: Callable[[str], dict[str, Any]], which: str, content: bytes
) -> None:
    seen = over_a_bad_link(which)
    assert seen["lost"] > 0, "no packet was lost: the link proves nothing"
    assert seen["reset"] > 0, "no connection was reset: the link proves nothing"
    assert (seen["bytes"], seen["md5"]) == (SIZE, hashlib.md5(content).hexdigest())
    assert seen["descriptors_after"] == seen["descriptors_before"]
    assert seen["namespace"] not in namespaces(), "its namespace is still there"


def namespaces() -> set[int]:
    """Return the network namespaces of all processes that can be looked at."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.add(os.stat(process / "ns" / "net").st_ino)
        except OSError:
            continue
    return found


_SLOW_LINK = """
set -e
ip link set lo mtu 576 up
tc qdisc add dev lo root tbf rate 40mbit burst 20kb latency 20ms
exec 3> >(exec "$1" "$2/file" > "$2/port")
for i in $(seq 3000); do [ -s "$2/port" ] && break; sleep 0.02; done
exec curl -s --fail --max-time "$3" "http://127.0.0.1:$(cat "$2/port")/"
"""


@pytest.mark.slow
def test_a_slow_link_with_small_packets_loses_nothing(
    content: bytes, tmp_path: Path
) -> None:
    command = namespace_command()
    if isinstance(command, str):
        pytest.skip(command)
    for name in ("curl", "ip", "tc", "bash"):
        if find_program(name) is None:
            pytest.skip(f"{name} is not installed")
    (tmp_path / "file").write_bytes(content)
    script = ("bash", "-c", _SLOW_LINK, "slow-link")
    done = subprocess.run(
        [*command, *script, str(file_server()), str(tmp_path), str(PATIENCE_S)],
        capture_output=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )
    if done.returncode != 0 and b"kind is unknown" in done.stderr:
        pytest.skip("this kernel has no token bucket filter")
    assert done.returncode == 0, done.stderr.decode()
    assert hashlib.md5(done.stdout).digest() == hashlib.md5(content).digest()
