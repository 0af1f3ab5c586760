"""The proxy and the server beside nginx and under wrk: the same answers, byte for byte.

nginx is a server behind the splice proxy, the measure of what an answer should look like, and
a client of the event-loop server. Python's own server stands behind the proxy where nginx is
missing. Everything is on the loopback and skipped by name where a program is missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import settings

from heald.faults.availability import user_notification
from heald.faults.foreign import Shortened, run_shortened
from heald.faults.surroundings import BY_NAME, find_program
from subjects.peers import PATIENCE_S, Nginx, Server, file_server, nginx_user, proxy

SIZE = 300_000
FAR = 3 << 30
THE_END = b"the end"

no_nginx, no_wrk = BY_NAME["nginx"].missing(), BY_NAME["wrk"].missing()
needs_nginx = pytest.mark.skipif(no_nginx is not None, reason=str(no_nginx))
needs_wrk = pytest.mark.skipif(no_wrk is not None, reason=str(no_wrk))


@dataclass(frozen=True)
class Answer:
    """What of an answer must be the same, whoever gives it."""

    status: int
    length: str | None
    content_range: str | None
    md5: str


class Client:
    """One connection for many requests, which counts how often it had to connect."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=PATIENCE_S
        )
        self.connection.connect()
        self.socket = self.connection.sock

    def get(self, path: str, asked: str | None = None) -> Answer:
        headers = {} if asked is None else {"Range": f"bytes={asked}"}
        self.connection.request("GET", path, headers=headers)
        answer = self.connection.getresponse()
        digest = hashlib.md5()
        while part := answer.read(1 << 20):
            digest.update(part)
        assert self.connection.sock is self.socket, "the connection was not kept alive"
        return Answer(
            answer.status,
            answer.getheader("Content-Length"),
            answer.getheader("Content-Range"),
            digest.hexdigest(),
        )

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(scope="module")
def content() -> bytes:
    return random.Random(4).randbytes(SIZE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> Path:
    folder = tmp_path_factory.mktemp("served")
    (folder / "file").write_bytes(content)
    with open(folder / "sparse", "wb") as file:
        file.seek(FAR)
        file.write(THE_END)
    return folder


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with Server(file_server(), folder / "file") as running:
        yield running


@pytest.fixture
def nginx(folder: Path, server: Server, tmp_path: Path) -> Iterator[Nginx]:
    with Nginx(tmp_path / "nginx", folder, upstream=server.port) as running:
        yield running


def behind_the_proxy(port: int, asked: list[tuple[str, str | None]]) -> list[Answer]:
    """Ask over one connection to a proxy in front of `port`."""
    with Server(proxy(), port) as through:
        client = Client(through.port)
        answers = [client.get(path, part) for path, part in asked]
        client.close()
    return answers


RANGES = [
    None,
    "0-0",
    "1-4096",
    "4095-70000",
    f"{SIZE - 1}-",
    "200000-9999999",
    "-500",
]


@needs_nginx
def test_nginx_behind_the_proxy_answers_as_it_does_alone(nginx: Nginx) -> None:
    asked = [("/file", part) for part in RANGES] * 3
    alone = Client(nginx.port)
    expected = [alone.get(*each) for each in asked]
    alone.close()
    assert {each.status for each in expected} == {200, 206}
    assert behind_the_proxy(nginx.port, asked) == expected


@needs_nginx
@pytest.mark.parametrize("part", RANGES)
def test_the_event_loop_server_answers_as_nginx_does(
    nginx: Nginx, server: Server, part: str | None
) -> None:
    clients = Client(server.port), Client(nginx.port)
    ours, theirs = clients[0].get("/", part), clients[1].get("/file", part)
    for client in clients:
        client.close()
    assert ours == theirs


@needs_nginx
def test_nginx_is_a_client_of_the_event_loop_server(nginx: Nginx, server: Server) -> None:
    before = server.descriptors
    direct, through = Client(server.port), Client(nginx.port)
    for part in RANGES * 3:
        assert through.get("/behind/", part) == direct.get("/", part)
    # One connection of ours; of nginx at most the four that it keeps alive.
    assert server.descriptors <= before + 1 + 4
    direct.close()
    through.close()


@needs_nginx
def test_nginx_gives_a_range_beyond_three_gigabytes_through_the_proxy(
    nginx: Nginx,
) -> None:
    part = f"{FAR - 3}-{FAR + 2}"
    [answer] = behind_the_proxy(nginx.port, [("/sparse", part)])
    assert answer.status == 206
    assert answer.md5 == hashlib.md5(b"\0\0\0the").hexdigest()


@pytest.fixture(scope="module")
def three_gigabytes() -> str:
    digest = hashlib.md5()
    for _ in range(FAR >> 20):
        digest.update(bytes(1 << 20))
    digest.update(THE_END)
    return digest.hexdigest()


long_only = pytest.mark.skipif(
    settings().max_examples <= 100, reason="in longer profiles only"
)


@pytest.mark.slow
@long_only
def test_three_gigabytes_arrive_whole(folder: Path, three_gigabytes: str) -> None:
    with Server(file_server(), folder / "sparse") as server:
        client = Client(server.port)
        answer = client.get("/")
        client.close()
    assert answer == Answer(200, str(FAR + len(THE_END)), None, three_gigabytes)


@needs_nginx
@pytest.mark.slow
@long_only
def test_three_gigabytes_arrive_whole_through_the_proxy(
    nginx: Nginx, three_gigabytes: str
) -> None:
    [answer] = behind_the_proxy(nginx.port, [("/sparse", None)])
    assert answer == Answer(200, str(FAR + len(THE_END)), None, three_gigabytes)


#: One process and a socket with a name: a supervisor copies the descriptors of one process.
_ALONE = """
daemon off;
master_process off;
{user}
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
  access_log off;
  sendfile on;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen unix:{folder}/socket; root {root}; }}
}}
"""


@needs_nginx
@pytest.mark.slow
def test_nginx_survives_short_and_interrupted_calls(
    folder: Path, content: bytes, tmp_path: Path
) -> None:
    if (reason := user_notification()) is not None:
        pytest.skip(reason)
    program = str(find_program("nginx"))
    config = tmp_path / "nginx.conf"
    config.write_text(_ALONE.format(folder=tmp_path, root=folder, user=nginx_user()))
    command = [program, "-p", str(tmp_path), "-c", str(config)]
    with ThreadPoolExecutor() as pool:
        ending = pool.submit(
            run_shortened, command, most=1000, interrupt=7, timeout_s=600
        )
        try:
            got = get_by_name(tmp_path / "socket", "/file", ending)
        finally:
            stop_by_file(tmp_path / "pid", ending)
        ran = ending.result()
    assert hashlib.md5(got).digest() == hashlib.md5(content).digest()
    assert ran.shortened >= SIZE // 1000 - 1  # every call but the last
    assert ran.interrupted > 0


def get_by_name(name: Path, path: str, ending: Future[Shortened]) -> bytes:
    """Ask a server that listens at a name in the file system, as soon as it does."""
    while not name.exists():
        assert not ending.done(), ending.result()
        time.sleep(0.01)
    with socket.socket(socket.AF_UNIX) as connected:
        connected.settimeout(PATIENCE_S)
        connected.connect(str(name))
        client = http.client.HTTPConnection("localhost")
        client.sock = connected
        client.request("GET", path)
        return client.getresponse().read()


def stop_by_file(name: Path, ending: Future[Shortened]) -> None:
    """End the server whose process number is in a file, unless it has ended by itself."""
    while not ending.done():
        with contextlib.suppress(OSError, ValueError):
            os.kill(int(name.read_text()), signal.SIGTERM)
        time.sleep(0.05)


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # with keep-alive

    def log_message(self, *_: object) -> None:
        """Write nothing into the test's output."""


def test_pythons_own_server_behind_the_proxy_loses_no_byte(
    folder: Path, content: bytes
) -> None:
    def handler(*arguments: object) -> _Quiet:
        return _Quiet(*arguments, directory=str(folder))  # type: ignore[arg-type]

    with ExitStack() as stack:
        upstream = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        thread = threading.Thread(target=upstream.serve_forever)
        thread.start()
        stack.callback(thread.join)
        stack.callback(upstream.shutdown)
        answers = behind_the_proxy(upstream.server_port, [("/file", None)] * 5)
    assert {each.md5 for each in answers} == {hashlib.md5(content).hexdigest()}


#: Compares every body with the file and counts those that differ.
_WRK_SCRIPT = """
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(arguments)
  local file = io.open(arguments[1], "rb")
  expected = file:read("*a")
  file:close()
  right, wrong = 0, 0
end
function response(status, headers, body)
  if status == 200 and body == expected then right = right + 1 else wrong = wrong + 1 end
end
function done(summary, latency, requests)
  local right, wrong, lost = 0, 0, 0
  for _, thread in ipairs(threads) do
    right = right + thread:get("right")
    wrong = wrong + thread:get("wrong")
  end
  local e = summary.errors
  io.write(string.format("right=%d wrong=%d lost=%d\\n",
    right, wrong, e.connect + e.read + e.write + e.status))
end
"""


def under_wrk(port: int, path: str, folder: Path, file: Path) -> tuple[int, int, int]:
    """Load a server for a second; return right, wrong and lost answers."""
    (folder / "compare.lua").write_text(_WRK_SCRIPT)
    program = find_program("wrk")
    assert program is not None
    done = subprocess.run(
        [program, "--threads", "2", "--connections", "40", "--duration", "1s",
         "--timeout", f"{PATIENCE_S}s", "--script", f"{folder}/compare.lua",
         f"http://127.0.0.1:{port}{path}", "--", str(file)],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=True,
    )  # fmt: skip
    found = re.search(r"right=(\d+) wrong=(\d+) lost=(\d+)", done.stdout)
    assert found is not None, done.stdout
    right, wrong, lost = map(int, found.groups())
    return right, wrong, lost


def loaded(port: int, path: str, folder: Path, file: Path) -> tuple[int, int]:
    """Load a server until it has answered at all; return wrong and lost answers."""
    for _ in range(
        PATIENCE_S
    ):  # a busy machine may need more than a second for the first
        right, wrong, lost = under_wrk(port, path, folder, file)
        if right + wrong + lost > 0:
            break
    assert right > 0, f"{wrong} wrong and {lost} lost answers, none right"
    return wrong, lost


@needs_wrk
@pytest.mark.slow
def test_the_server_under_load_gives_right_answers_only(
    server: Server, folder: Path, tmp_path: Path
) -> None:
    before = server.descriptors
    assert loaded(server.port, "/", tmp_path, folder / "file") == (0, 0)
    assert server.settles_at(before) == before


@needs_wrk
@pytest.mark.slow
def test_the_proxy_under_load_gives_right_answers_only(
    server: Server, folder: Path, tmp_path: Path
) -> None:
    with Server(proxy(), server.port) as through:
        before = through.descriptors
        assert loaded(through.port, "/", tmp_path, folder / "file") == (0, 0)
        assert through.settles_at(before) == before


@needs_wrk
@pytest.mark.slow
def test_answers_that_are_not_the_file_are_counted_as_wrong(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "other").write_bytes(bytes(SIZE))
    right, wrong, _ = under_wrk(server.port, "/", tmp_path, tmp_path / "other")
    assert right == 0
    while wrong == 0:
        _, wrong, _ = under_wrk(server.port, "/", tmp_path, tmp_path / "other")


@needs_wrk
@needs_nginx
@pytest.mark.slow
def test_the_proxy_before_nginx_under_load_gives_right_answers_only(
    nginx: Nginx, folder: Path, tmp_path: Path
) -> None:
    with Server(proxy(), nginx.port) as through:
        before = through.descriptors
        assert loaded(through.port, "/file", tmp_path, folder / "file") == (0, 0)
        assert through.settles_at(before) == before
