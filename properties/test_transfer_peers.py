"""The event-loop sender among real peers: curl and Python's http.client, slow and rude ones.

Everything is on the loopback interface, one file in a temporary folder, bounded in time. What
this machine does not have is skipped by name.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import random
import selectors
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from heald.build import compile as compile_c
from subjects.transfer import FOLDER

SIZE = 1_500_000
SLOW_READERS = 200
FAR = 3 << 30

needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None, reason="curl is not installed"
)
needs_namespace = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("curl", "unshare", "ip", "tc"))),
    reason="a network namespace with a slow link needs root, curl, unshare, ip and tc",
)


class Server:
    """A running file_server or proxy, which prints its port and ends with its input."""

    def __init__(self, program: Path, argument: Path | int) -> None:
        self.process = subprocess.Popen(
            [str(program), str(argument)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/"

    @property
    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        assert self.process.wait(timeout=5) == 0, "the server died"
        self.process.stdout.close()


@pytest.fixture(scope="module")
def program() -> Path:
    sources = [FOLDER / "file_server.c", FOLDER / "event_all.c"]
    return compile_c(sources, kind="executable")


@pytest.fixture(scope="module")
def content() -> bytes:
    return random.Random(1).randbytes(SIZE)


@pytest.fixture
def server(program: Path, content: bytes, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "file").write_bytes(content)
    server = Server(program, tmp_path / "file")
    yield server
    server.close()


def curl(*arguments: str) -> bytes:
    command = [
        "curl",
        "--silent",
        "--show-error",
        "--fail",
        "--max-time",
        "20",
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
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
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
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.connect(("127.0.0.1", server.port))
    client.sendall(b"GET / HTTP/1.1\r\nRange: bytes=7-200006\r\n\r\n")
    return client


def body(answer: bytearray) -> bytes:
    return bytes(answer).partition(b"\r\n\r\n")[2]


def test_many_slow_readers_get_their_bytes(server: Server, content: bytes) -> None:
    got: dict[socket.socket, bytearray] = {}
    wanted = content[7:200_007]
    with contextlib.ExitStack() as closing, selectors.DefaultSelector() as selector:
        for _ in range(SLOW_READERS):
            client = closing.enter_context(connect(server, 16384))
            client.setblocking(False)
            selector.register(client, selectors.EVENT_READ)
            got[client] = bytearray()
        deadline = time.monotonic() + 60
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(timeout=1):
                client = key.fileobj
                assert isinstance(client, socket.socket)
                got[client] += client.recv(3000)
                if len(body(got[client])) >= len(wanted):
                    selector.unregister(client)
                    client.shutdown(socket.SHUT_WR)
        waiting = len(selector.get_map())
    assert waiting == 0, f"{waiting} of {SLOW_READERS} readers are still waiting"
    assert all(body(each) == wanted for each in got.values())


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
    deadline = time.monotonic() + 5
    while server.descriptors > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.descriptors == before
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    client.request("GET", "/")
    assert client.getresponse().read() == content
    client.close()


@pytest.fixture
def sparse(program: Path, tmp_path: Path) -> Iterator[Server]:
    path = tmp_path / "sparse"
    with open(path, "wb") as file:
        file.seek(FAR)
        file.write(b"the end")
    server = Server(program, path)
    yield server
    server.close()


@needs_curl
def test_a_range_beyond_three_gigabytes_is_exact(sparse: Server) -> None:
    assert curl("--range", f"{FAR - 3}-{FAR + 2}", sparse.url) == b"\0\0\0the"


@needs_curl
@pytest.mark.slow
@pytest.mark.skipif(settings().max_examples <= 100, reason="in longer profiles only")
def test_a_sparse_file_of_three_gigabytes_arrives_whole(sparse: Server) -> None:
    said = curl(
        "-o", "/dev/null", "--max-time", "100", "-w", "%{size_download}", sparse.url
    )
    assert int(said) == FAR + len(b"the end")


@needs_namespace
def test_a_slow_link_with_small_packets_loses_nothing(
    program: Path, content: bytes, tmp_path: Path
) -> None:
    """Serve inside a network namespace whose loopback is slow and has a small MTU."""
    (tmp_path / "file").write_bytes(content)
    script = f"""
        set -e
        ip link set lo mtu 576 up
        tc qdisc add dev lo root tbf rate 40mbit burst 20kb latency 20ms
        exec 3> >(exec {program} {tmp_path}/file > {tmp_path}/port)
        for i in $(seq 100); do [ -s {tmp_path}/port ] && break; sleep 0.02; done
        exec curl -s --fail --max-time 20 http://127.0.0.1:$(cat {tmp_path}/port)/
    """
    command = ["unshare", "--net", "bash", "-c", script]
    done = subprocess.run(command, capture_output=True, timeout=40, check=False)
    if done.returncode != 0 and b"kind is unknown" in done.stderr:
        pytest.skip("this kernel has no token bucket filter")
    assert done.returncode == 0, done.stderr.decode()
    assert hashlib.md5(done.stdout).digest() == hashlib.md5(content).digest()


@pytest.fixture
def proxy(server: Server) -> Iterator[Server]:
    sources = [FOLDER / "proxy.c", FOLDER / "splice_all.c"]
    program = compile_c(sources, kind="executable", ldflags=["-pthread"])
    proxy = Server(program, server.port)
    yield proxy
    proxy.close()


@needs_curl
def test_the_splice_proxy_forwards_every_byte(proxy: Server, content: bytes) -> None:
    command = ["curl", "-s", "--fail", "--max-time", "20", proxy.url]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(10)]
    assert all(client.communicate()[0] == content for client in clients)


def test_the_splice_proxy_survives_clients_that_reset(
    proxy: Server, server: Server, content: bytes
) -> None:
    before = proxy.descriptors
    for _ in range(50):
        client = connect(proxy, 4096)
        client.recv(1000)
        linger = struct.pack("ii", 1, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        client.close()
    deadline = time.monotonic() + 5
    while proxy.descriptors > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert proxy.descriptors == before
    client = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    client.request("GET", "/")
    assert client.getresponse().read() == content
    client.close()
