"""`weir connect`: adds Weir to a client on this machine, or says how."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from server.cli import client_files
from server.cli.running import find
from server.domain.errors import InvalidInput
from server.domain.site import is_url
from server.settings import Auth, Settings, load
from server.web.assistants.config_file import ConfigFile
from server.web.assistants.door import Door
from server.web.assistants.guide import Guide
from server.web.assistants.guides import guide, guides

_CLIENTS = tuple(known.slug for known in guides(Door("http://127.0.0.1:8000/mcp")))


@click.command(help=f"Connect CLIENT to this server: {', '.join(_CLIENTS[:-1])} or {_CLIENTS[-1]}.")
@click.argument("client", type=click.Choice(_CLIENTS), metavar="CLIENT")
@click.option("--url", help="The server's address, such as https://weir.example.com.  [default: this machine's server]")
@click.option("--key", help="A personal key (weir keys create) for the client to send instead of signing in.")
@click.option("--write", is_flag=True, help="Change the client's configuration instead of showing what to change.")
@click.option("--file", "path", type=click.Path(path_type=Path), help="The configuration file, if not the usual one.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
def connect(client: str, url: str | None, key: str | None, path: Path | None, *, write: bool, yes: bool) -> None:
    """Show how a client is connected, or connect it."""
    door = _door(url, key, load())
    found = guide(client, door)
    if key and not found.takes_keys:
        raise InvalidInput(f"{found.name} takes no keys; it signs in.", field="key", fix="Leave --key out.")
    if write:
        _carry_out(found, path, ask=not yes)
        click.echo("\n".join(_afterwards(found, door)))
    else:
        click.echo("\n".join([*_explained(found, door), *_afterwards(found, door)]))


def _door(url: str | None, key: str | None, settings: Settings) -> Door:
    door = Door(_endpoint(url, settings), settings.auth, key)
    # A server that others can reach is never open, whatever this machine's settings say.
    return door if door.loopback else replace(door, auth=Auth.BUILTIN)


def _endpoint(url: str | None, settings: Settings) -> str:
    if url is not None and not is_url(url):
        raise InvalidInput(
            f"{url} is not a URL that starts with http:// or https://.", field="url", fix="Correct --url."
        )
    running = None if url or settings.public_url else find(settings)
    base = url or settings.public_url or (running.url if running else f"http://{settings.host}:{settings.port}")
    return f"{base.rstrip('/').removesuffix('/mcp')}/mcp"


def _explained(found: Guide, door: Door) -> Iterator[str]:
    yield f"{found.name}, {door.endpoint}"
    if found.from_the_internet and not door.public:
        yield "\nThe services of its maker call this URL, so it has to be on the internet and start with https://."
    if found.link and not door.key:
        yield f"\nOpen this link:\n  {found.link}"
    if found.command:
        yield f"\nRun:\n  {found.command_line}"
    yield from found.steps
    if found.file:
        where = "\n  ".join(found.file.places)
        yield f"\nAdd to\n  {where}\n" if where else ""
        yield found.file.text


def _afterwards(found: Guide, door: Door) -> Iterator[str]:
    if door.signs_in and found.sign_in:
        yield f"\nTo sign in: {found.sign_in}"
    yield from (f"\n{note}" for note in found.notes)


def _carry_out(found: Guide, path: Path | None, *, ask: bool) -> None:
    file = found.file
    if file and (target := path or client_files.place(file, sys.platform)):
        _write(file, target, ask=ask)
    elif found.command and path is None and found.slug != "mcp-remote":
        _run(found, ask=ask)
    else:
        raise InvalidInput(
            f"{found.name} has no configuration that Weir could change.",
            field="write",
            fix=f"Run weir connect {found.slug} without --write, and follow what it says.",
        )


def _write(file: ConfigFile, target: Path, *, ask: bool) -> None:
    old = client_files.read(target)
    new = client_files.merged(old, file, target)
    if new == old:
        click.echo(f"{target} says so already.")
        return
    if ask:
        click.confirm(f"Write to {target}?\n{file.text}\n", abort=True, default=True)
    backup = client_files.write(target, new)
    click.echo(f"Wrote {target}." + (f" What was there before is in {backup}." if backup else ""))


def _run(found: Guide, *, ask: bool) -> None:
    program = shutil.which(found.command[0])
    if program is None:
        raise InvalidInput(
            f"There is no command {found.command[0]} here.",
            field="client",
            fix=f"Where {found.name} is installed, run:\n{found.command_line}",
        )
    if ask:
        click.confirm(f"Run this?\n{found.command_line}\n", abort=True, default=True)
    # The command is one of those in guides.py, and no shell reads it.
    ended = subprocess.run([program, *found.command[1:]], check=False)  # noqa: S603 - see above
    if ended.returncode:
        raise InvalidInput(
            f"{found.command[0]} ended with code {ended.returncode}.", field="client", fix="It says why above."
        )
