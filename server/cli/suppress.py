"""`weir suppress`: people and companies who asked not to be looked up."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from server import app
from server.domain.principal import LOCAL
from server.settings import load
from server.suppression import OptOut


@click.group()
def suppress() -> None:
    """Keep a list of people and companies who may not be looked up or returned."""


@suppress.command()
@click.argument("subject")
@click.option("--reason", default="opted out", show_default=True, help="Why, for the record.")
@click.option("--home", help="Folder of all state.  [default: .weir]")
def add(subject: str, reason: str, **options: Any) -> None:
    """Suppress SUBJECT: an e-mail address, a domain, a profile URL or a phone number; stored answers are purged."""
    kept = asyncio.run(_add(options, subject, reason))
    click.echo(f"{kept} is suppressed.")


@suppress.command()
@click.argument("subject")
@click.option("--home", help="Folder of all state.  [default: .weir]")
def remove(subject: str, **options: Any) -> None:
    """Allow SUBJECT again."""
    asyncio.run(_remove(options, subject))


@suppress.command("list")
@click.option("--home", help="Folder of all state.  [default: .weir]")
def list_(**options: Any) -> None:
    """Print the list."""
    for entry in asyncio.run(_list(options)):
        click.echo(f"{entry.subject}\t{entry.reason}")


async def _add(options: dict[str, Any], subject: str, reason: str) -> str:
    async with app.opened(load(**options)) as weir:
        kept = await weir.engine.suppression.add(LOCAL.workspace, subject, reason, LOCAL.member)
        await weir.engine.books.cache.forget(LOCAL.workspace, kept)
        return kept


async def _remove(options: dict[str, Any], subject: str) -> None:
    async with app.opened(load(**options)) as weir:
        await weir.engine.suppression.remove(LOCAL.workspace, subject)


async def _list(options: dict[str, Any]) -> tuple[OptOut, ...]:
    async with app.opened(load(**options)) as weir:
        return await weir.engine.suppression.list(LOCAL.workspace)
