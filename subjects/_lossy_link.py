"""One file over a link that loses packets and resets connections, seen by a client that goes on.

Runs in a network namespace of its own (``python -m subjects._lossy_link``, see
`heald.faults.surroundings.namespace_command`), as everything it does to the link is done to the
whole namespace and ends with it. Prints one JSON object.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from heald.faults.surroundings import find_program
from subjects.peers import Served, Server, file_server, proxy

#: Of 1000 packets, how many are lost, by chance; and which one of so many in each direction is
#: answered with a reset, by counting, so that a reset is sure to come.
LOST = 30
RESET_EVERY = 200
#: A peer that was reset while its reset to the client was lost says nothing any more.
IDLE_S = 1.0
#: Connections after which the client gives up.
MOST_CONNECTIONS = 500

_RULES = """
table inet bad {{
  counter lost {{ }}
  counter refused {{ }}
  chain input {{
    type filter hook input priority 0; policy accept;
    tcp dport {port} numgen random mod 1000 < {lost} counter name lost drop
    tcp sport {port} numgen random mod 1000 < {lost} counter name lost drop
    tcp sport {port} numgen inc mod {reset} == 150 counter name refused reject with tcp reset
    tcp dport {port} numgen inc mod {reset} == 150 counter name refused reject with tcp reset
  }}
}}
"""


@dataclass
class Seen:
    """What the client and the counters saw."""

    md5: str
    bytes: int
    connections: int
    lost: int
    reset: int
    namespace: int
    descriptors_before: int
    descriptors_after: int


def _run(*command: str, text: str | None = None) -> str:
    path = find_program(command[0])
    assert path is not None
    done = subprocess.run(
        [path, *command[1:]], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def _bring_up() -> None:
    """Give the loopback packets of an Ethernet's size; without that one holds 64 KiB."""
    _run("ip", "link", "set", "lo", "mtu", "1500", "up")
    _run("ip", "link", "set", "lo", "gso_max_segs", "1")


def _counted(name: str) -> int:
    found: dict[str, Any] = json.loads(_run("nft", "--json", "list", "counters"))
    counters = [each["counter"] for each in found["nftables"] if "counter" in each]
    return int(next(c["packets"] for c in counters if c["name"] == name))


def _part(port: int, first: int, got: bytearray) -> None:
    """Ask for what is missing and add what comes, until the connection ends in some way."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=IDLE_S)
    try:
        client.request("GET", "/", headers={"Range": f"bytes={first}-"})
        answer = client.getresponse()
        if answer.status != 206:
            raise SystemExit(f"status {answer.status}")
        while part := answer.read1(65536):
            got += part
    except (ConnectionError, TimeoutError, http.client.HTTPException):
        pass
    finally:
        client.close()


def fetch(server: Served, size: int) -> Seen:
    """Read the file with as many connections as it takes, each going on where one ended."""
    got, connections = bytearray(), 0
    before = server.descriptors
    while len(got) < size and connections < MOST_CONNECTIONS:
        connections += 1
        _part(server.port, len(got), got)
    lost, reset = _counted("lost"), _counted("refused")
    _run("nft", "flush", "ruleset")  # what is still under way may end
    return Seen(
        md5=hashlib.md5(got).hexdigest(),
        bytes=len(got),
        connections=connections,
        lost=lost,
        reset=reset,
        namespace=os.stat("/proc/self/ns/net").st_ino,
        descriptors_before=before,
        descriptors_after=server.settles_at(before),
    )


def main(path: Path, which: str) -> Seen:
    """Serve the file, directly or through the proxy, and read it."""
    _bring_up()
    with Server(file_server(), path) as server:
        if which == "server":
            return _among_losses(server, path)
        with Server(proxy(), server.port) as forward:
            return _among_losses(forward, path)


def _among_losses(server: Served, path: Path) -> Seen:
    rules = _RULES.format(port=server.port, lost=LOST, reset=RESET_EVERY)
    _run("nft", "-f", "-", text=rules)
    return fetch(server, path.stat().st_size)


if __name__ == "__main__":
    json.dump(asdict(main(Path(sys.argv[1]), sys.argv[2])), sys.stdout)
