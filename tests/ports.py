"""Ports for servers that are told theirs."""

from __future__ import annotations

import os
import random
import socket
from itertools import count

_LOWEST = 10_000
_EACH = 1_000
_SHARES = 20
"""Below the ports that systems give to connections, a share for each worker of pytest: a port that is free stays free
until the server that is told of it has come up."""

_turns = count(random.randrange(_EACH))


def free_port() -> int:
    """A port that nobody listens on, and that nobody else is told of."""
    share = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _SHARES
    while True:
        port = _LOWEST + share * _EACH + next(_turns) % _EACH
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
