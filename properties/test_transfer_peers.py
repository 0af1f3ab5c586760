"""The event-loop sender among real peers: curl and Python's http.client, slow and rude ones.

Everything is on the loopback interface, one file in a temporary folder, bounded in time. What
this machine does not have is skipped by name.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import random
import selectors
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from heald.faults.surroundings import BY_NAME
from subjects.peers import PATIENCE_S, Server, file_server, proxy

SIZE = 1_500_000
SLOW_READERS = 200
FAR = 3 << 30

no_curl = BY_NAME["curl"].missing()
needs_curl = pytest.mark.skipif(no_curl is not None, reason=str(no_curl))


@pytest.fixture(scope="module")
def program() -> Path:
    return file_server()


@pytest.fixture(scope="module")
def content() -> bytes:
    return random.Random(1).randbytes(SIZE)


@pytest.fixture
def server(program: Path, content: bytes, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "file").write_bytes(content)
    with Server(program, tmp_path / "file") as running:
        yield running


def curl(*arguments: str) -> bytes:
    command = [
        "curl",
        "--silent",
        "--show-error",
        "--fail",
        "--max-time",
        str(PATIENCE_S),
        *arguments,
    ]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


@needs_curl
def test_curl_gets_every_byte(server: Server, content: bytes) -> None:
    assert hashlib.md5(curl(server.url)).digest() == hashlib.md5(content).digest()


@needs_curl
@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("0-0", slice(0, 1)),
        ("1-4096", slice(1, 4097)),
        ("4095-70000", slice(4095, 70001)),
        ("1499999-", slice(SIZE - 1, SIZE)),
        ("1000000-9999999", slice(1_000_000, SIZE)),
        ("-500", slice(SIZE - 500, SIZE)),
    ],
)
def test_curl_gets_ranges(
    server: Server, content: bytes, asked: str, part: slice
) -> None:
    assert curl("--range", asked, server.url) == content[part]


@needs_curl
def test_one_connection_serves_many_requests(server: Server, content: bytes) -> None:
    shown = curl("--write-out", "%{num_connects}\n", *["-o", "-", server.url] * 3)
    # Bodies and counts alternate: the first transfer connects, the others do not.
    assert shown == content + b"1\n" + content + b"0\n" + content + b"0\n"


def test_python_reads_ranges_over_one_connection(server: Server, content: bytes) -> None:
    draw = random.Random(2)
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    for _ in range(50):
        first = draw.randrange(SIZE)
        last = min(SIZE - 1, first + draw.choice((0, 100, 5000, 300_000)))
        client.request("GET", "/", headers={"Range": f"bytes={first}-{last}"})
        answer = client.getresponse()
        assert answer.status == 206
        assert answer.read() == content[first : last + 1]
    client.close()


def connect(server: Server, receive_buffer: int) -> socket.socket:
    client = socket.socket()
    try:
        client.settimeout(PATIENCE_S)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.connect(("127.0.0.1", server.port))
        client.sendall(b"GET / HTTP/1.1\r\nRange: bytes=7-200006\r\n\r\n")
    except OSError:
        client.close()
        raise
    return client


def body(answer: bytearray) -> bytes:
    return bytes(answer).partition(b"\r\n\r\n")[2]


@pytest.mark.slow
def test_many_slow_readers_get_their_bytes(server: Server, content: bytes) -> None:
    assert read_slowly(server, content, SLOW_READERS) == 0


@pytest.mark.slow
def test_many_slow_readers_get_their_bytes_through_the_proxy(
    through: Server, content: bytes
) -> None:
    assert read_slowly(through, content, SLOW_READERS // 2) == 0


def read_slowly(server: Server, content: bytes, readers: int) -> int:
    """Read a range with many clients, 3000 bytes at a time; return how many got it wrong."""
    got: dict[socket.socket, bytearray] = {}
    wanted = content[7:200_007]
    with contextlib.ExitStack() as closing, selectors.DefaultSelector() as selector:
        for _ in range(readers):
            client = closing.enter_context(connect(server, 16384))
            client.setblocking(False)
            selector.register(client, selectors.EVENT_READ)
            got[client] = bytearray()
        deadline = time.monotonic() + PATIENCE_S
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(timeout=1):
                client = key.fileobj
                assert isinstance(client, socket.socket)
                got[client] += client.recv(3000)
                if len(body(got[client])) >= len(wanted):
                    selector.unregister(client)
                    client.shutdown(socket.SHUT_WR)
        waiting = len(selector.get_map())
    assert waiting == 0, f"{waiting} of {readers} readers are still waiting"
    return sum(body(each) != wanted for each in got.values())


def test_clients_that_reset_cost_the_server_nothing(
    server: Server, content: bytes
) -> None:
    before = server.descriptors
    for turn in range(50):
        client = connect(server, 4096)
        client.recv(1000)
        if turn % 2:
            linger = struct.pack("ii", 1, 0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        client.close()
    assert server.settles_at(before) == before
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
    client.request("GET", "/")
    assert client.getresponse().read() == content
    client.close()


@pytest.fixture
def sparse(program: Path, tmp_path: Path) -> Iterator[Server]:
    path = tmp_path / "sparse"
    with open(path, "wb") as file:
        file.seek(FAR)
        file.write(b"the end")
    with Server(program, path) as running:
        yield running


@needs_curl
def test_a_range_beyond_three_gigabytes_is_exact(sparse: Server) -> None:
    assert curl("--range", f"{FAR - 3}-{FAR + 2}", sparse.url) == b"\0\0\0the"


@pytest.fixture
def through(server: Server) -> Iterator[Server]:
    with Server(proxy(), server.port) as running:
        yield running


@needs_curl
def test_the_splice_proxy_forwards_every_byte(through: Server, content: bytes) -> None:
    command = ["curl", "-s", "--fail", "--max-time", str(PATIENCE_S), through.url]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(10)]
    assert all(client.communicate()[0] == content for client in clients)


def reset_clients(server: Server) -> None:
    for _ in range(50):
        with connect(server, 4096) as client:
            client.recv(1000)
            linger = struct.pack("ii", 1, 0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def test_the_splice_proxy_survives_clients_that_reset(
    through: Server, content: bytes
) -> None:
    before = through.descriptors
    reset_clients(through)
    assert through.settles_at(before) == before
    client = http.client.HTTPConnection("127.0.0.1", through.port, timeout=PATIENCE_S)
    client.request("GET", "/")
    assert client.getresponse().read() == content
    client.close()


def test_a_proxy_that_lets_sigpipe_through_dies_of_it(server: Server) -> None:
    flawed = Server(proxy(QUIET_PIPE="0"), server.port)
    deadline = time.monotonic() + PATIENCE_S
    with contextlib.suppress(ConnectionError):
        while flawed.process.poll() is None and time.monotonic() < deadline:
            reset_clients(flawed)
    with pytest.raises(AssertionError, match=r"^the server died: -13\b"):
        flawed.close()


def test_a_proxy_that_keeps_its_pipe_on_error_is_seen_to_leak(server: Server) -> None:
    with Server(proxy(SPLICE_CLOSES_ON_ERROR="0"), server.port) as flawed:
        before = flawed.descriptors
        reset_clients(flawed)
        assert flawed.settles_at(before, patience_s=1) > before
