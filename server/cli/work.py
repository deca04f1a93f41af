"""`weir work`: a process that only carries out bulk jobs, beside servers over the same PostgreSQL database."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import click

from server import app
from server.cli import logs
from server.cli.options import OWN_PROVIDERS
from server.cli.serve import run_in_loop
from server.domain.errors import InvalidInput
from server.settings import Settings, load


@click.command()
@click.option("--home", help="Folder of its own or of a server; nothing lasting is kept in it.  [default: .weir]")
@OWN_PROVIDERS
def work(**options: Any) -> None:
    """Carry out bulk jobs beside the servers that share a PostgreSQL database, until stopped."""
    settings = load(**options)
    logs.configure(settings.log_level)
    if settings.database_url is None:
        raise InvalidInput(
            "weir work needs a PostgreSQL database shared with the server; an SQLite home has one process only.",
            field="database_url",
            fix="Set WEIR_DATABASE_URL to postgresql://..., or leave it to weir serve, which runs bulk jobs too.",
        )
    run_in_loop(_work(settings))


async def _work(settings: Settings) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, over.set)
    async with app.opened(settings, worker=True):
        click.echo("Carrying out bulk jobs. Press Ctrl-C to stop.")
        await over.wait()
    click.echo("Stopped.")
