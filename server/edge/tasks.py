"""The Tasks extension: a submitted bulk job as a task that the client itself follows to its end.

Source: io.modelcontextprotocol/tasks. A task's id is the job's, so that tools and tasks speak of the same. Only a
client that declares the extension on the request in question is answered with a task, and only since 2026-07-28.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types.jsonrpc import MISSING_REQUIRED_CLIENT_CAPABILITY

from server.domain.batch import Status
from server.domain.bulk_job import JobStatus
from server.domain.errors import InvalidInput, WeirError
from server.domain.principal import Scope
from server.edge import fault
from server.edge.context import CallerOf, Context, is_modern, is_widgets, principal_of
from server.edge.scopes import READING, STEERING, require
from server.edge.tool import Caller

EXTENSION = "io.modelcontextprotocol/tasks"
_POLL_MS = 2000
_STATES = {Status.COMPLETED: "completed", Status.FAILED: "completed", Status.CANCELLED: "cancelled"}
"""How jobs that are over look as tasks. `failed` is for errors of the protocol; a job that could not begin is a result
that says so."""

Body = dict[str, Any]
Finished = Callable[[Caller, str], Awaitable[Body]]
"""The tool result of a job that is over."""


class TaskParams(types.RequestParams):
    """Names a task; what a client answers to questions that no task of ours asks is ignored."""

    task_id: str
    input_responses: dict[str, Any] | None = None


def declared(ctx: Context) -> bool:
    """Whether the client can be answered with a task."""
    capabilities = ctx.session.client_capabilities
    known = capabilities is not None and EXTENSION in (capabilities.extensions or {})
    return known and is_modern(ctx) and not is_widgets(ctx)


def task(status: JobStatus) -> Body:
    """A job as a task, without its result."""
    submitted = datetime.fromisoformat(status.submitted_at)
    kept = None if status.kept_until is None else datetime.fromisoformat(status.kept_until) - submitted
    return {
        "taskId": status.job_id,
        "status": _STATES.get(Status(status.status), "working"),
        "statusMessage": _message(status),
        "createdAt": status.submitted_at,
        "lastUpdatedAt": status.finished_at or status.started_at or status.submitted_at,
        "ttlMs": None if kept is None else round(kept.total_seconds() * 1000),
        "pollIntervalMs": _POLL_MS,
    }


def _message(status: JobStatus) -> str:
    where = f" {status.approval_url}" if status.approval_url else ""
    done = f"{status.settled} of {status.rows} rows, {status.credits:g} credits"
    return f"{status.status}: {done}. {status.reason or status.next}{where}"


class Tasks:
    """Serves the extension's methods."""

    def __init__(self, caller: CallerOf, finished: Finished) -> None:
        self._caller = caller
        self._finished = finished

    def serve(self, server: Server[Any]) -> None:
        """Register the methods, and say so."""
        server.extensions[EXTENSION] = {}
        server.add_request_handler("tasks/get", TaskParams, self._get)
        server.add_request_handler("tasks/update", TaskParams, self._update)
        server.add_request_handler("tasks/cancel", TaskParams, self._cancel)

    async def created(self, caller: Caller, job_id: str) -> Body | None:
        """A new job as a task; None where it is over already, and its result can be told at once."""
        status = await caller.bulk.status(job_id)
        return None if Status(status.status).over else {"resultType": "task", **task(status)}

    async def _get(self, ctx: Context, params: TaskParams) -> Body:
        caller, status = await self._known(ctx, params, READING)
        shown = {"resultType": "complete", **task(status)}
        if shown["status"] == "completed":
            shown["result"] = await self._finished(caller, status.job_id)
        return shown

    async def _update(self, ctx: Context, params: TaskParams) -> Body:
        await self._known(ctx, params, STEERING)
        return {"resultType": "complete"}

    async def _cancel(self, ctx: Context, params: TaskParams) -> Body:
        caller, status = await self._known(ctx, params, STEERING)
        if not Status(status.status).over:
            try:
                await caller.bulk.control(status.job_id, "cancel")
            except InvalidInput:
                # It has ended meanwhile. A task that is known is acknowledged, whatever becomes of the cancellation.
                return {"resultType": "complete"}
            except WeirError as refused:
                raise fault.failed(refused) from refused
        return {"resultType": "complete"}

    async def _known(self, ctx: Context, params: TaskParams, scopes: frozenset[Scope]) -> tuple[Caller, JobStatus]:
        """The caller and their task; the protocol's errors for those who may not ask, and for unknown tasks."""
        if not is_modern(ctx):
            raise MCPError(types.METHOD_NOT_FOUND, "Method not found")
        if not declared(ctx):
            needed: Body = {"requiredCapabilities": {"extensions": {EXTENSION: {}}}}
            raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "Missing required client capability", data=needed)
        principal = principal_of(ctx)
        caller = self._caller(principal)
        try:
            require(principal, scopes)
            return caller, await caller.bulk.status(params.task_id)
        except WeirError as error:
            raise fault.failed(error) from error
