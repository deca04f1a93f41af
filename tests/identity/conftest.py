"""Identity over a real database, with passwords that are hashed cheaply."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from server.identity.identity import Identity
from server.identity.password import Passwords
from server.storage.database import Database
from tests.databases import Clock

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
GOOD = "four unrelated words"


@pytest.fixture
async def identity(database: Database, clock: Clock) -> Identity:
    """Nobody yet; people of welcome.example need not be added."""
    identity = Identity(database, clock, domains=["Welcome.example"], passwords=Passwords(CHEAP))
    await identity.prepare()
    return identity
