"""`weir serve` and `weir sandbox`: the processes that listen."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import secrets
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from types import FrameType
from typing import Any

import click
import uvicorn

from server import app
from server.cli import logs
from server.cli.clients import greeting
from server.cli.listener import configuration
from server.cli.options import HOME, OWN_PROVIDERS
from server.cli.running import Running, announced
from server.domain.errors import InvalidInput
from server.settings import Auth, Settings, load
from server.web.approval_code import new_code

_M_ARENA_MAX = -8
"""From glibc's malloc.h."""
_LAST_WORDS = 0.25
"""Seconds for the answers of the last calls to leave, before connections are closed."""


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", help="Port to listen on; 0 picks a free one.  [default: 8000]")
@HOME
@click.option("--auth", type=click.Choice([auth.value for auth in Auth]), help="Who may call.")
@OWN_PROVIDERS
def serve(**options: Any) -> None:
    """Run the MCP server."""
    settings = load(**options)
    logs.configure(settings.log_level)
    run_in_loop(_serve(settings))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=9000, show_default=True, help="Port to listen on; 0 picks a free one.")
def sandbox(host: str, port: int) -> None:
    """Run the simulated providers on their own."""
    # Imported here because no other command needs the simulated providers.
    from server.sandbox import app as simulated  # noqa: PLC0415 - see above

    run_in_loop(simulated.serve(host, port))


def run_in_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run `main` on uvloop where the platform has it; Ctrl-C ends it quietly."""
    _share_one_heap()
    try:
        from uvloop import run  # noqa: PLC0415 - not there on Windows
    except ImportError:
        run = asyncio.run
    try:
        run(main)
    except KeyboardInterrupt:
        click.echo("Stopped.")


def _share_one_heap() -> None:
    """Have all threads allocate from one heap, where the C library is glibc.

    By itself it gives every thread its own, and what one of them has freed is of no use to the others.
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


async def _serve(settings: Settings) -> None:
    listener = _listen(settings)
    local = f"http://{_printable(settings.host)}:{listener.getsockname()[1]}"
    url = settings.public_url or local
    running = Running(local, secrets.token_urlsafe(32), new_code())
    async with app.opened(settings) as weir:
        application = app.web(weir, url, token=running.token, code=running.code)
        server = _Server(configuration(application), lambda: weir.engine.stop(settings.call_seconds))
        with announced(settings, running):
            click.echo(greeting(url, sandbox=weir.upstreams.sandbox, auth=settings.auth, code=running.code))
            await _offer_setup(weir, url)
            await server.serve(sockets=[listener])
    click.echo("Stopped.")


async def _offer_setup(weir: app.Weir, url: str) -> None:
    """Print the link that makes its bearer the first administrator, while there is nobody."""
    if weir.settings.auth is not Auth.BUILTIN:
        return
    token = await weir.identity.invitations.setup()
    if token is not None:
        click.echo(f"Nobody can sign in yet. Become the first administrator, within a day:\n  {url}/setup/{token}")


class _Server(uvicorn.Server):
    """Ends in order: takes no new connections, lets running calls finish and answer, then closes what is open.

    uvicorn by itself cuts answers that are being streamed, and once it is done it raises the signal again, so that the
    process would die before storage is closed.
    """

    def __init__(self, config: uvicorn.Config, finish: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._finish = finish
        self._asked = False
        self._ending: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal asks for an orderly end, a second Ctrl-C for an end at once."""
        if self._asked and sig == signal.SIGINT:
            self.force_exit = self.should_exit = True
        self._asked = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether it is over."""
        if self._asked and self._ending is None:
            self._ending = asyncio.create_task(self._end())
        return await super().on_tick(counter)

    async def _end(self) -> None:
        for listening in self.servers:
            listening.close()
        await self._finish()
        await asyncio.sleep(_LAST_WORDS)
        self.should_exit = True


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise InvalidInput(
            f"Weir cannot listen on {settings.host}:{settings.port}: {error.strerror or error}.",
            field="port",
            fix="Stop what listens there, or choose another port, for example: make serve PORT=8001",
        ) from error
    return listener


def _printable(host: str) -> str:
    return f"[{host}]" if ":" in host else host
