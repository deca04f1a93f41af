"""`POST /operator`: the command line's way into the server that owns the home folder.

Whoever can read the note that the server leaves in its home folder (mode 0600) has the token, and nobody else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from hmac import compare_digest
from ipaddress import ip_address
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.domain.errors import WeirError

Run = Callable[[str, Mapping[str, Any]], Awaitable[Sequence[Mapping[str, Any]]]]


class Command(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid")

    command: str
    arguments: dict[str, str] = {}


def control(token: str, run: Run) -> Callable[[Request], Awaitable[Response]]:
    """Runs commands for local callers who know `token`; 403 for anybody else, before their body is read."""

    async def answer(request: Request) -> Response:
        if not (_local(request) and compare_digest(_given(request), token.encode())):
            return JSONResponse({"error": {"code": "forbidden", "message": "This is for the operator."}}, 403)
        try:
            asked = Command.model_validate_json(await request.body())
        except ValidationError:
            return JSONResponse({"error": {"code": "invalid_input", "message": "This is not a command."}}, 400)
        try:
            return JSONResponse({"rows": await run(asked.command, asked.arguments)})
        except WeirError as error:
            shown = {"code": error.code, "message": error.message, "field": error.field, "fix": error.fix}
            return JSONResponse({"error": shown}, 400)

    return answer


def _given(request: Request) -> bytes:
    return request.headers.get("authorization", "").removeprefix("Bearer ").encode()


def _local(request: Request) -> bool:
    """Whether it was sent on this machine, and not by a proxy on it for somebody elsewhere."""
    forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for"))
    return request.client is not None and ip_address(request.client.host).is_loopback and not forwarded
