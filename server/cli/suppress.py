"""`weir suppress`: people and companies who asked not to be looked up."""

from __future__ import annotations

from typing import Any

import click

from server.cli.options import HOME
from server.cli.running import ask
from server.settings import load


@click.group()
def suppress() -> None:
    """Keep a list of people and companies who may not be looked up or returned.

    Works while a server runs, and takes effect there at once.
    """


@suppress.command()
@click.argument("subject")
@click.option("--reason", default="opted out", show_default=True, help="Why, for the record.")
@HOME
def add(subject: str, reason: str, **options: Any) -> None:
    """Suppress SUBJECT: an e-mail address, a domain, a profile URL or a phone number; stored answers are purged."""
    (kept,) = ask(load(**options), "suppress", subject=subject, reason=reason)
    click.echo(f"{kept['subject']} is suppressed; stored answers purged: {kept['purged']}.")


@suppress.command()
@click.argument("subject")
@HOME
def remove(subject: str, **options: Any) -> None:
    """Allow SUBJECT again."""
    (done,) = ask(load(**options), "allow", subject=subject)
    click.echo(f"{subject} {'is allowed again' if done['removed'] else 'was not on the list'}.")


@suppress.command("list")
@HOME
def list_(**options: Any) -> None:
    """Print the list: subject, day and reason, separated by tabs."""
    for entry in ask(load(**options), "suppressed"):
        click.echo(f"{entry['subject']}\t{entry['since']}\t{entry['reason']}")
