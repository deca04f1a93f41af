"""Calls that a person has to approve, and what came of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.client.streamable_http import streamable_http_client

from server.domain.approval import Approval
from server.domain.batch import Batch
from server.domain.principal import LOCAL
from server.identity.keys import NewKey
from tests.serving import Served
from tests.wire.eras import MODES

ABOVE = 20
"""Credits that nobody has to approve."""

TOOL = "find_company_employees"
THIRTY: Mapping[str, Any] = {"company_domain": "stripe.com", "limit": 30, "force_refresh": True}
"""Arguments with a worst case of 33 credits; they cost 0.6, and are never answered from storage."""

COST = {"leadiq": 0.6}


def yes() -> types.ElicitResult:
    """A person approves."""
    return types.ElicitResult(action="accept", content={"approve": True})


@dataclass(slots=True)
class Person:
    """Somebody in front of a client, who gives the same answer to every form."""

    answer: types.ElicitResult = field(default_factory=yes)
    asked: list[types.ElicitRequestFormParams] = field(default_factory=list[types.ElicitRequestFormParams])

    async def __call__(
        self, context: ClientRequestContext, params: types.ElicitRequestParams
    ) -> types.ElicitResult | types.ErrorData:
        """Look at a form and answer it."""
        assert isinstance(params, types.ElicitRequestFormParams)
        self.asked.append(params)
        return self.answer


async def call(
    weir: Served, tool: str = TOOL, arguments: Mapping[str, Any] = THIRTY, *, person: Person | None = None, era: str
) -> dict[str, Any]:
    """The structured content of a call through a client of the era, which shows forms where there is a `person`."""
    async with Client(f"{weir.url}/mcp", mode=MODES[era], elicitation_callback=person) as client:
        result = await client.call_tool(tool, dict(arguments))
    assert result.structured_content is not None
    return result.structured_content


@asynccontextmanager
async def keyed(weir: Served, email: str) -> AsyncGenerator[tuple[Client, str]]:
    """The official client with a new key of a member of `default`, and the key."""
    text, _ = await weir.weir.identity.keys.create(NewKey("laptop", "default", email))
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {text}"}) as http:
        transport = streamable_http_client(f"{weir.url}/mcp", http_client=http)
        async with Client(transport, mode=MODES["modern"]) as client:
            yield client, text


async def asked(weir: Served, arguments: Mapping[str, Any] = THIRTY, email: str = "") -> Approval:
    """Make a call that has to be approved, by the local member or with a new key of a person; what then waits."""
    if email:
        async with keyed(weir, email) as (client, _):
            result = await client.call_tool(TOOL, dict(arguments))
        body = result.structured_content
    else:
        body = await call(weir, arguments=arguments, era="modern")
    assert body is not None
    assert body["outcome"] == "approval_required", body
    return await found(weir, body["error"]["approval_url"].rpartition("/")[2])


async def found(weir: Served, approval_id: str) -> Approval:
    """A request as it now stands."""
    approval = await weir.weir.engine.books.approvals.get(approval_id)
    assert approval is not None
    return approval


async def finished(
    weir: Served, job_id: str, until: Callable[[Batch], bool] = lambda batch: batch.status.over
) -> Batch:
    """A bulk job, once it is over or as `until` has it."""
    while True:
        batch = await weir.weir.batches.get(LOCAL, job_id)
        if until(batch):
            return batch
        await asyncio.sleep(0.02)


async def spent(weir: Served) -> Mapping[str, float]:
    """What the ledger says was spent, in credits by the approval that allowed it; "" for what took none."""
    ledger, credits = weir.weir.engine.books.ledger, Counter[str]()
    async for line in ledger.export("default", datetime(2026, 1, 1, tzinfo=UTC)):
        if line["kind"] in ("capture", "unresolved"):
            credits[str(line["approval"] or "")] += round(100 * float(line["credits"] or 0))
    return {approval: amount / 100 for approval, amount in credits.items() if amount}


def addresses(count: int, company: str = "stripe.com") -> list[dict[str, str]]:
    """So many rows of a bulk job, at 0.25 credits each with LeadMagic and 1 with XMagnet."""
    return [{"email": f"person{number}@{company}"} for number in range(count)]
