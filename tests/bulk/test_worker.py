"""`weir work` as an operator meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bulk.fleet import fleet
from tests.cli.conftest import Command

pytestmark = pytest.mark.usefixtures("isolated")


def test_a_worker_without_a_shared_database_is_refused(weir: Command, tmp_path: Path):
    done = weir("work", "--home", tmp_path / "home")
    assert done.code == 2
    assert "needs a PostgreSQL database" in done.err
    assert not (tmp_path / "home").exists()


def test_a_worker_ends_in_order_when_it_is_told_to(tmp_path: Path, postgres_url: str):
    with fleet(tmp_path / "fleet", WEIR_DATABASE_URL=postgres_url) as made:
        made.start("server")
        made.start("ann")
        made.await_words("ann", "Carrying out bulk jobs.")
        made.stop()
        assert [process.exitcode for process in made.processes.values()] == [0, 0]
        assert "Stopped." in (made.folder / "ann.log").read_text()
