"""What every handler is told of a request, and who sent it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mcp.server.context import ServerRequestContext
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from server.domain.principal import LOCAL, Principal
from server.edge.tool import Caller

Context: TypeAlias = ServerRequestContext[Any, Any]
CallerOf = Callable[[Principal], Caller]


def principal_of(ctx: Context) -> Principal:
    """Who calls; with open access everybody is the one local member, under the client's declared name."""
    params = ctx.session.client_params
    if params is None:
        return LOCAL
    return Principal(LOCAL.workspace, LOCAL.member, params.client_info.name[:100])


def is_modern(ctx: Context) -> bool:
    """Whether the request belongs to the era without `initialize`."""
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
