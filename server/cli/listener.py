"""How requests are read off the wire."""

from __future__ import annotations

from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_LONGEST_HEAD = 65_536
"""Bytes of a request line with its headers; the longest is an authorization request that leads back from signing in."""

_KEEP_ALIVE = 75
"""Seconds that a silent connection is kept: longer than clients and proxies keep theirs (httpx 5, undici 4, AWS's load
balancers 60), so that no request meets a connection that is being closed.
"""

_IDLE_STREAMS = 3
"""Seconds that open streams get to end by themselves."""


def configuration(application: Any) -> uvicorn.Config:
    """uvicorn as Weir runs it: it logs nothing, believes no proxy (`server.web.address` decides that), and has no
    WebSockets.
    """
    return uvicorn.Config(
        application,
        loop="none",
        http=BoundedHttp,
        ws="none",
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_IDLE_STREAMS,
    )


class BoundedHttp(HttpToolsProtocol):
    """Hangs up on whoever sends headers without end, which uvicorn would keep in memory."""

    _in_head = True
    _head = 0

    def data_received(self, data: bytes) -> None:
        """Parse what arrived; the head may be as long as the limit and one more read."""
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > _LONGEST_HEAD and not self.transport.is_closing():
                self.send_400_response("The request line and headers are too long.")

    def on_message_begin(self) -> None:
        """Another request begins."""
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """What follows is the body, which is bounded where it is read."""
        self._in_head = False
        super().on_headers_complete()
