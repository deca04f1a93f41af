"""The short way of a modern tool call: past checks and copies whose outcome is known.

The SDK validates the parameters of a call three times and its result twice, which costs as much as the rest of a call
that is answered from memory. A result of ours is well formed by construction, and every test of the wire reads it
through the SDK's own client. Whatever is not a plain, well-formed call takes the usual way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware
from mcp.server.lowlevel import Server
from mcp_types import SERVER_INFO_META_KEY

from server.edge.context import Context, is_modern

Answer = Callable[[Context, str, dict[str, Any] | None], Awaitable[dict[str, Any]]]

_PLAIN = frozenset({"name", "arguments", "_meta"})


def shortcut(server: Server[Any], answer: Answer) -> ServerMiddleware[Any]:
    """A middleware for `server` that lets `answer` reply to plain modern tool calls."""
    stamp = {SERVER_INFO_META_KEY: server.server_info_stamp}

    async def reply(ctx: Context, call_next: CallNext) -> HandlerResult:
        params = ctx.params
        if ctx.method != "tools/call" or params is None or not is_modern(ctx):
            return await call_next(ctx)
        name, arguments = params.get("name"), params.get("arguments")
        if not isinstance(name, str) or not isinstance(arguments, dict | None) or not params.keys() <= _PLAIN:
            return await call_next(ctx)
        return {**await answer(ctx, name, cast("dict[str, Any] | None", arguments)), "_meta": stamp}

    return reply
