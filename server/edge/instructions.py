"""What a client's model is told of the whole server: a few lines about the tools that its connection has."""

from __future__ import annotations

from collections.abc import Callable

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware

from server.edge.context import Context
from server.edge.tool import Registry

GENERAL = """Weir looks up B2B contacts and companies at paid data providers and keeps their answers.
Lookups cost provider credits; a repeated lookup is answered from storage for nothing. Every result has a receipt,
and where they apply quality (status and score), provenance, warnings, and parts of a composed answer.
preview_cost tells, for any tool and arguments, what a call would cost at least and at most; it is free, and so are
check_credit_balance and get_account_analytics.
A company domain identifies a company better than its name, a profile URL a person better than a name."""

BULK_TOOL = "submit_detected_bulk_job"
_BULK = """
A file or a longer list is a bulk job: create_bulk_upload_session or process_attached_csv takes it,
resolve_bulk_upload_mapping says what it would cost, submit_detected_bulk_job runs it, and
get_bulk_job_status follows it."""

_TELLING = frozenset({"initialize", "server/discover"})


def instructions(tools: Registry) -> str:
    """The lines for a connection that has these tools."""
    return GENERAL + (_BULK if tools.get(BULK_TOOL) else "")


def instructed(tools_of: Callable[[Context], Registry]) -> ServerMiddleware[object]:
    """A middleware that gives every connection its own instructions, for which the SDK has one text per server."""

    async def tell(ctx: Context, call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        if ctx.method in _TELLING and isinstance(result, dict):
            result["instructions"] = instructions(tools_of(ctx))
        return result

    return tell
