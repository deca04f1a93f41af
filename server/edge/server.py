"""Where MCP meets Weir: one low-level SDK server over the registry of tools."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

import mcp_types as types
from mcp.server.caching import CacheableMethod, CacheHint
from mcp.server.lowlevel import Server

from server.domain.batch import Status
from server.domain.errors import ApprovalRequired, WeirError
from server.domain.outcome import Outcome
from server.domain.plan import Plan
from server.domain.principal import Principal
from server.domain.progress import Report, silent
from server.domain.query import Answer
from server.domain.result import Result
from server.edge import fault, render
from server.edge.completion import Completion
from server.edge.context import CallerOf, Context, principal_of
from server.edge.elicitation import NOBODY, Consent, Elicitation, Question, Reply, consented, reply_in
from server.edge.followers import Followers
from server.edge.instructions import BULK_TOOL, instructed
from server.edge.progress import reports, steps
from server.edge.prompt import Prompt
from server.edge.prompts import Prompts
from server.edge.resource import Resource
from server.edge.resources import Resources
from server.edge.scopes import Scopes, require
from server.edge.sealing import sealed
from server.edge.shortcut import shortcut
from server.edge.singles import Singles
from server.edge.tasks import Tasks, declared
from server.edge.tool import Caller, Registry, Tool
from server.edge.toolset import Registries
from server.engine import Done, Engine

logger = logging.getLogger(__name__)

Payload = dict[str, Any]

_LISTS: tuple[CacheableMethod, ...] = (
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "server/discover",
)
_LISTED_MS = 300_000
"""How long a client may keep a list: it only changes when the operator restarts the server."""

CacheScope = Literal["public", "private"]


class Edge:
    """Serves the registry through the SDK. One per process."""

    def __init__(
        self,
        registries: Registries,
        engine: Engine,
        caller: CallerOf,
        *,
        version: str,
        prompts: Iterable[Prompt],
        resources: Iterable[Resource],
        singles: Singles,
        elicitation: Elicitation,
        lists: CacheScope = "public",
    ) -> None:
        """`lists` says who may share what is listed: everybody, or only those with the same authorization."""
        resources = tuple(resources)
        self.scopes = Scopes(registries.everything, resources)
        self._registries = registries
        self._engine = engine
        self._caller = caller
        self._payloads = Payloads()
        self._singles = singles
        self._elicitation = elicitation
        self._listed: dict[Registry, types.ListToolsResult] = {}
        self._wired: dict[str, types.Tool] = {}
        asked, read = Prompts(prompts, caller), Resources(resources, caller, lists)
        hint = CacheHint(ttl_ms=_LISTED_MS, scope=lists)
        self.server: Server[Any] = Server(
            "weir",
            version=version,
            title="Weir",
            cache_hints=dict.fromkeys(_LISTS, hint),
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
        self._tasks = Tasks(caller, self._finished)
        if registries.everything.get(BULK_TOOL):
            self._tasks.serve(self.server)
            Followers(read, caller).serve(self.server)
        self.server.middleware.append(instructed(lambda ctx: self._tools(principal_of(ctx))))
        self.server.middleware.append(sealed(elicitation.seals))
        self.server.middleware.append(shortcut(self.server, self._call_named))

    async def call(self, name: str, arguments: Mapping[str, Any] | None, principal: Principal) -> Payload:
        """Call a tool and return its structured content; `isError` tells a failure. For the shell and for tests."""
        return await self._answer(self._tools(principal).require(name), arguments, principal, NOBODY, silent)

    def _tools(self, principal: Principal) -> Registry:
        return self._registries.of(principal.grant.toolsets)

    async def _list_tools(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        fault.refuse_cursor(params)
        tools = self._tools(principal_of(ctx))
        if tools not in self._listed:
            # Not before it is asked for: drawing up the schemas takes a quarter of a second that start-up saves.
            self._listed[tools] = types.ListToolsResult(tools=[self._wire(tool) for tool in tools])
        return self._listed[tools]

    def _wire(self, tool: Tool) -> types.Tool:
        """What is sent of a tool; every choice of toolsets shares it."""
        if tool.name not in self._wired:
            self._wired[tool.name] = wire(tool)
        return self._wired[tool.name]

    async def _call_tool(self, ctx: Context, params: types.CallToolRequestParams) -> Payload:
        return await self._call_named(ctx, params.name, params.arguments, reply_in(params))

    async def _call_named(
        self, ctx: Context, name: str, arguments: Mapping[str, Any] | None, reply: Reply | None = None
    ) -> Payload:
        principal = principal_of(ctx)
        tool = self._tools(principal).get(name)
        if tool is None:
            raise fault.unknown("tool", name)
        started = time.perf_counter()
        try:
            consent = self._elicitation.consent(ctx, reply)
            answered = await self._answer(tool, arguments, principal, consent, reports(ctx))
        except Question as question:
            return question.result
        if logger.isEnabledFor(logging.INFO):
            _log(tool, answered["structuredContent"], time.perf_counter() - started)
        if tool.order is not None and not answered["isError"] and declared(ctx):
            job_id = answered["structuredContent"]["data"]["job_id"]
            return await self._tasks.created(self._caller(principal), job_id) or answered
        return answered

    async def _finished(self, caller: Caller, job_id: str) -> Payload:
        """The result of a tool that submitted a job, once the job is over."""
        job = await caller.bulk.submitted(job_id)
        return payload(render.free(job, sandbox=self._engine.sandbox), failed=job.status == Status.FAILED)

    async def _answer(
        self, tool: Tool, arguments: Mapping[str, Any] | None, principal: Principal, consent: Consent, report: Report
    ) -> Payload:
        try:
            require(principal, tool.needs(arguments))
            job = await consent.settle()
            if tool.plan is None:
                answer = await self._unmetered(tool, arguments, self._caller(principal, report), consent, job)
                return payload(render.free(answer, sandbox=self._engine.sandbox))
            plan = tool.planned(arguments)
            assert plan is not None
            return self._payloads.of(await self._reported(tool, plan, principal, consent, report))
        except WeirError as error:
            body = render.refusal(error, sandbox=self._engine.sandbox, url=self._elicitation.url)
            return payload(body, failed=error.outcome is not Outcome.SUPPRESSED)

    async def _reported(
        self, tool: Tool, plan: Plan[Any], principal: Principal, consent: Consent, report: Report
    ) -> Result[Any]:
        """Carry out a plan, and report its steps where it has several."""
        if len(plan.steps) == 1:
            return await self._approved(tool, plan, principal, consent)
        async with steps(report, len(plan.steps)) as done:
            return await self._approved(tool, plan, principal, consent, done)

    async def _approved(
        self, tool: Tool, plan: Plan[Any], principal: Principal, consent: Consent, done: Done | None = None
    ) -> Result[Any]:
        """Carry out a plan, and once more where that takes a person's approval and they are there to give it."""
        try:
            return await self._metered(tool, plan, principal, done)
        except ApprovalRequired as required:
            if not consent.possible:
                raise
            await consent.ask(required.approval)
        return await self._metered(tool, plan, principal, done)

    async def _metered(self, tool: Tool, plan: Plan[Any], principal: Principal, done: Done | None) -> Result[Any]:
        """Carry out a plan, unless a bulk job would do better by now what the caller is doing one by one."""
        name, singles = tool.function.__name__, self._singles
        if not singles.counts(name) or self._tools(principal).get(BULK_TOOL) is None:
            return await self._engine.run(plan, principal, tool.name, done=done)
        if singles.full(principal, name, plan.steps[0].query):
            quote = await self._engine.quote(plan, principal)
            if quote.most.total:
                raise singles.refusal(name, quote)
        async with singles.counted(principal, name, plan.steps[0].query) as asked:
            result = await self._engine.run(plan, principal, tool.name, done=done)
            asked(bool(result.receipt.attempts))
            return result

    async def _unmetered(
        self, tool: Tool, arguments: Mapping[str, Any] | None, caller: Caller, consent: Consent, job: str
    ) -> Answer | None:
        """The answer of a free tool, or of one that submits a bulk job, whose rows are metered one by one later.

        `job` was submitted in an earlier round, and a person has approved it since.
        """
        if (order := tool.ordered(arguments)) is not None:
            return await (caller.bulk.submitted(job) if job else consented(caller.bulk, order, consent))
        assert tool.free is not None
        return await tool.free(caller, **tool.parse(arguments))


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
        # Hosts differ in which of the two they read.
        _meta={"ui": {"resourceUri": tool.widget}, "ui/resourceUri": tool.widget} if tool.widget else None,
    )
