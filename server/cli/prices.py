"""`weir prices`: the price rows in force, price alarms, and confirming a price after an alarm."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from server.catalog import read_providers
from server.cli.options import HOME
from server.cli.running import ask
from server.domain.errors import InvalidInput
from server.domain.money import plain
from server.settings import load


@click.group(invoke_without_command=True)
@click.pass_context
def prices(context: click.Context) -> None:
    """List the price rows in force."""
    if context.invoked_subcommand is not None:
        return
    today = datetime.now(UTC).date()
    for provider in read_providers().values():
        for operation in provider.manifest.operations.values():
            row = operation.in_force(today)
            if row is None:
                click.echo(f"{provider.name:<12} {operation.name:<28} no price in force: it is not asked")
                continue
            click.echo(
                f"{provider.name:<12} {operation.name:<28} hit {plain(row.hit):<6g} miss {plain(row.miss):<6g} "
                f"hold {plain(row.hold):<6g} per {row.unit}, since {row.since}"
            )


@prices.command()
@HOME
def alarms(**options: Any) -> None:
    """List operations that charged more than they were quoted and are off automatic routing."""
    for one in ask(load(**options), "alarms"):
        click.echo(
            f"{one['provider']} {one['operation']}: charged {one['charged']:g} where at most {one['quoted']:g} was "
            f"quoted, {one['at']}. Check the price, then: weir prices confirm {one['provider']} {one['operation']}"
        )


@prices.command()
@click.argument("provider")
@click.argument("operation")
@HOME
def confirm(provider: str, operation: str, **options: Any) -> None:
    """Put OPERATION of PROVIDER back on automatic routing, after its price row was checked."""
    (done,) = ask(load(**options), "confirm", provider=provider, operation=operation)
    if not done["confirmed"]:
        raise InvalidInput(
            f"There is no price alarm about {provider} {operation}.", field="operation", fix="See: weir prices alarms"
        )
    click.echo(f"{provider} {operation} is back on automatic routing.")
