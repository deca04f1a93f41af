"""What every handler is told of a request, and who sent it."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias, cast

from mcp.server.context import ServerRequestContext
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from starlette.requests import Request

from server.domain.principal import Principal
from server.domain.progress import Report, silent
from server.edge.tool import Caller
from server.oauth.gate import principal_in

Context: TypeAlias = ServerRequestContext[Any, Any]


class CallerOf(Protocol):
    """Makes the caller of a principal."""

    def __call__(self, principal: Principal, report: Report = silent) -> Caller:
        """`report` reaches whoever waits for the call."""
        ...


def principal_of(ctx: Context) -> Principal:
    """Who calls, as the guard of the endpoint found out, under the client's declared name where it gives one.

    A request that passed no guard is a `KeyError`: nobody is let in because a check was forgotten.
    """
    who = principal_in(cast("Request", ctx.request).scope)
    params = ctx.session.client_params
    name = params.client_info.name[:100] if params is not None else ""
    return Principal(who.workspace, who.member, name, who.grant) if name else who


def is_modern(ctx: Context) -> bool:
    """Whether the request belongs to the era without `initialize`."""
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS


def is_widgets(ctx: Context) -> bool:
    """Whether a host passes the request on from our widget, which says so in each, and can only read a plain result.

    What the host has declared holds for the calls of its model.
    """
    return ctx.meta is not None and bool(ctx.meta.get("weir/widget"))
