"""Options that several commands have."""

from __future__ import annotations

import click

HOME = click.option("--home", help="Folder of all state.  [default: .weir]")
PROVIDERS = click.option("--providers", help="auto or sandbox; a running server keeps its own.")
