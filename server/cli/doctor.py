"""`weir doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import click

from server import app
from server.cli.shell import serving
from server.domain.account import Balance, GetBalance
from server.domain.errors import ProviderError, WeirError
from server.settings import load


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, what was found, and the fix where it is wrong."""

    subject: str
    said: str
    ok: bool = True
    fix: str | None = None


@click.command()
@click.option("--home", help="Folder of all state.  [default: .weir]")
@click.option("--providers", help="auto or sandbox.")
def doctor(**options: Any) -> None:
    """Check settings, storage, keys and the reachability of every provider; exits 1 where something is wrong."""
    healthy = asyncio.run(_report(options))
    sys.exit(0 if healthy else 1)


async def _report(options: dict[str, Any]) -> bool:
    healthy = True
    async for finding in examine(options):
        click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.subject:<12} {finding.said}")
        if finding.fix and not finding.ok:
            click.echo(f"      {'':<12} fix: {finding.fix}")
        healthy = healthy and finding.ok
    return healthy


async def examine(options: dict[str, Any]) -> AsyncIterator[Finding]:
    """Every finding, as it is made; a check that later ones rest on ends the examination when it fails."""
    try:
        settings = load(**options)
    except WeirError as error:
        yield _failed("settings", error)
        return
    yield Finding("settings", f"read; state lives in {settings.home.resolve()}")
    url = serving(settings)
    if url is not None:
        yield Finding("server", f"a server runs on {url} and owns the storage; see {url}/ready for the providers")
        return
    try:
        async with app.opened(settings) as weir:
            yield Finding("storage", f"opened and written: {_without_password(settings.database)}")
            async for finding in _providers(weir):
                yield finding
    except WeirError as error:
        yield _failed("storage" if error.code == "storage_unavailable" else "settings", error)


async def _providers(weir: app.Weir) -> AsyncIterator[Finding]:
    if weir.upstreams.sandbox:
        yield Finding("providers", "simulated by the sandbox; set a provider's API key to call the real one")
    replies = await weir.engine.ask_each(GetBalance())
    for name, provider in weir.upstreams.providers.items():
        manifest = provider.manifest
        if name not in weir.upstreams.connections:
            off = "switched off by default" if not manifest.enabled else f"no key ({manifest.environment} is not set)"
            yield Finding(name, f"{off}; makes no offers")
            continue
        match replies.get(name):
            case Balance(available=available) if available is not None:
                yield Finding(name, f"reachable, key accepted, {available:g} credits left")
            case ProviderError() as error:
                yield _failed(name, error)
            case _:
                yield Finding(name, "configured; this provider has no free call that would show whether it answers")


def _failed(subject: str, error: WeirError) -> Finding:
    return Finding(subject, error.message, ok=False, fix=error.fix)


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    credentials, at, host = rest.rpartition("@")
    return f"{scheme}://{credentials.partition(':')[0]}{at}{host}"
