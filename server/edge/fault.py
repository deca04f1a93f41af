"""Failures as JSON-RPC errors, for everything that is not a tool's result."""

from __future__ import annotations

import mcp_types as types
from mcp.shared.exceptions import MCPError

from server.domain.errors import InvalidInput, WeirError
from server.edge.context import Context, is_modern

RESOURCE_NOT_FOUND = -32002
"""The code of the era of `initialize`; later, an unknown resource is an invalid parameter."""

_SHOWN = 200


def refuse_cursor(params: types.PaginatedRequestParams | None) -> None:
    """Refuse any cursor: every list fits one page, so none was ever issued."""
    if params is not None and params.cursor is not None:
        raise MCPError(types.INVALID_PARAMS, "This cursor was not issued by this server; list without one.")


def unknown(kind: str, name: str) -> MCPError:
    """There is no tool or prompt of that name."""
    return MCPError(types.INVALID_PARAMS, f"Unknown {kind}: {name[:_SHOWN]}")


def no_resource(ctx: Context, uri: str) -> MCPError:
    """There is no resource at that URI."""
    code = types.INVALID_PARAMS if is_modern(ctx) else RESOURCE_NOT_FOUND
    return MCPError(code, "Resource not found", data={"uri": uri[:_SHOWN]})


def failed(error: WeirError) -> MCPError:
    """What went wrong, with the same code and next step that a tool's result would have."""
    code = types.INVALID_PARAMS if isinstance(error, InvalidInput) else types.INTERNAL_ERROR
    data = {"code": error.code, "retryable": error.retryable, "field": error.field, "fix": error.fix}
    return MCPError(code, error.message, data={name: value for name, value in data.items() if value is not None})
