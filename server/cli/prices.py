"""`weir prices`: the price rows in force, price alarms, and confirming a price after an alarm."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import click

from server import app
from server.catalog import read_providers
from server.domain.money import plain
from server.settings import load


@click.group(invoke_without_command=True)
@click.pass_context
def prices(context: click.Context) -> None:
    """List the price rows in force."""
    if context.invoked_subcommand is None:
        for provider in read_providers().values():
            for operation in provider.manifest.operations.values():
                row = operation.price(datetime.now(UTC).date())
                click.echo(
                    f"{provider.name:<12} {operation.name:<28} hit {plain(row.hit):<6g} miss {plain(row.miss):<6g} "
                    f"hold {plain(row.hold):<6g} per {row.unit}, since {row.since}"
                )


@prices.command()
@click.option("--home", help="Folder of all state.  [default: .weir]")
def alarms(**options: Any) -> None:
    """List operations that charged more than they were quoted and are off automatic routing."""
    for provider, operation in sorted(asyncio.run(_alarms(options))):
        click.echo(f"{provider} {operation}")


@prices.command()
@click.argument("provider")
@click.argument("operation")
@click.option("--home", help="Folder of all state.  [default: .weir]")
def confirm(provider: str, operation: str, **options: Any) -> None:
    """Put OPERATION of PROVIDER back on automatic routing, after its price row was checked."""
    asyncio.run(_confirm(options, provider, operation))
    click.echo(f"{provider} {operation} is back on automatic routing.")


async def _alarms(options: dict[str, Any]) -> frozenset[tuple[str, str]]:
    async with app.opened(load(**options)) as weir:
        return await weir.engine.books.ledger.alarms()


async def _confirm(options: dict[str, Any], provider: str, operation: str) -> None:
    async with app.opened(load(**options)) as weir:
        await weir.engine.books.ledger.confirm(provider, operation)
