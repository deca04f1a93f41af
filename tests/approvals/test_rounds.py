"""What a client carries from the question to the answer is of no use for anything else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mcp.server.request_state import AESGCMRequestStateCodec

from server.domain.approval import Decision
from server.edge.sealing import SEALED, Seals
from server.oauth.signing import SigningKeys
from server.storage.database import Database
from tests.approvals.rounds import APPROVED, first_round, second_round, send
from tests.approvals.spending import ABOVE, COST, THIRTY, addresses, found, keyed
from tests.databases import Clock
from tests.serving import Served, served


async def waiting(weir: Served) -> str:
    """The id of the one request that waits."""
    (approval,) = await weir.weir.engine.books.approvals.everywhere()
    return approval.id


def assert_refused(answer: dict[str, Any]) -> None:
    """The state was not accepted, and nobody is told why."""
    assert (answer["error"]["code"], answer["error"]["message"]) == (-32602, "Invalid or expired requestState")


async def test_the_answer_comes_with_the_state_and_works_once(weir: Served) -> None:
    state = await first_round(weir.url)
    assert await waiting(weir) not in state
    answer = await second_round(weir.url, state)
    assert answer["result"]["structuredContent"]["outcome"] == "found"
    again = (await second_round(weir.url, state))["result"]["structuredContent"]
    assert (again["outcome"], again["error"]["field"]) == ("invalid_input", "approval")
    assert await weir.bill() == COST


@pytest.mark.parametrize(
    "altered",
    [
        {**THIRTY, "limit": 31},
        {**THIRTY, "company_domain": "notion.so"},
        {**THIRTY, "force_refresh": False},
        {**THIRTY, "location": "Berlin"},
    ],
)
async def test_the_answer_to_one_call_is_none_to_another(weir: Served, altered: dict[str, Any]) -> None:
    state = await first_round(weir.url)
    assert_refused(await second_round(weir.url, state, altered))
    assert (await found(weir, await waiting(weir))).decision is Decision.WAITING
    assert await weir.bill() == {}


async def test_the_answer_to_one_tool_is_none_to_another(weir: Served) -> None:
    job = {"rows": addresses(30), "enrichment": "email_validation", "max_credits": 40}
    state = await first_round(weir.url, job, tool="submit_detected_bulk_job")
    assert_refused(await second_round(weir.url, state, job, tool="submit_bulk_job"))
    assert_refused(await second_round(weir.url, state))
    dearer = {**job, "max_credits": 400}
    assert_refused(await second_round(weir.url, state, dearer, tool="submit_detected_bulk_job"))
    assert await weir.bill() == {}


def flipped(state: str) -> str:
    """With one character changed in the middle."""
    middle = len(state) // 2
    return state[:middle] + ("A" if state[middle] != "A" else "B") + state[middle + 1 :]


def foreign(_: str) -> str:
    """Sealed in the same way, with another key."""
    return AESGCMRequestStateCodec([b"k" * 32]).seal(b'{"v":1}')


def without_version(state: str) -> str:
    """The state without its beginning."""
    return state.removeprefix("v1.")


def plain(_: str) -> str:
    """What a state holds, unsealed."""
    return '["guess", ""]'


def empty(_: str) -> str:
    """No state."""
    return ""


@pytest.mark.parametrize("forge", [flipped, without_version, plain, empty, foreign])
async def test_a_state_that_was_not_sealed_here_is_refused(weir: Served, forge: Callable[[str], str]) -> None:
    state = await first_round(weir.url)
    assert_refused(await second_round(weir.url, forge(state)))
    assert (await found(weir, await waiting(weir))).decision is Decision.WAITING
    assert await weir.bill() == {}


@pytest.mark.parametrize("state", [7, ["x"], {"a": 1}])
async def test_a_state_of_another_type_is_refused(weir: Served, state: Any) -> None:
    assert "error" in await second_round(weir.url, state)
    assert await weir.bill() == {}


async def resealed(weir: Served, state: str, **changes: Any) -> str:
    """The state with other claims, sealed with the server's own keys."""
    seals = Seals(partial(weir.weir.authorization.keys.secrets, SEALED))
    await seals.read()
    return seals.seal(json.dumps({**json.loads(seals.unseal(state)), **changes}).encode())


async def test_a_person_has_ten_minutes(weir: Served) -> None:
    state = await first_round(weir.url)
    seals = Seals(partial(weir.weir.authorization.keys.secrets, SEALED))
    await seals.read()
    claims = json.loads(seals.unseal(state))
    assert claims["exp"] - claims["iat"] == 600
    late = time.time() - 1
    assert_refused(await second_round(weir.url, await resealed(weir, state, iat=late - 600, exp=late)))
    assert await weir.bill() == {}
    assert "result" in await second_round(weir.url, await resealed(weir, state)), "the claims alone made the difference"


async def test_answers_without_the_state_decide_nothing(weir: Served) -> None:
    await first_round(weir.url)
    answer = await send(weir.url, inputResponses=APPROVED)
    assert answer["result"]["resultType"] == "input_required"
    assert (await found(weir, await waiting(weir))).decision is Decision.WAITING


async def test_the_state_without_an_answer_asks_again(weir: Served) -> None:
    state = await first_round(weir.url)
    useless: list[dict[str, Any]] = [{}, {"another": APPROVED["approval"]}, {"approval": {"roots": []}}]
    for answers in useless:
        answer = await second_round(weir.url, state, answers=answers)
        assert answer["result"]["resultType"] == "input_required", answer
    assert (await found(weir, await waiting(weir))).decision is Decision.WAITING


@pytest.mark.parametrize("capabilities", [{}, {"elicitation": {"url": {}}}, {"sampling": {}}])
async def test_nobody_is_asked_through_a_client_that_does_not_declare_forms_on_this_request(
    weir: Served, capabilities: dict[str, Any]
) -> None:
    state = await first_round(weir.url)
    plain = await send(weir.url, capabilities=capabilities)
    assert plain["result"]["structuredContent"]["outcome"] == "approval_required"
    answered = await second_round(weir.url, state, capabilities=capabilities)
    assert answered["result"]["structuredContent"]["outcome"] == "approval_required"
    assert await weir.bill() == {}


@pytest.mark.parametrize("capabilities", [{"elicitation": {}}, {"elicitation": {"form": {}, "url": {}}}])
async def test_both_ways_to_declare_forms_count(weir: Served, capabilities: dict[str, Any]) -> None:
    assert await first_round(weir.url, capabilities=capabilities)


async def test_a_state_belongs_to_one_member_and_connection(firm: Served) -> None:
    keys: list[str] = []
    for email in ("bob@example.com", "bob@example.com", "eve@example.com"):
        async with keyed(firm, email) as (_, key):
            keys.append(key)
    mine, mine_too, hers = keys
    state = await first_round(firm.url, key=mine)
    assert_refused(await second_round(firm.url, state, key=mine_too))
    assert_refused(await second_round(firm.url, state, key=hers))
    assert await firm.bill() == {}
    answer = await second_round(firm.url, state, key=mine)
    assert answer["result"]["structuredContent"]["outcome"] == "found"


async def test_any_replica_takes_the_answer_to_the_question_of_another(
    tmp_path: Path, isolated: None, postgres_url: str
) -> None:
    shared = {"database_url": postgres_url, "approval_above": ABOVE}
    async with served(tmp_path / "a", **shared) as one, served(tmp_path / "b", **shared) as other:
        answer = await second_round(other.url, await first_round(one.url))
        assert answer["result"]["structuredContent"]["outcome"] == "found"
        assert await other.bill() == COST


async def test_keys_change_every_month_and_the_old_one_still_opens_what_it_sealed(
    database: Database, clock: Clock
) -> None:
    keys = SigningKeys(database, clock)
    before = Seals(partial(keys.secrets, SEALED))
    await before.read()
    state = before.seal(b"asked")
    (first,) = await keys.secrets(SEALED)
    clock.advance(days=30)
    after = Seals(partial(SigningKeys(database, clock).secrets, SEALED))
    await after.read()
    current, *retired = await keys.secrets(SEALED)
    assert current != first
    assert retired == [first]
    assert after.unseal(state) == b"asked"
    assert current not in await keys.secrets("something else")
