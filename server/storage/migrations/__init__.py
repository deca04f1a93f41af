"""Brings a database to the schema of this Weir. Alembic is imported only where there is something to do."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import StorageUnavailable

HEAD = "0010"
"""The newest revision in `versions`."""

VERSION_TABLE = "weir_version"
CURRENT = "SELECT version_num FROM weir_version"

_alembic = Lock()
"""Alembic keeps its context in module globals, so one process migrates one database at a time."""


def upgrade(engine: Engine) -> None:
    """Run the revisions that `engine` lacks, all in one transaction. `StorageUnavailable` where it is newer than us."""
    # Half of Weir's start-up time, and needed only after an upgrade.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["engine"] = engine
    try:
        with _alembic:
            command.upgrade(config, HEAD)
    except CommandError as error:
        raise StorageUnavailable(
            f"The database was written by a newer Weir ({error}).",
            fix="Start the newer Weir again, or restore a backup from before the upgrade.",
        ) from error
    except SQLAlchemyError as error:
        raise StorageUnavailable(
            f"The database could not be brought to revision {HEAD}, and is as it was: {error}.",
            fix="Check the disk, and that the database user may create tables.",
        ) from error
