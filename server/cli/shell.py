"""`weir call` and `weir preview`: the tools from the shell, through the running server where there is one."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import click

from server import app
from server.cli.options import HOME, PROVIDERS
from server.cli.running import find
from server.domain.errors import InvalidInput
from server.domain.principal import LOCAL, Principal
from server.edge.remote import call_remote
from server.settings import Settings, load

SHELL = Principal(LOCAL.workspace, LOCAL.member, client="weir-shell")


@click.command()
@click.argument("tool")
@click.argument("arguments", nargs=-1, metavar="KEY=VALUE...")
@HOME
@PROVIDERS
def call(tool: str, arguments: tuple[str, ...], **options: Any) -> None:
    """Call TOOL and print its result as JSON; exits 1 where the call failed, 2 where it was not made."""
    _print(load(**options), tool, pairs(arguments))


@click.command()
@click.argument("tool")
@click.argument("arguments", nargs=-1, metavar="KEY=VALUE...")
@HOME
@PROVIDERS
def preview(tool: str, arguments: tuple[str, ...], **options: Any) -> None:
    """Print what a call of TOOL would cost, without making it."""
    _print(load(**options), "preview_cost", {"tool": tool, "arguments": pairs(arguments)})


def pairs(arguments: tuple[str, ...]) -> dict[str, str]:
    """`key=value` words as a mapping; values stay text, as tools accept numbers and JSON as text."""
    split = [word.partition("=") for word in arguments]
    for key, equals, _ in split:
        if not (key and equals):
            raise InvalidInput(
                f"{key!r} is not KEY=VALUE.", field=key, fix='Write it as email=ada@example.com or name="Ada L".'
            )
    return {key: value for key, _, value in split}


def _print(settings: Settings, tool: str, arguments: dict[str, Any]) -> None:
    result = asyncio.run(_call(settings, tool, arguments))
    click.echo(json.dumps(result["structuredContent"], indent=2, ensure_ascii=False))
    if result["isError"]:
        sys.exit(1)


async def _call(settings: Settings, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    running = await asyncio.to_thread(find, settings)
    if running is not None:
        key = settings.key.get_secret_value() if settings.key else None
        return await call_remote(f"{running.url}/mcp", tool, arguments, key)
    async with app.opened(settings) as weir:
        return await weir.edge().call(tool, arguments, SHELL)
