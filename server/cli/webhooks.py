"""`weir webhooks`: the secret that notices of bulk jobs are signed with."""

from __future__ import annotations

from typing import Any

import click

from server.cli.options import HOME
from server.cli.running import ask
from server.settings import load


@click.group()
def webhooks() -> None:
    """Show what the notices of bulk jobs are signed with.

    Works while a server runs, and takes effect there at once.
    """


@webhooks.command()
@click.option("--workspace", default="default", show_default=True, help="Whose secret.")
@click.option("--renew", is_flag=True, help="Make a new one; the old one signs nothing more.")
@HOME
def secret(workspace: str, *, renew: bool, **options: Any) -> None:
    """Print the secret with which a receiver checks the header X-Weir-Signature."""
    command = "renew webhook secret" if renew else "webhook secret"
    (row,) = ask(load(**options), command, workspace=workspace)
    click.echo(row["secret"])
