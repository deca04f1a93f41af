"""`weir users`, `weir workspaces` and `weir audit`: who may come in, and what happened at the door."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from server.cli.options import HOME
from server.cli.running import ask
from server.domain.errors import InvalidInput
from server.settings import load


@click.group()
def users() -> None:
    """Add people, lock them out, and give them links to choose a password.

    Works while a server runs, and takes effect there at once.
    """


@users.command("add")
@click.argument("email")
@click.option("--name", default="", help="What to call them.  [default: the address up to the @]")
@click.option("--workspace", default="default", show_default=True, help="Where they belong.")
@click.option("--admin", is_flag=True, help="Make them an administrator of the workspace.")
@click.option("--password-stdin", is_flag=True, help="Read their password from standard input.")
@HOME
def add_user(email: str, name: str, workspace: str, *, admin: bool, password_stdin: bool, **options: Any) -> None:
    """Add the person with the address EMAIL; without a password, print a link for them to choose one."""
    given = {"password": _password()} if password_stdin else {}
    (added,) = ask(load(**options), "add user", email=email, name=name, workspace=workspace, role=_role(admin), **given)
    click.echo(f"{added['email']} belongs to {workspace}{' as an administrator' if admin else ''}.")
    if added["link"]:
        _print_link(added)


def _password() -> str:
    """The first line of standard input."""
    return sys.stdin.readline().rstrip("\r\n")


def _role(admin: bool) -> str:
    return "admin" if admin else "member"


def _print_link(row: dict[str, Any]) -> None:
    click.echo(f"With this link {row['email']} chooses a password, once and within three days:\n  {row['link']}")


@users.command("list")
@HOME
def list_users(**options: Any) -> None:
    """Print everybody: address, name, workspaces with role, and whether they may come in, separated by tabs."""
    for row in ask(load(**options), "users"):
        state = "disabled" if row["disabled"] else "active"
        click.echo(f"{row['email']}\t{row['name']}\t{row['workspaces']}\t{state}")


@users.command("disable")
@click.argument("email")
@HOME
def disable_user(email: str, **options: Any) -> None:
    """Lock EMAIL out: signs them out everywhere and revokes their connections and keys for good."""
    (row,) = ask(load(**options), "disable user", email=email)
    click.echo(f"{row['email']} is disabled.")


@users.command("enable")
@click.argument("email")
@HOME
def enable_user(email: str, **options: Any) -> None:
    """Let EMAIL in again; what was revoked stays revoked."""
    (row,) = ask(load(**options), "enable user", email=email)
    click.echo(f"{row['email']} may sign in again.")


@users.command("password")
@click.argument("email")
@HOME
def invite_user(email: str, **options: Any) -> None:
    """Print a new link for EMAIL to choose a password; older links are void."""
    (row,) = ask(load(**options), "invite user", email=email)
    _print_link(row)


@click.group()
def workspaces() -> None:
    """Keep tenants apart: each workspace has its own members, budgets, opt-outs and stored answers."""


@workspaces.command("add")
@click.argument("id")
@click.option("--name", default="", help="What to call it.  [default: its id]")
@HOME
def add_workspace(id: str, name: str, **options: Any) -> None:  # noqa: A002 - named for the command line
    """Add a workspace; ID is short and lower case, such as acme-sales."""
    (row,) = ask(load(**options), "add workspace", id=id, name=name)
    click.echo(f"The workspace {row['id']} is there. Add people: weir workspaces join EMAIL {row['id']}")


@workspaces.command("list")
@HOME
def list_workspaces(**options: Any) -> None:
    """Print all workspaces: id and name, separated by a tab."""
    for row in ask(load(**options), "workspaces"):
        click.echo(f"{row['id']}\t{row['name']}")


@workspaces.command("join")
@click.argument("email")
@click.argument("workspace")
@click.option("--admin", is_flag=True, help="Make them an administrator.")
@HOME
def join_workspace(email: str, workspace: str, *, admin: bool, **options: Any) -> None:
    """Make EMAIL a member of WORKSPACE, or change what they are there."""
    ask(load(**options), "join workspace", email=email, workspace=workspace, role=_role(admin))
    click.echo(f"{email} belongs to {workspace}{' as an administrator' if admin else ''}.")


@workspaces.command("leave")
@click.argument("email")
@click.argument("workspace")
@HOME
def leave_workspace(email: str, workspace: str, **options: Any) -> None:
    """Take EMAIL out of WORKSPACE."""
    (row,) = ask(load(**options), "leave workspace", email=email, workspace=workspace)
    click.echo(f"{email} {'has left' if row['left'] else 'was no member of'} {workspace}.")


@click.command()
@click.option("--since", default="7d", show_default=True, help="A number of days such as 7d, or a date (UTC).")
@HOME
def audit(since: str, **options: Any) -> None:
    """Print who was let in or turned away and what was changed: time, event, workspace, member, client, details."""
    for row in ask(load(**options), "audit", since=_since(since).isoformat()):
        words = (row["at"], row["event"], row["workspace"], row["member"], row["client"])
        click.echo("\t".join([*map(_one_line, words), json.dumps(row["detail"])]))


def _one_line(word: str) -> str:
    """Text that strangers may have written, without anything that steers a terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in word)


def _since(text: str) -> datetime:
    if days := re.fullmatch(r"(\d{1,5})d", text):
        return datetime.now(UTC) - timedelta(days=int(days[1]))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"{text!r} is neither a number of days nor a date.", field="since", fix="Write 7d, or 2026-11-21."
        ) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
