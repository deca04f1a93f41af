"""Where MCP meets Weir: one low-level SDK server over the registry of tools."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, cast

import mcp_types as types
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.lowlevel import Server

from server.domain.errors import WeirError
from server.domain.outcome import Outcome
from server.domain.principal import Principal
from server.domain.result import Result
from server.edge import fault, render
from server.edge.completion import Completion
from server.edge.context import CallerOf, Context, principal_of
from server.edge.prompt import Prompt
from server.edge.prompts import Prompts
from server.edge.resource import Resource
from server.edge.resources import Resources
from server.edge.shortcut import shortcut
from server.edge.tool import Registry, Tool
from server.engine import Engine

logger = logging.getLogger(__name__)

Payload = dict[str, Any]

INSTRUCTIONS = """Weir looks up B2B contacts and companies at paid data providers and keeps their answers.
Lookups cost provider credits; a repeated lookup is answered from storage for nothing. Every result has a receipt,
and where they apply quality (status and score), provenance, warnings, and parts of a composed answer.
preview_cost tells, for any tool and arguments, what a call would cost at least and at most; it is free, and so are
check_credit_balance and get_account_analytics.
A company domain identifies a company better than its name, a profile URL a person better than a name."""

_LISTS: tuple[CacheableMethod, ...] = (
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "server/discover",
)
_LISTED = CacheHint(ttl_ms=300_000, scope="public")
"""How long a client may keep a list: it only changes when the operator restarts the server."""


class Edge:
    """Serves the registry through the SDK. One per process."""

    def __init__(
        self,
        registry: Registry,
        engine: Engine,
        caller: CallerOf,
        *,
        version: str,
        prompts: Iterable[Prompt],
        resources: Iterable[Resource],
    ) -> None:
        self.registry = registry
        self._engine = engine
        self._caller = caller
        self._payloads = Payloads()
        asked, read = Prompts(prompts, caller), Resources(resources, caller)
        self.server: Server[Any] = Server(
            "weir",
            version=version,
            title="Weir",
            instructions=INSTRUCTIONS,
            cache_hints=dict.fromkeys(_LISTS, _LISTED),
            # No tool of ours takes arguments from headers, so there is nothing to check them against.
            get_tool_input_schema=lambda _: None,
            on_list_tools=self._list_tools,
            on_call_tool=cast("Any", self._call_tool),
            on_list_prompts=asked.list,
            on_get_prompt=asked.get,
            on_list_resources=read.list,
            on_list_resource_templates=read.templates,
            on_read_resource=read.read,
            on_completion=Completion(asked, read, caller).complete,
        )
        self.server.middleware.append(shortcut(self.server, self._call_named))

    async def call(self, name: str, arguments: Mapping[str, Any] | None, principal: Principal) -> Payload:
        """Call a tool and return its structured content; `isError` tells a failure. For the shell and for tests."""
        return await self._answer(self.registry.require(name), arguments, principal)

    @cached_property
    def _listed(self) -> types.ListToolsResult:
        """Made when it is first asked for: drawing up the schemas takes a quarter of a second that start-up saves."""
        return types.ListToolsResult(tools=[wire(tool) for tool in self.registry])

    async def _list_tools(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        fault.refuse_cursor(params)
        return self._listed

    async def _call_tool(self, ctx: Context, params: types.CallToolRequestParams) -> Payload:
        return await self._call_named(ctx, params.name, params.arguments)

    async def _call_named(self, ctx: Context, name: str, arguments: Mapping[str, Any] | None) -> Payload:
        tool = self.registry.get(name)
        if tool is None:
            raise fault.unknown("tool", name)
        started = time.perf_counter()
        answered = await self._answer(tool, arguments, principal_of(ctx))
        if logger.isEnabledFor(logging.INFO):
            _log(tool, answered["structuredContent"], time.perf_counter() - started)
        return answered

    async def _answer(self, tool: Tool, arguments: Mapping[str, Any] | None, principal: Principal) -> Payload:
        try:
            if tool.free is not None:
                answer = await tool.free(self._caller(principal), **tool.parse(arguments))
                return payload(render.free(answer, sandbox=self._engine.sandbox))
            plan = tool.planned(arguments)
            assert plan is not None
            return self._payloads.of(await self._engine.run(plan, principal, tool.name))
        except WeirError as error:
            body = render.refusal(error, sandbox=self._engine.sandbox)
            return payload(body, failed=error.outcome is not Outcome.SUPPRESSED)


_WORTH_KEEPING = 4096
"""Characters; pages are longer, and many are made anew for every call from a stored answer."""


def _log(tool: Tool, body: Payload, seconds: float) -> None:
    """What was done and what it cost, without what was asked or answered."""
    receipt = body["receipt"]
    logger.info(
        "tool=%s outcome=%s cached=%s credits=%g ms=%.0f%s",
        tool.name,
        body["outcome"],
        str(receipt["cached"]).lower(),
        sum(receipt["cost"]["credits"].values()),
        seconds * 1000,
        f" error={body['error']['code']}" if "error" in body else "",
    )


class Payloads:
    """Finished tool results. The result of an answer at hand is always the same, so it is rendered once."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._kept: dict[int, tuple[Result[Any], Payload]] = {}

    def of(self, result: Result[Any]) -> Payload:
        """The tool result on the wire; the same answer with the same receipt is not rendered again."""
        kept = self._kept.get(id(result.answer))
        if kept is not None and kept[0].answer is result.answer and kept[0].receipt is result.receipt:
            return kept[1]
        rendered = payload(render.result(result), failed=result.error is not None)
        if (
            result.receipt.cached
            and result.answer is not None
            and len(rendered["content"][0]["text"]) <= _WORTH_KEEPING
        ):
            if len(self._kept) >= self._size:
                self._kept.clear()
            self._kept[id(result.answer)] = result, rendered
        return rendered


def payload(body: Payload, *, failed: bool = False) -> Payload:
    """A tool result: the same facts as text and as structured content, because no server knows which a model sees."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    content = [{"type": "text", "text": text}]
    return {"resultType": "complete", "content": content, "structuredContent": body, "isError": failed}


def wire(tool: Tool) -> types.Tool:
    """The tool as `tools/list` sends it."""
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema(),
        output_schema=render.output_schema(tool.answer),
        annotations=types.ToolAnnotations(
            read_only_hint=tool.hints.read_only,
            destructive_hint=tool.hints.destructive,
            idempotent_hint=tool.hints.idempotent,
            open_world_hint=tool.hints.open_world,
        ),
    )
