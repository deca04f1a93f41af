"""`weir approvals`: what waits for a person, and their decision."""

from __future__ import annotations

from typing import Any

import click

from server.cli.options import HOME
from server.cli.running import ask, find
from server.settings import Auth, load


@click.group(invoke_without_command=True)
@HOME
@click.pass_context
def approvals(context: click.Context, home: str | None) -> None:
    """Show the spending that waits for a person's approval, and decide about it.

    Works while a server runs, and takes effect there at once.
    """
    if context.invoked_subcommand is not None:
        return
    settings = load(home=home)
    for row in ask(settings, "approvals"):
        click.echo(f"{row['id']}  waits until {row['until']}")
        for name, lines in row["facts"]:
            click.echo(f"  {name}: {'; '.join(lines)}")
    running = find(settings)
    if running is not None and settings.auth is not Auth.BUILTIN:
        click.echo(f"The code for the pages of approvals is {running.code}.", err=True)


@approvals.command()
@click.argument("id")
@HOME
def allow(id: str, **options: Any) -> None:  # noqa: A002 - named for the command line
    """Approve the request with that ID, once."""
    (row,) = ask(load(**options), "allow approval", id=id)
    click.echo(f"Approved; the job {row['job']} begins." if row["job"] else "Approved. The same call may run once now.")


@approvals.command()
@click.argument("id")
@HOME
def refuse(id: str, **options: Any) -> None:  # noqa: A002 - named for the command line
    """Refuse the request with that ID."""
    ask(load(**options), "refuse approval", id=id)
    click.echo("Refused. Nothing is spent.")
