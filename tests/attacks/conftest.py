"""One Weir for a whole module of attacks: none of them leaves anything behind that another could see."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.access.firm import Firm
from tests.attacks.attacker import attacked
from tests.isolation import foreign, isolated

__all__ = ["isolated"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def weir(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Firm]:
    """Ada administers `acme`, Bob is a member of it, Eve administers `globex`; all have the same password."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if not foreign(name):
                patch.delenv(name)
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        async with attacked(tmp_path_factory.mktemp("attacked") / "home") as running:
            yield running
