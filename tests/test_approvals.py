"""Consent is bound to one exact call of one member, given by a person, and used once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.approvals import Approvals
from server.domain.approval import Decision, Proposal
from server.domain.errors import ApprovalRequired, InvalidInput
from server.domain.money import Credits
from server.domain.principal import LOCAL, Grant, Principal
from server.storage.database import Database
from tests.databases import Clock
from tests.serving import Served, served

PROPOSAL = Proposal("find_company_employees", "b" * 64, Credits(120_00), {"steps": ["people: leadmagic"]})
THIRTY = {"company_domain": "stripe.com", "limit": 30}


@pytest.fixture
def approvals(database: Database, clock: Clock) -> Approvals:
    return Approvals(database, clock)


async def asked(approvals: Approvals, proposal: Proposal = PROPOSAL, principal: Principal = LOCAL) -> str:
    with pytest.raises(ApprovalRequired) as refused:
        await approvals.require(proposal, principal)
    return refused.value.approval.id


async def test_repeating_a_call_meets_the_same_request(approvals: Approvals):
    assert await asked(approvals) == await asked(approvals)
    assert [one.proposal for one in await approvals.waiting("default", "local")] == [PROPOSAL]


@pytest.mark.parametrize(
    ("proposal", "principal"),
    [
        (replace(PROPOSAL, binding="c" * 64), LOCAL),
        (PROPOSAL, replace(LOCAL, member="eve")),
        (PROPOSAL, replace(LOCAL, workspace="other")),
        (PROPOSAL, replace(LOCAL, grant=Grant("another connection"))),
    ],
)
async def test_consent_to_one_call_is_none_to_another(approvals: Approvals, proposal: Proposal, principal: Principal):
    first = await asked(approvals)
    await approvals.decide(first, allowed=True, by="local", how="page")
    assert await asked(approvals, proposal, principal) != first


async def test_a_request_is_decided_once_and_in_time(approvals: Approvals, clock: Clock):
    refused = await asked(approvals)
    assert (await approvals.decide(refused, allowed=False, by="local", how="page")).decision is Decision.REFUSED
    with pytest.raises(InvalidInput, match="nothing to decide"):
        await approvals.decide(refused, allowed=True, by="local", how="page")
    late = await asked(approvals)
    clock.advance(minutes=61)
    with pytest.raises(InvalidInput, match="nothing to decide"):
        await approvals.decide(late, allowed=True, by="local", how="page")
    found = await approvals.get(late)
    assert found is not None
    assert found.decision is Decision.EXPIRED


async def test_an_approval_lapses_where_nobody_uses_it(approvals: Approvals, clock: Clock):
    first = await asked(approvals)
    await approvals.decide(first, allowed=True, by="local", how="page")
    clock.advance(minutes=61)
    assert await asked(approvals) != first


async def call(weir: Served, **arguments: Any) -> dict[str, Any]:
    return await weir.call("find_company_employees", arguments)


async def test_an_approved_call_runs_once_and_the_ledger_names_the_approval(tmp_path: Path):
    async with served(tmp_path, approval_above=20) as weir:
        approvals = weir.weir.engine.books.approvals
        assert (await call(weir, **THIRTY))["outcome"] == "approval_required"
        (waiting,) = await approvals.waiting("default", "local")
        await approvals.decide(waiting.id, allowed=True, by="local", how="page")
        assert (await call(weir, **{**THIRTY, "limit": 31}))["outcome"] == "approval_required"
        fresh = {**THIRTY, "force_refresh": True}
        assert (await call(weir, **fresh))["outcome"] == "approval_required"
        assert (await call(weir, **THIRTY))["outcome"] == "found"
        entries = [line async for line in weir.weir.engine.books.ledger.export("default", waiting.created_at)]
        assert {line["approval"] for line in entries} == {waiting.id}
        assert await weir.bill() == {"leadiq": 0.6}


async def test_of_two_calls_at_once_under_one_approval_only_one_is_carried_out(tmp_path: Path):
    async with served(tmp_path, approval_above=20) as weir:
        fresh = {**THIRTY, "force_refresh": True}
        approvals = weir.weir.engine.books.approvals
        await call(weir, **fresh)
        (waiting,) = await approvals.waiting("default", "local")
        await approvals.decide(waiting.id, allowed=True, by="local", how="page")
        await asyncio.gather(*(call(weir, **fresh) for _ in range(4)))
        assert await weir.bill() == {"leadiq": 0.6}
        found = await approvals.get(waiting.id)
        assert found is not None
        assert found.decision is Decision.USED
