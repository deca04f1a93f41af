"""Two workspaces share a server and its accounts at the providers, and see nothing of each other.

What they do share: the provider's side. Balances are those of the operator's accounts.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
from mcp_types import PromptReference

from server.domain.lists import CreateList
from server.domain.principal import Principal
from tests.access.firm import ADA, BOB, EVE, Firm, head, message

PERSON = {"profile_url": "magic-valid-1"}
ADDRESS = {"email": "grace@figma.com"}
INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


def tracks(facts: dict[str, Any]) -> int:
    """Attempts at a provider of which the caller is told."""
    return sum(operation.get("track", {}).get("attempts", 0) for operation in facts["operations"])


async def test_an_answer_that_one_paid_for_is_not_at_hand_for_the_other(weir: Firm) -> None:
    ada, bob, eve = [await weir.text(email) for email in (ADA, BOB, EVE)]
    first = await weir.call(ada, "find_personal_email", **PERSON)
    colleague = await weir.call(bob, "find_personal_email", **PERSON)
    stranger = await weir.call(eve, "find_personal_email", **PERSON)
    assert [one["receipt"]["cached"] for one in (first, colleague, stranger)] == [False, True, False]
    assert await weir.served.bill() == {"leadmagic": 4.0}


async def test_a_preview_does_not_tell_what_the_other_has_stored(weir: Firm) -> None:
    await weir.call(await weir.text(ADA), "find_personal_email", **PERSON)
    asked = {"tool": "find_personal_email", "arguments": PERSON}
    mine = await weir.call(await weir.text(ADA), "preview_cost", **asked)
    theirs = await weir.call(await weir.text(EVE), "preview_cost", **asked)
    assert [one["data"]["steps"][0]["cached"] for one in (mine, theirs)] == [True, False]


async def test_the_same_question_at_once_is_shared_within_a_workspace_and_paid_twice_between_two(weir: Firm) -> None:
    await weir.served.control(provider="leadmagic", latency_ms=300)
    keys = [await weir.text(email) for email in (ADA, BOB, EVE)]
    bodies = await asyncio.gather(*(weir.call(key, "find_personal_email", **PERSON) for key in keys))
    assert [body["outcome"] for body in bodies] == ["found"] * 3
    assert sorted(sum(body["receipt"]["cost"]["credits"].values()) for body in bodies) == [0, 2.0, 2.0]
    assert await weir.served.bill() == {"leadmagic": 4.0}


async def test_analytics_hit_rates_and_limits_are_those_of_the_own_workspace(weir: Firm) -> None:
    ada, eve = await weir.text(ADA), await weir.text(EVE)
    await weir.call(ada, "find_personal_email", **PERSON)
    mine = (await weir.call(ada, "get_account_analytics"))["data"]
    theirs = (await weir.call(eve, "get_account_analytics"))["data"]
    assert [tally["name"] for tally in mine["by_member"]] == [ADA]
    assert (theirs["by_member"], theirs["by_tool"], theirs["totals"][0]["calls"]) == ([], [], 0)
    assert [limit["used"] for limit in theirs["limits"]] == [0, 0, 0]
    rates = [await weir.call(key, "list_providers", provider="leadmagic") for key in (ada, eve)]
    assert [tracks(one["data"]["providers"][0]) for one in rates] == [1, 0]


async def test_an_opt_out_in_one_workspace_is_not_one_in_the_other(weir: Firm) -> None:
    engine = weir.served.weir.engine
    await engine.suppression.add("acme", ADDRESS["email"], "letter", ADA)
    mine = await weir.call(await weir.text(ADA), "validate_work_email", **ADDRESS)
    theirs = await weir.call(await weir.text(EVE), "validate_work_email", **ADDRESS)
    assert (mine["outcome"], theirs["outcome"]) == ("suppressed", "found")
    assert await engine.suppression.list("globex") == ()


async def test_forgetting_somebody_in_one_workspace_leaves_the_others_answer(weir: Firm) -> None:
    for email in (ADA, EVE):
        await weir.call(await weir.text(email), "validate_work_email", **ADDRESS)
    purged = await weir.served.weir.engine.books.cache.forget("acme", ADDRESS["email"])
    assert purged == 1
    again = await weir.call(await weir.text(EVE), "validate_work_email", **ADDRESS)
    assert again["receipt"]["cached"] is True


async def test_completion_offers_the_companies_of_the_own_workspace(weir: Firm) -> None:
    ada, eve = await weir.text(ADA), await weir.text(EVE)
    await weir.call(ada, "enrich_company", company_domain="stripe.com")

    async def offered(key: str) -> list[str]:
        async with weir.client(key) as client:
            reference = PromptReference(type="ref/prompt", name="account_research")
            found = await client.complete(reference, {"name": "company_domain", "value": "str"})
        return found.completion.values

    assert (await offered(ada), await offered(eve)) == (["stripe.com"], [])


async def test_resources_speak_of_the_own_workspace(weir: Firm) -> None:
    ada, eve = await weir.text(ADA), await weir.text(EVE)
    await weir.call(ada, "find_personal_email", **PERSON)

    async def read(key: str) -> dict[str, Any]:
        body = message("resources/read", uri="weir://providers/leadmagic")
        async with weir.http(key) as http:
            said = (await http.post("/mcp", json=body, headers=head(body))).json()
        return json.loads(said["result"]["contents"][0]["text"])

    assert [tracks(await read(key)) for key in (ada, eve)] == [1, 0]


async def test_a_prospect_list_is_found_in_the_workspace_that_made_it_and_nowhere_else(weir: Firm) -> None:
    ada, bob, eve = [await weir.text(email) for email in (ADA, BOB, EVE)]
    list_id = (await weir.call(ada, "create_prospect_list", name="Q3"))["data"]["list_id"]
    person = {"list_id": list_id, "first_name": "Ada", "last_name": "Lovelace"}
    assert (await weir.call(bob, "add_to_prospect_list", **person))["outcome"] == "found"
    for tool, arguments in (
        ("show_prospect_list", {"list_id": list_id}),
        ("export_prospect_list", {"list_id": list_id}),
        ("add_to_prospect_list", person | {"first_name": "Eve"}),
    ):
        unknown = await weir.call(eve, tool, **arguments | {"list_id": "0" * 24})
        refused = await weir.call(eve, tool, **arguments)
        assert (refused["outcome"], refused.get("error")) == (unknown["outcome"], unknown.get("error"))
        assert refused["outcome"] != "found"
    shown = (await weir.call(bob, "show_prospect_list", list_id=list_id))["data"]["prospects"]
    assert [one["first_name"] for one in shown] == ["Ada"]


async def test_a_list_that_was_made_at_the_provider_opens_to_whoever_knows_its_id(weir: Firm) -> None:
    engine = weir.served.weir.engine
    made = await engine.ask(CreateList(name="By hand"), Principal("acme", ADA))
    assert made is not None
    for email in (ADA, EVE):
        shown = await weir.call(await weir.text(email), "show_prospect_list", list_id=made.list_id)
        assert shown["data"]["list_id"] == made.list_id


async def test_a_file_opens_by_its_link_alone_and_once(weir: Firm) -> None:
    """A browser, which has no key, fetches it; the link has 256 random bits, serves once and ends within the hour."""
    ada = await weir.text(ADA)
    made = await weir.call(ada, "create_prospect_list", name="Q3")
    exported = await weir.call(ada, "export_prospect_list", list_id=made["data"]["list_id"])
    url = exported["data"]["file"]["url"]
    assert len(url.rpartition("/")[2]) == 43
    async with httpx2.AsyncClient() as http:
        statuses = [(await http.get(one)).status_code for one in (url[:-1] + "_", url, url)]
    assert statuses == [404, 200, 404]


async def test_a_session_of_one_does_not_exist_for_the_other(weir: Firm) -> None:
    plain = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    async with weir.http(await weir.text(ADA)) as mine, weir.http(await weir.text(EVE)) as theirs:
        session = (await mine.post("/mcp", json=INITIALIZE, headers=plain)).headers["mcp-session-id"]
        headers = {**plain, "Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}
        statuses = [
            (await theirs.request(method, "/mcp", headers=headers, json=message("ping") if method == "POST" else None))
            for method in ("POST", "GET", "DELETE")
        ]
        alive = await mine.post("/mcp", json={"jsonrpc": "2.0", "id": 2, "method": "ping"}, headers=headers)
    assert [one.status_code for one in statuses] == [404] * 3
    assert alive.status_code == 200


async def test_keys_are_listed_by_workspace_and_by_person(weir: Firm) -> None:
    keys = weir.served.weir.identity.keys
    made = {email: (await weir.key(email))[1].id for email in (ADA, BOB, EVE)}
    assert {key.id for key in await keys.of_workspace("acme")} == {made[ADA], made[BOB]}
    assert {key.id for key in await keys.of_workspace("globex")} == {made[EVE]}
    assert {key.id for key in await keys.of(f"id-{BOB}")} == {made[BOB]}


async def test_budgets_of_one_workspace_leave_the_other_alone(weir: Firm) -> None:
    await weir.call(await weir.text(ADA), "find_personal_email", **PERSON)
    budgets = weir.served.weir.engine.books.budgets
    used = {who: [use.used for use in await budgets.usage(Principal(who, ADA))] for who in ("acme", "globex")}
    assert used == {"acme": [0, 200, 200], "globex": [0, 0, 0]}
