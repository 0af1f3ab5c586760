"""Agents behind a real ``sshd`` on loopback: the same total, also when the connection is killed."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from heald.cluster.pipes import ssh_backend
from heald.explorer.program import check
from tests.cluster.asked import asking
from tests.cluster.test_agent import children_of
from tests.cluster.test_searching import ALL, COUNTING, ENDLESS

pytestmark = pytest.mark.slow

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
#: Where it puts whom it does not trust yet; as root it insists on it.
EMPTY = Path("/run/sshd")


def _keygen(file: Path) -> None:
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    """An ``sshd`` that lets this user in by a key, and an ``ssh`` that knows it as `far`."""
    if SSHD is None or not all(map(shutil.which, ("ssh", "ssh-keygen"))):
        pytest.skip("no sshd here: apt install openssh-server")
    if os.getuid() == 0:
        EMPTY.mkdir(mode=0o755, exist_ok=True)
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("host", "user"):
        _keygen(folder / name)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    (folder / "sshd_config").write_text(
        f"""
        ListenAddress 127.0.0.1:{port}
        HostKey {folder / "host"}
        AuthorizedKeysFile {folder / "user.pub"}
        PidFile none
        StrictModes no
        UsePAM no
        PermitRootLogin yes
        PasswordAuthentication no
        SetEnv PATH={path} HEALD_CACHE={os.environ.get("HEALD_CACHE", folder / "cache")}
        """
    )
    (folder / "ssh_config").write_text(
        f"""
        Host far
          HostName 127.0.0.1
          Port {port}
        Host nobody
          HostName 127.0.0.1
          Port 1
        Host *
          User {getpass.getuser()}
          IdentityFile {folder / "user"}
          IdentitiesOnly yes
          StrictHostKeyChecking no
          UserKnownHostsFile {folder / "known"}
          LogLevel ERROR
        """
    )
    own = folder / "bin" / "ssh"
    own.parent.mkdir()
    own.write_text(
        f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder / "ssh_config"} "$@"\n'
    )
    own.chmod(0o755)
    words = [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]
    with (
        pytest.MonkeyPatch.context() as patch,
        open(folder / "log", "wb") as log,
        subprocess.Popen(words, stderr=log) as process,
    ):
        patch.setenv("PATH", f"{own.parent}:{os.environ['PATH']}")
        try:
            _wait_for(port)
            if subprocess.run(["ssh", "far", "true"], check=False).returncode != 0:
                pytest.skip(f"this sshd lets nobody in: {(folder / 'log').read_text()}")
            yield process
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return


def test_a_search_over_ssh_has_the_same_total_also_when_a_connection_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: subprocess.Popen[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("counting.c").write_text(COUNTING.replace("CHECK", "return 0;"))
    cut: list[int] = []

    def kill(_: Mapping[str, object]) -> None:
        if not cut:
            cut.extend(children_of(server.pid)[:1])
            os.kill(cut[0], signal.SIGKILL)

    monkeypatch.setattr("heald.cluster.divided._TELL_EVERY_S", 0.0)
    with asking(ssh_backend(["far", "far"]), parts=8) as search:
        result = check(["counting.c"], on_progress=kill)
    assert cut
    assert (result.executions, result.exhaustive) == (ALL, True)
    assert set(search.by_machine) == {"far"}


@pytest.mark.parametrize("hosts", ["nobody", "far,nobody"])
def test_a_machine_that_ssh_never_reaches_is_named(
    tmp_path: Path, server: subprocess.Popen[bytes], hosts: str
) -> None:
    (tmp_path / "counting.c").write_text(COUNTING.replace("CHECK", "return 0;"))
    words = ["check", "counting.c", "--cluster", f"ssh:{hosts}", "--", *ENDLESS]
    done = subprocess.run(
        [sys.executable, "-m", "heald", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "3 agents on nobody died before they were ready" in said
    # One may be gone before anybody has asked it anything.
    assert said.count("Connection refused") in (3, 4)
    assert "Traceback" not in said
