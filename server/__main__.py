"""The `weir` command."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line."""
    # Importing allocates much and frees nothing: searching that for garbage is a tenth of the start-up.
    gc.disable()
    from server.cli.commands import run  # noqa: PLC0415 - after the line above

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
