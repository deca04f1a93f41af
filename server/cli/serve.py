"""`weir serve` and `weir sandbox`: the processes that listen."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any

import click
import uvicorn

from server import app
from server.domain.errors import InvalidInput
from server.settings import Auth, Providers, Settings, load


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", help="Port to listen on; 0 picks a free one.  [default: 8000]")
@click.option("--home", help="Folder of all state.  [default: .weir]")
@click.option("--auth", type=click.Choice([auth.value for auth in Auth]), help="Who may call.")
@click.option("--providers", type=click.Choice([one.value for one in Providers]), help="Real providers or the sandbox.")
def serve(**options: Any) -> None:
    """Run the MCP server."""
    settings = load(**options)
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s")
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
    try:
        from uvloop import run  # noqa: PLC0415 - not there on Windows
    except ImportError:
        run = asyncio.run
    try:
        run(main)
    except KeyboardInterrupt:
        click.echo("Stopped.")


async def _serve(settings: Settings) -> None:
    listener = _listen(settings)
    port = listener.getsockname()[1]
    url = settings.public_url or f"http://{_printable(settings.host)}:{port}"
    async with app.opened(settings) as weir:
        config = uvicorn.Config(
            app.web(weir, url.rstrip("/")),
            loop="none",
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
        server = uvicorn.Server(config)
        with _announced(settings, url.rstrip("/")):
            click.echo(greeting(url.rstrip("/"), sandbox=weir.upstreams.sandbox))
            await server.serve(sockets=[listener])


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
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


@contextmanager
def _announced(settings: Settings, url: str) -> Generator[None]:
    """Leave a note in the home folder while serving, so that the shell commands find the server that owns it."""
    note = settings.home / SERVING
    settings.home.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps({"url": url}))
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


SERVING = "serving.json"


def greeting(url: str, *, sandbox: bool) -> str:
    """What `serve` prints: where it is, and how to connect the usual clients."""
    endpoint = f"{url}/mcp"
    cursor = json.dumps({"mcpServers": {"weir": {"url": endpoint}}})
    code = json.dumps({"name": "weir", "type": "http", "url": endpoint})
    mode = "simulated providers, nothing costs money" if sandbox else "real providers, calls cost credits"
    return "\n".join(
        [
            f"Weir is running on {url} ({mode}).",
            "",
            f"  MCP endpoint   {endpoint}",
            f"  Claude Code    claude mcp add --transport http weir {endpoint}",
            f"  Claude Desktop npx -y mcp-remote {endpoint}   (as a local server; see README)",
            f"  Cursor         ~/.cursor/mcp.json: {cursor}",
            f"  VS Code        code --add-mcp '{code}'",
            "",
            "Press Ctrl-C to stop.",
        ]
    )
