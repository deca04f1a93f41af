"""All subcommands of `weir`."""

from __future__ import annotations

import sys

import click

from server import __version__
from server.cli import logs
from server.cli.approvals import approvals
from server.cli.bulk import bulk
from server.cli.connect import connect
from server.cli.docs import docs
from server.cli.doctor import doctor
from server.cli.keys import keys
from server.cli.machines import clients
from server.cli.prices import prices
from server.cli.serve import sandbox, serve
from server.cli.shell import call, preview
from server.cli.suppress import suppress
from server.cli.users import audit, users, workspaces
from server.cli.webhooks import webhooks
from server.cli.work import work
from server.domain.errors import WeirError
from server.settings import LogLevel


@click.group()
@click.version_option(__version__, prog_name="weir")
def cli() -> None:
    """A metered door to B2B enrichment providers for AI assistants."""


for command in (
    serve,
    work,
    connect,
    call,
    preview,
    bulk,
    doctor,
    prices,
    suppress,
    approvals,
    webhooks,
    users,
    workspaces,
    keys,
    clients,
    audit,
    sandbox,
    docs,
):
    cli.add_command(command)


def run() -> None:
    """Run the command line; errors of ours are a sentence and a fix, not a traceback.

    A command says itself what went wrong, so only `serve` logs more than errors.
    """
    logs.configure(LogLevel.ERROR)
    try:
        cli()
    except WeirError as error:
        click.echo(f"weir: {error.message}" + (f"\n      {error.fix}" if error.fix else ""), err=True)
        sys.exit(2)
