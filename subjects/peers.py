"""The subjects' own server and proxy as running programs, and nginx beside them.

Everything listens on 127.0.0.1, lives in a folder that the caller gives, and ends with the
``with`` block at the latest; a server whose parent is killed sees the end of its input, or dies
with it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from heald.building.build import compile as compile_c
from heald.faults.surroundings import find_program
from subjects.transfer import FOLDER

#: Guards against a hang only: nothing that is right takes as long on any machine.
PATIENCE_S = 60
#: Runs a program that gets SIGTERM when this process ends, however it ends: PR_SET_PDEATHSIG.
_DIES_WITH_US = (
    sys.executable,
    "-c",
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15); "
    "os.execv(sys.argv[1], sys.argv[1:])",
)


def file_server() -> Path:
    """Compile the event-loop server of one file."""
    return compile_c(
        [FOLDER / "file_server.c", FOLDER / "event_all.c"], kind="executable"
    )


def proxy(**defines: str) -> Path:
    """Compile the proxy that splices in both directions, with a flaw if `defines` make one."""
    return compile_c(
        [FOLDER / "proxy.c", FOLDER / "splice_all.c"],
        kind="executable",
        cflags=[f"-D{name}={value}" for name, value in defines.items()],
        ldflags=["-pthread"],
    )


class Served:
    """A process that listens on `port`."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def descriptors(self) -> int:
        """How many descriptors it holds now."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def settles_at(self, descriptors: int, patience_s: float = PATIENCE_S) -> int:
        """Wait until it holds no more descriptors than that; return how many it holds."""
        deadline = time.monotonic() + patience_s
        while self.descriptors > descriptors and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.descriptors

    def close(self) -> None:
        """End it."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Server(Served):
    """A running file_server or proxy, which prints its port and ends with its input.

    Parameters
    ----------
    argument
        The file to serve, or the port to forward to.
    """

    def __init__(self, program: Path, argument: Path | int) -> None:
        self.process = subprocess.Popen(
            [str(program), str(argument)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def close(self) -> None:
        """End it by its input.

        Raises
        ------
        AssertionError
            If it has died before.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(timeout=PATIENCE_S)
        self.process.stdout.close()
        assert code == 0, f"the server died: {code}"


_NGINX = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 600; }}
http {{
  access_log off;
  default_type application/octet-stream;
  sendfile on;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream behind {{ server 127.0.0.1:{upstream}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port};
    root {root};
    location /behind/ {{
      proxy_pass http://behind/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
"""


def nginx_user() -> str:
    """Return the line that lets nginx stay who it is: root would become somebody else."""
    return "user root root;" if os.geteuid() == 0 else ""


class Nginx(Served):
    """nginx with one worker: files of `root`, and ``/behind/`` from another port.

    It inherits a socket that listens already, so there is no port to guess and no start to
    wait for.

    Parameters
    ----------
    folder
        For everything that it writes.
    upstream
        The port that ``/behind/`` asks, with keep-alive.
    """

    def __init__(self, folder: Path, root: Path, upstream: int = 9) -> None:
        program = find_program("nginx")
        assert program is not None, "callers skip where nginx is missing"
        folder.mkdir()
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            self.port = listener.getsockname()[1]
            config = folder / "nginx.conf"
            config.write_text(
                _NGINX.format(
                    folder=folder,
                    root=root,
                    port=self.port,
                    upstream=upstream,
                    user=nginx_user(),
                )
            )
            with open(folder / "start.log", "wb") as log:
                self.process = subprocess.Popen(
                    [*_DIES_WITH_US, program, "-p", str(folder), "-c", str(config)],
                    stdin=subprocess.DEVNULL,
                    stderr=log,
                    pass_fds=(listener.fileno(),),
                    env={"NGINX": f"{listener.fileno()};", "PATH": os.defpath},
                )

    def close(self) -> None:
        """End it at once."""
        self.process.terminate()
        self.process.wait(timeout=PATIENCE_S)
