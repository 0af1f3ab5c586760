"""Unmodified programs whose zero-copy calls come back short."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from heald.faults.availability import user_notification
from heald.faults.foreign import run_shortened


@pytest.fixture(autouse=True, scope="module")
def _notified() -> None:
    why_not = user_notification()  # asked when a test runs: it compiles the host
    if why_not is not None:
        pytest.skip(why_not)


ONE_CALL = """
import os, sys
a, b = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
os.sendfile(b, a, 0, os.fstat(a).st_size)
"""
COPYFILE = "import shutil, sys; shutil.copyfile(sys.argv[1], sys.argv[2])"


@pytest.fixture
def paths(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "from").write_bytes(bytes(range(256)) * 100)
    return str(tmp_path / "from"), str(tmp_path / "to")


def same(paths: tuple[str, str]) -> bool:
    return Path(paths[0]).read_bytes() == Path(paths[1]).read_bytes()


def test_copyfile_of_python_survives_short_calls(paths: tuple[str, str]) -> None:
    ran = run_shortened([sys.executable, "-c", COPYFILE, *paths], most=1000)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.shortened >= 25
    assert same(paths)


def test_copyfile_of_python_survives_interruptions(paths: tuple[str, str]) -> None:
    ran = run_shortened([sys.executable, "-c", COPYFILE, *paths], most=1000, interrupt=3)
    assert ran.returncode == 0
    assert ran.interrupted > 0
    assert same(paths)


def test_one_sendfile_call_of_a_program_is_seen_to_be_short(
    paths: tuple[str, str],
) -> None:
    ran = run_shortened([sys.executable, "-c", ONE_CALL, *paths], most=1000)
    assert (ran.returncode, ran.calls, ran.shortened) == (0, 1, 1)
    assert Path(paths[1]).stat().st_size == 1000


@pytest.mark.skipif(shutil.which("cp") is None, reason="there is no cp")
def test_cp_survives_short_calls(paths: tuple[str, str]) -> None:
    ran = run_shortened(["cp", "--reflink=never", *paths], most=777)
    assert ran.returncode == 0
    assert same(paths)


def test_exit_code_and_output_are_the_programs_own() -> None:
    command = [sys.executable, "-c", "print('out'); raise SystemExit(7)"]
    ran = run_shortened(command, most=1)
    assert (ran.returncode, ran.stdout, ran.calls) == (7, b"out\n", 0)


UNREADY = """
import os, socket
a, b = socket.socketpair()
for each in (a, b): each.setblocking(False)
for call in (lambda: a.recv(9), lambda: [a.send(bytes(5000)) for _ in range(10**6)]):
    try: call()
    except BlockingIOError: print("again", flush=True)
b.close()
try: a.send(bytes(5000))
except (BrokenPipeError, ConnectionResetError): print("gone", flush=True)
"""


def test_call_that_would_not_wait_is_told_so_and_one_without_a_peer_is_told_that() -> (
    None
):
    ran = run_shortened([sys.executable, "-c", UNREADY], most=1000, copies=True)
    assert (ran.returncode, ran.stdout.split()) == (0, [b"again", b"again", b"gone"])
