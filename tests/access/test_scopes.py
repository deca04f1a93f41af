"""A connection does what it was allowed, and is told everything that an operation needs beyond that at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from mcp.shared.exceptions import MCPError

from server.domain.principal import EVERYTHING, Principal, Scope, scope_text
from server.edge.tool import Tool
from tests.access.firm import Firm, firm, head, message
from tests.access.test_challenge import parameters
from tools import FAMILIES

READ, SPEND, BULK, ACCOUNT = Scope.READ, Scope.SPEND, Scope.BULK, Scope.ACCOUNT
TOOLS = [tool for family in FAMILIES for tool in family.tools]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def weir(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Firm]:
    """One for the module: what is refused leaves nothing behind."""
    async with firm(tmp_path_factory.mktemp("scopes") / "home") as running:
        yield running


def needed(tool: Tool) -> set[Scope]:
    """What the rules say of a tool, apart from what its family declares."""
    if tool.name in ("create_bulk_upload_session", "process_attached_csv", "control_bulk_job"):
        return {BULK}
    if tool.family == "bulk" and tool.costs:
        return {BULK, SPEND}
    if tool.costs or tool.name in ("create_prospect_list", "add_to_prospect_list"):
        return {SPEND}
    accounts = {"check_credit_balance", "get_account_analytics", "list_providers"}
    return {ACCOUNT} if tool.name in accounts else {READ}


async def refusal(weir: Firm, key: str, body: object, headers: dict[str, str]) -> list[tuple[str, str]]:
    """The parameters of the challenge to a request that must be refused for its scopes."""
    async with weir.http(key) as http:
        response = await http.post("/mcp", json=body, headers=headers)
    assert (response.status_code, response.json()["error"]) == (403, "insufficient_scope")
    return parameters(response.headers["www-authenticate"])


async def passes(weir: Firm, key: str, body: Any, headers: dict[str, str] | None = None) -> int:
    """The status of a request that is not refused for its scopes."""
    async with weir.http(key) as http:
        response = await http.post("/mcp", json=body, headers=headers or head(body))
    assert response.status_code not in (401, 403)
    return response.status_code


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_every_tool_needs_what_the_rules_say_and_the_challenge_adds_what_is_granted(
    weir: Firm, tool: Tool
) -> None:
    assert tool.scopes == needed(tool)
    others = frozenset((READ, SPEND, BULK, ACCOUNT)) - tool.scopes
    key = await weir.text(scopes=[next(iter(sorted(others)))])
    body = message("tools/call", name=tool.name, arguments=dict(tool.example))
    said = await refusal(weir, key, body, head(body))
    granted = next(iter(sorted(others)))
    assert [name for name, _ in said] == ["error", "error_description", "resource_metadata", "scope"]
    assert dict(said)["error"] == "insufficient_scope"
    assert dict(said)["resource_metadata"] == f"{weir.url}/.well-known/oauth-protected-resource/mcp"
    assert dict(said)["scope"] == scope_text({*tool.scopes, granted})


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_the_tool_itself_refuses_a_caller_without_the_scope(weir: Firm, tool: Tool) -> None:
    grant = replace(EVERYTHING, scopes=frozenset(Scope) - tool.scopes)
    body = await weir.served.weir.edge().call(tool.name, tool.example, Principal("acme", "ada", grant=grant))
    assert (body["isError"], body["structuredContent"]["error"]["code"]) == (True, "insufficient_scope")
    assert scope_text(tool.scopes) in body["structuredContent"]["error"]["fix"]
    assert body["structuredContent"]["receipt"]["attempts"] == []


def reading() -> Iterator[tuple[str, dict[str, Any], Scope]]:
    yield "prompts/get", {"name": "account_research", "arguments": {"company_domain": "stripe.com"}}, READ
    argument = {"name": "company_domain", "value": "s"}
    yield "completion/complete", {"ref": {"type": "ref/prompt", "name": "account_research"}, "argument": argument}, READ
    for uri in ("weir://docs", "leadmagic://docs", "weir://pricing", "weir://errors", "weir://jobs-catalogs/regions"):
        yield "resources/read", {"uri": uri}, READ
    yield "resources/read", {"uri": "weir://providers/leadmagic"}, ACCOUNT


@pytest.mark.parametrize(("method", "params", "scope"), list(reading()))
async def test_prompts_completion_and_resources_need_to_read(
    weir: Firm, method: str, params: dict[str, Any], scope: Scope
) -> None:
    body = message(method, **params)
    without = await weir.text(scopes=[SPEND])
    assert dict(await refusal(weir, without, body, head(body)))["scope"] == scope_text({SPEND, scope})
    assert await passes(weir, await weir.text(scopes=[scope]), body) == 200


@pytest.mark.parametrize(
    "method",
    [
        "server/discover",
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    ],
)
async def test_lists_are_open_to_every_connection(weir: Firm, method: str) -> None:
    assert await passes(weir, await weir.text(scopes=[BULK]), message(method)) == 200


async def test_what_a_batch_needs_is_asked_for_at_once(weir: Firm) -> None:
    calls = [{"name": "check_credit_balance"}, {"name": "find_work_email"}, {"name": "list_job_types"}]
    batch = [{"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": call} for n, call in enumerate(calls)]
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    said = await refusal(weir, await weir.text(scopes=[BULK]), batch, headers)
    assert dict(said)["scope"] == "enrich:read enrich:spend bulk:submit account:read"


@pytest.mark.parametrize("action", ["resume", "retry_failed"])
async def test_a_job_goes_on_spending_only_for_a_connection_that_may_spend(weir: Firm, action: str) -> None:
    body = message("tools/call", name="control_bulk_job", arguments={"job_id": "job_8Zk3vTq0LxW5", "action": action})
    for granted in (READ, BULK):
        said = dict(await refusal(weir, await weir.text(scopes=[granted]), body, head(body)))
        assert said["scope"] == scope_text({granted, BULK, SPEND})
    grant = replace(EVERYTHING, scopes=frozenset(Scope) - {SPEND})
    arguments = body["params"]["arguments"]
    itself = await weir.served.weir.edge().call("control_bulk_job", arguments, Principal("acme", "ada", grant=grant))
    assert itself["structuredContent"]["error"]["code"] == "insufficient_scope"
    assert await passes(weir, await weir.text(scopes=[BULK, SPEND]), body) == 200


@pytest.mark.parametrize("action", ["pause", "cancel"])
async def test_a_job_is_stopped_without_being_allowed_to_spend(weir: Firm, action: str) -> None:
    body = message("tools/call", name="control_bulk_job", arguments={"job_id": "job_8Zk3vTq0LxW5", "action": action})
    assert await passes(weir, await weir.text(scopes=[BULK]), body) == 200


@pytest.mark.parametrize("arguments", [{"action": ["resume"]}, {"action": {}}, "resume", ["resume"], None])
async def test_arguments_that_make_no_sense_need_no_more_and_do_nothing(weir: Firm, arguments: Any) -> None:
    body = message("tools/call", name="control_bulk_job", arguments=arguments)
    assert await passes(weir, await weir.text(scopes=[BULK]), body) in (200, 400)


async def test_headers_that_claim_something_cheaper_change_nothing(weir: Firm) -> None:
    body = message("tools/call", name="find_work_email", arguments={})
    headers = {**head(body), "Mcp-Method": "tools/list", "Mcp-Name": "list_job_types"}
    assert dict(await refusal(weir, await weir.text(scopes=[READ]), body, headers))["scope"] == (
        "enrich:read enrich:spend"
    )


async def test_a_repeated_member_of_the_message_hides_nothing(weir: Firm) -> None:
    key = await weir.text(scopes=[READ])
    call = '{"name":"find_personal_email","arguments":{"profile_url":"magic-valid-9"}}'
    before = await weir.served.bill()
    for first, last in (("tools/list", "tools/call"), ("tools/call", "tools/list")):
        text = f'{{"jsonrpc":"2.0","id":1,"method":"{first}","params":{call},"method":"{last}"}}'
        async with weir.http(key) as http:
            await http.post("/mcp", content=text, headers=head(message("tools/list")))
    assert await weir.served.bill() == before


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'"text"', b"[[]]", b'{"method":1}', b"\xff"])
async def test_a_body_that_makes_no_sense_gets_the_protocols_own_error(weir: Firm, content: bytes) -> None:
    async with weir.http(await weir.text(scopes=[READ])) as http:
        response = await http.post("/mcp", content=content, headers=head(message("tools/list")))
    assert response.status_code == 400
    assert response.json()["error"]["code"] in (-32700, -32600)


async def test_a_body_that_is_too_large_is_refused_for_few_scopes_and_for_all(weir: Firm) -> None:
    large = b" " * (weir.served.weir.settings.max_body_bytes + 1)
    for scopes in ([READ], [READ, SPEND, BULK, ACCOUNT]):
        async with weir.http(await weir.text(scopes=scopes)) as http:
            response = await http.post("/mcp", content=large, headers=head(message("tools/list")))
        assert response.status_code == 413


async def test_unknown_tools_and_resources_are_the_protocols_errors(weir: Firm) -> None:
    async with weir.client(await weir.text(scopes=[READ])) as client:
        with pytest.raises(MCPError) as tool:
            await client.call_tool("no_such_tool", {})
        with pytest.raises(MCPError) as resource:
            await client.read_resource("weir://nothing")
    assert (tool.value.code, resource.value.code) == (-32602, -32602)


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
async def test_a_connection_that_may_only_read_previews_and_reads_in_both_eras(weir: Firm, mode: str) -> None:
    arguments = {"tool": "find_work_email", "arguments": {"full_name": "Ada L", "company_domain": "stripe.com"}}
    async with weir.client(await weir.text(scopes=[READ]), mode) as client:
        preview = await client.call_tool("preview_cost", arguments)
        types = await client.call_tool("list_job_types", {})
    assert preview.structured_content is not None
    assert preview.structured_content["data"]["expected"]["credits"] == {"leadmagic": 1.0}
    assert types.structured_content is not None
    assert types.structured_content["outcome"] == "found"
