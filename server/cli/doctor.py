"""`weir doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import click

from server import app
from server.catalog import read_providers
from server.cli.options import HOME, PROVIDERS
from server.cli.running import find
from server.domain.errors import WeirError
from server.operator import Rows, finding
from server.provider_settings import provider_variables
from server.settings import Settings, load, mistyped, setting_variables


@click.command()
@HOME
@PROVIDERS
def doctor(**options: Any) -> None:
    """Check settings, storage, keys and the reachability of every provider; exits 1 where something is wrong."""
    healthy = True
    for found in examine(options):
        click.echo(f"{'ok  ' if found['ok'] else 'FAIL'}  {found['subject']:<12} {found['said']}")
        if found["fix"] and not found["ok"]:
            click.echo(f"      {'':<12} fix: {found['fix']}")
        healthy = healthy and found["ok"]
    sys.exit(0 if healthy else 1)


def examine(options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every finding, as it is made; a check that later ones rest on ends the examination when it fails."""
    try:
        settings = load(**options)
    except WeirError as error:
        yield _failed("settings", error)
        return
    yield finding("settings", f"read; state lives in {settings.home.resolve()}")
    yield from _mistyped()
    running = find(settings)
    if running is not None:
        yield finding("server", f"runs on {running.url}; what follows is its own examination")
        yield from running.ask("examine")
        return
    yield finding("server", "none runs in this home")
    try:
        yield finding("database", f"is {_without_password(settings.database)}")
        yield from asyncio.run(_examine_here(settings))
    except WeirError as error:
        yield _failed("storage" if error.code == "storage_unavailable" else "settings", error)


def _mistyped() -> Iterator[dict[str, Any]]:
    manifests = [provider.manifest for provider in read_providers().values()]
    known = {*setting_variables(), *(v for one in manifests for v in provider_variables(one.name, one.hosts))}
    for variable, meant in mistyped(known):
        fix = f"Rename it to {meant}, or take it away."
        yield finding("settings", f"{variable} is set, and means nothing.", ok=False, fix=fix)


async def _examine_here(settings: Settings) -> Rows:
    async with app.opened(settings) as weir:
        return await weir.operator.run("examine", {})


def _failed(subject: str, error: WeirError) -> dict[str, Any]:
    return finding(subject, error.message, ok=False, fix=error.fix)


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    credentials, at, host = rest.rpartition("@")
    return f"{scheme}://{credentials.partition(':')[0]}{at}{host.partition('?')[0]}"
