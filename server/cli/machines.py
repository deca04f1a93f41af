"""`weir clients`: programs that act for nobody in particular, and sign in with a secret (client_credentials)."""

from __future__ import annotations

from typing import Any

import click

from server.cli.options import HOME
from server.cli.running import ask
from server.domain.principal import USUAL, scope_text
from server.settings import load


@click.group()
def clients() -> None:
    """Add machine clients, which get access tokens for a secret, and remove them.

    Clients that people use need no adding: they register themselves. Works while a server runs.
    """


@clients.command()
@click.argument("name")
@click.option("--workspace", default="default", show_default=True, help="The workspace that it works in.")
@click.option("--scopes", default=scope_text(USUAL), show_default=True, help="What it may do, separated by spaces.")
@click.option("--limit", default="", help="Most credits that it may spend in a month.  [default: no limit]")
@HOME
def add(home: str | None, **wanted: str) -> None:
    """Add the machine NAME and print its client ID and secret; the secret is not shown again."""
    (made,) = ask(load(home=home), "add machine", **wanted)
    click.echo(f"client_id={made['id']}\nclient_secret={made['secret']}")
    click.echo("It gets access tokens from /token with grant_type=client_credentials.", err=True)


@clients.command("list")
@HOME
def list_(**options: Any) -> None:
    """Print all machines: client ID, name, workspace and scopes, separated by tabs."""
    for row in ask(load(**options), "machines"):
        click.echo("\t".join((row["id"], row["name"], row["workspace"], row["scopes"])))


@clients.command()
@click.argument("id")
@HOME
def remove(id: str, **options: Any) -> None:  # noqa: A002 - named for the command line
    """Remove the machine with that client ID; its tokens stop at once."""
    (done,) = ask(load(**options), "remove machine", id=id)
    click.echo(f"{id} {'is removed' if done['removed'] else 'is no machine of this server'}.")
