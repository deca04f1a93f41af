"""Options that several commands have."""

from __future__ import annotations

import click

from server.settings import Providers

HOME = click.option("--home", help="Folder of all state.  [default: .weir]")
PROVIDERS = click.option("--providers", help="auto or sandbox; a running server keeps its own.")
OWN_PROVIDERS = click.option(
    "--providers", type=click.Choice([one.value for one in Providers]), help="Real providers or the sandbox."
)
"""For the processes that stay."""
