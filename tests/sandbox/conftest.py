"""The sandbox in this process, and callers of its APIs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

import httpx2
import pytest

from server.sandbox import app, control
from tests.sandbox.calling import Caller


@pytest.fixture
async def client() -> AsyncGenerator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app.build())
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox") as opened:
        yield opened


@pytest.fixture(autouse=True)
def calm() -> Generator[None]:
    """No test inherits another one's faults."""
    control.reset()
    yield
    control.reset()


@pytest.fixture
def leadmagic(client: httpx2.AsyncClient) -> Caller:
    return Caller(client, "leadmagic")


@pytest.fixture
def xmagnet(client: httpx2.AsyncClient) -> Caller:
    return Caller(client, "xmagnet")


@pytest.fixture
def leadiq(client: httpx2.AsyncClient) -> Caller:
    return Caller(client, "leadiq")


@pytest.fixture
def prospector(client: httpx2.AsyncClient) -> Caller:
    return Caller(client, "prospector")


@pytest.fixture
def leadsonar(client: httpx2.AsyncClient) -> Caller:
    return Caller(client, "leadsonar")


@pytest.fixture
def leadcontact(client: httpx2.AsyncClient) -> Caller:
    return Caller(client, "leadcontact")
