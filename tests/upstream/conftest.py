"""The scripted vendor, started anew for every test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.upstream.vendor import Bench, Vendor, bench

Benches = Callable[..., Bench]


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    vendor = Vendor()
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
    vendor.port = server.sockets[0].getsockname()[1]
    yield vendor
    server.close()


@pytest.fixture
async def acme(vendor: Vendor) -> AsyncIterator[Bench]:
    made = bench(vendor)
    yield made
    await made.upstream.close()


@pytest.fixture
async def make(vendor: Vendor) -> AsyncIterator[Benches]:
    """Benches with another manifest."""
    made: list[Bench] = []

    def build(**changes: object) -> Bench:
        made.append(bench(vendor, **changes))  # type: ignore[arg-type] - manifests are checked by pydantic
        return made[-1]

    yield build
    for one in made:
        await one.upstream.close()
