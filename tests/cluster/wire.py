"""A wire to a port of this machine that can be cut: held, as by a dead router, or closed."""

from __future__ import annotations

import contextlib
import socket
import threading


class Wire:
    """Connections to a port of this machine pass through it.

    Attributes
    ----------
    port
        Where it listens.
    """

    def __init__(self, to: int) -> None:
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._passes = threading.Event()
        self._passes.set()
        self._is_closed = False
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def hold(self) -> None:
        """Let nothing through, and tell nobody."""
        self._passes.clear()

    def let(self) -> None:
        """Let everything through, what was held first."""
        self._passes.set()

    def close(self) -> None:
        """End all connections; take no more."""
        self._is_closed = True
        self._passes.set()
        self._end(self._listener, *self._ends)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._to))
                except OSError:  # nobody listens there yet
                    near.close()
                    continue
                self._ends += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self._passes.wait()
                if self._is_closed:
                    break
                sink.sendall(data)
        self._end(source, sink)

    @staticmethod
    def _end(*sockets: socket.socket) -> None:
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
