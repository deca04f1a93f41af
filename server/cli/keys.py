"""`weir keys`: what command lines and scripts present instead of signing in."""

from __future__ import annotations

from typing import Any

import click

from server.cli.options import HOME
from server.cli.running import ask
from server.domain.errors import InvalidInput
from server.domain.principal import USUAL, scope_text
from server.settings import load
from tools import SURFACE


@click.group()
def keys() -> None:
    """Make keys for command lines and scripts, and take them back.

    Works while a server runs, and takes effect there at once.
    """


@keys.command()
@click.option("--name", required=True, help="What the key is for; the ledger calls its calls by this.")
@click.option("--member", required=True, metavar="EMAIL", help="Who answers for what is spent with it.")
@click.option("--workspace", default="default", show_default=True, help="The workspace that it opens.")
@click.option("--scopes", default=scope_text(USUAL), show_default=True, help="What it allows, separated by spaces.")
@click.option("--toolsets", default="", help="Toolsets that it sees, separated by commas.  [default: all]")
@click.option("--limit", default="", help="Most credits that may be spent with it in a month.  [default: no limit]")
@click.option("--expires", default="90d", show_default=True, help="After so many days, or never.")
@HOME
def create(home: str | None, **wanted: str) -> None:
    """Make a key and print it, alone on the first line; it is not shown again."""
    _refuse_unknown(wanted["toolsets"])
    (made,) = ask(load(home=home), "create key", **wanted)
    click.echo(made["key"])
    until = f"until {made['expires']}" if made["expires"] else "until it is revoked"
    click.echo(
        f"This is {made['id']}, valid {until}. Send it in the header Authorization: Bearer, or set WEIR_KEY.", err=True
    )


@keys.command("list")
@HOME
def list_(**options: Any) -> None:
    """Print all keys: id, state, name, member, workspace, scopes, limit, last day of use, separated by tabs."""
    for row in ask(load(**options), "keys"):
        limit = "" if row["limit"] is None else f"{row['limit']:g}"
        columns = (row["id"], row["state"], row["name"], row["member"], row["workspace"], row["scopes"], limit)
        click.echo("\t".join((*columns, row["used"] or "never")))


@keys.command()
@click.argument("id")
@HOME
def revoke(id: str, **options: Any) -> None:  # noqa: A002 - named for the command line
    """Make the key with that ID worthless at once."""
    (done,) = ask(load(**options), "revoke key", id=id)
    click.echo(f"{id} {'is revoked' if done['revoked'] else 'is no key that is in force'}.")


def _refuse_unknown(toolsets: str) -> None:
    unknown = [name for name in toolsets.replace(",", " ").split() if name not in SURFACE.toolsets]
    if unknown:
        raise InvalidInput(
            f"There is no toolset {unknown[0]!r}.",
            field="toolsets",
            fix=f"The toolsets are {', '.join(SURFACE.toolsets)}.",
        )
