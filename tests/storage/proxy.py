"""A TCP relay that can lose a connection at a chosen moment."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from enum import Enum, auto
from typing import Self
from urllib.parse import urlsplit, urlunsplit


class Loss(Enum):
    """When the connection breaks that carries a COMMIT."""

    BEFORE = auto()
    """The COMMIT never reaches the server."""
    AFTER = auto()
    """The server commits, and its reply never arrives."""


class Proxy:
    """Relays connections to the PostgreSQL server of a URL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        host = f"{parts.username or 'postgres'}@127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = urlunsplit(parts._replace(netloc=host))
        self.losing: Loss | None = None
        self.refusing = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection."""
        for pair in self._pairs:
            _close(*pair)
        self._pairs = []

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.refusing:
                    client.close()
                    continue
                server = socket.create_connection(self._server)
                for each in (client, server):
                    # As on the connections that this stands between: otherwise small commands wait for one another.
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._pairs.append((client, server))
                threading.Thread(target=self._upstream, args=(client, server), daemon=True).start()
                threading.Thread(target=_relay, args=(server, client), daemon=True).start()

    def _upstream(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                losing = self.losing if b"COMMIT" in data else None
                if losing is not None:
                    self.losing = None
                    if losing is Loss.AFTER:
                        client.shutdown(socket.SHUT_RDWR)
                        server.sendall(data)
                        server.recv(65_536)
                    break
                server.sendall(data)
        _close(client, server)


def _relay(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    _close(source, target)


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
