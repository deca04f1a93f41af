"""A caller of one simulated API: sends requests with a key of its own and reads its own line of the bill."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2


@dataclass(frozen=True)
class Caller:
    client: httpx2.AsyncClient
    provider: str
    key: str = field(default_factory=lambda: f"sandbox-{uuid4()}")

    def holding(self, key: str) -> Caller:
        """The same caller with another key; a trailing `-` asks for one of its own."""
        return Caller(self.client, self.provider, f"{key}{uuid4()}" if key.endswith("-") else key)

    @property
    def headers(self) -> dict[str, str]:
        match self.provider:
            case "leadcontact":
                return {"Authorization": f"Bearer {self.key}", "User-Agent": "tests/1.0"}
            case "leadiq":
                return {"Authorization": f"Basic {base64.b64encode(self.key.encode()).decode()}"}
            case _:
                return {"X-API-Key": self.key}

    async def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        return await self.client.post(f"/{self.provider}{path}", json=body, headers=headers or self.headers)

    async def get(self, path: str, **params: str | int) -> httpx2.Response:
        return await self.client.get(f"/{self.provider}{path}", headers=self.headers, params=params)

    async def ask(self, query: str, wanted: Mapping[str, Any] | None = None) -> Any:
        """The whole reply to a GraphQL query with `wanted` as `$input`."""
        response = await self.post("/graphql", {"query": query, "variables": {"input": wanted}})
        assert response.status_code == 200
        return response.json()

    async def control(self, **change: Any) -> None:
        response = await self.client.post("/control", json={"provider": self.provider, **change})
        assert response.status_code == 200

    async def bill(self) -> dict[str, Any]:
        """Charged credits by operation; of operations that were called."""
        bill = (await self.client.get("/bill")).json()[self.provider][self.key]
        return {name: row["charged"] for name, row in bill["by_operation"].items()}
