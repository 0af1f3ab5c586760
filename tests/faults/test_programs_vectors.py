"""Programs that read and write by vectors and by messages, under short calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from heald import Verdict
from heald.faults.availability import user_notification
from heald.faults.foreign import run_shortened
from heald.faults.programs import check_program

pytestmark = pytest.mark.skipif(
    user_notification() is not None, reason=str(user_notification())
)

HEAD = """
import os, socket, sys
a, b = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_RDWR | os.O_CREAT)
data = os.read(a, 1 << 20)
def whole(send, data):
    while data:
        data = data[send(data):]
def halves(data):
    return [data[:len(data) // 2], data[len(data) // 2:]]
at = 0
def placed(data):
    global at
    n = os.pwritev(b, halves(data), at)
    at += n
    return n
one, two = socket.socketpair()
"""
#: How bytes go to the file, and how much of it comes from a socket.
WAYS = {
    "writev": "whole(lambda left: os.writev(b, halves(left)), data)",
    "pwritev": "whole(placed, data)",
    "send": "whole(one.send, data[:3000])\none.close()\n"
    "while got := two.recv(4096): whole(lambda left: os.write(b, left), got)",
    "sendmsg": "whole(lambda left: one.sendmsg(halves(left)), data[:3000])\none.close()\n"
    "while got := two.recvmsg(4096)[0]: whole(lambda left: os.write(b, left), got)",
    "readv": "whole(one.send, data[:3000])\none.close()\n"
    "room = bytearray(700), bytearray(4096)\n"
    "while n := os.readv(two.fileno(), room):\n"
    "    whole(lambda left: os.write(b, left), (room[0] + room[1])[:n])",
}
#: The same with one call that is not gone on with.
ONCE = {
    "writev": "os.writev(b, halves(data))",
    "pwritev": "os.pwritev(b, halves(data), 0)",
    "send": "one.send(data[:3000])\none.close()\n"
    "while got := two.recv(4096): whole(lambda left: os.write(b, left), got)",
    "recv": "whole(one.send, data[:3000])\n"
    "whole(lambda left: os.write(b, left), two.recv(3000))",
    "recvfrom": "whole(one.send, data[:3000])\n"
    "whole(lambda left: os.write(b, left), two.recvfrom(3000)[0])",
    "recvmsg": "whole(one.send, data[:3000])\n"
    "whole(lambda left: os.write(b, left), two.recvmsg(3000)[0])",
    "readv": "whole(one.send, data[:3000])\nroom = bytearray(3000)\n"
    "whole(lambda left: os.write(b, left), room[:os.readv(two.fileno(), [room])])",
}
DATAGRAMS = (
    "one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
    "one.send(data[:3000]); one.sendmsg([data[:10], data[10:3000]])\n"
    "whole(lambda left: os.write(b, left), two.recv(3000) + two.recvmsg(3000)[0])"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "from").write_bytes(bytes(range(256)) * 30)
    return tmp_path


def shortened(text: str) -> tuple[int, bytes]:
    command = [sys.executable, "-c", HEAD + text, "from", "to"]
    ran = run_shortened(command, most=77, copies=True)
    assert ran.stderr == b""
    return ran.shortened, Path("to").read_bytes()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("way", WAYS)
def test_loop_that_goes_on_has_all_bytes(way: str) -> None:
    cut, got = shortened(WAYS[way])
    assert cut > 30
    sent = Path("from").read_bytes()
    assert got == (sent if "write" in way else sent[:3000])


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("way", ONCE)
def test_call_that_is_not_gone_on_with_is_cut(way: str) -> None:
    cut, got = shortened(ONCE[way])
    assert cut > 0
    assert got == Path("from").read_bytes()[:77]


MESSAGES = """
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static char data[3000], got[3000];
static unsigned many(int socket, int receives, char *bytes) {
    struct iovec parts[2] = {{bytes, 2000}, {bytes + 2000, 1000}};
    struct mmsghdr messages[2];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < 2; i++)
        messages[i].msg_hdr.msg_iov = &parts[i], messages[i].msg_hdr.msg_iovlen = 1;
    int n = receives ? recvmmsg(socket, messages, 2, MSG_WAITFORONE, NULL)
                     : sendmmsg(socket, messages, 2, 0);
    return n < 1 ? 0 : n > 1 ? messages[0].msg_len + messages[1].msg_len : messages[0].msg_len;
}
int main(int count, char **names) {
    int ends[2], from = open(names[1], O_RDONLY);
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    if (read(from, data, sizeof data) != sizeof data || socketpair(AF_UNIX, KIND, 0, ends))
        return 1;
    unsigned sent = many(ends[0], 0, data);
    ssize_t n = count > 3 ? recvfrom(ends[1], got, sizeof got, 0, (void *)&name, &length)
                          : (ssize_t)many(ends[1], 1, got);
    int to = open(names[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (ssize_t at = 0, put; at < n; at += put)
        if ((put = write(to, got + at, (size_t)(n - at))) <= 0)
            return 1;
    return sent == 0;
}
"""


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "more", [[], ["with the name of the sender"]], ids=["many", "name"]
)
@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_first_of_many_messages_of_a_stream_is_cut(kind: str, more: list[str]) -> None:
    Path("messages.c").write_text(MESSAGES)
    compiler = ["gcc", f"-DKIND={kind}", "-o", "messages", "messages.c"]
    subprocess.run(compiler, check=True)
    ran = run_shortened(["./messages", "from", "to", *more], most=77, copies=True)
    assert (ran.returncode, ran.stderr) == (0, b"")
    whole = 2000 if more else 3000
    expected = 77 if kind == "SOCK_STREAM" else whole
    assert Path("to").read_bytes() == Path("from").read_bytes()[:expected]


@pytest.mark.usefixtures("here")
def test_datagrams_are_whole() -> None:
    _, got = shortened(DATAGRAMS)
    assert got == Path("from").read_bytes()[:3000] * 2


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_one_vector_is_a_failure_of_the_program() -> None:
    command = [sys.executable, "-c", HEAD + ONCE["writev"], "from", "to"]
    report = check_program(command)
    assert report.verdict is Verdict.FAILED
    assert "to: 77 bytes" in report.text()
