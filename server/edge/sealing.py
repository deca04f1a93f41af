"""Seals what clients carry between the rounds of a call, so that they can neither read nor change nor lend it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence

from mcp.server.context import CallNext, HandlerResult, ServerMiddleware
from mcp.server.request_state import (
    AESGCMRequestStateCodec,
    InvalidRequestState,
    RequestStateBoundary,
    RequestStateSecurity,
)
from mcp_types.methods import is_input_required

from server.domain.errors import StorageUnavailable
from server.edge import fault
from server.edge.context import Context, principal_of

SEALED = "state of calls in several rounds"
"""What the secrets are for."""

VALID = 600.0
"""Seconds that a person has for an answer."""


class Seals:
    """AES-256-GCM under keys that all replicas share; `secrets` gives those in force, the current one first."""

    def __init__(self, secrets: Callable[[], Awaitable[Sequence[bytes]]]) -> None:
        self._secrets = secrets
        self._codec: AESGCMRequestStateCodec | None = None

    async def read(self) -> None:
        """See which keys are in force now; before any use."""
        try:
            self._codec = AESGCMRequestStateCodec(await self._secrets())
        except StorageUnavailable as error:
            raise fault.failed(error) from error

    def seal(self, payload: bytes) -> str:
        """An opaque text for `payload`."""
        assert self._codec is not None
        return self._codec.seal(payload)

    def unseal(self, token: str) -> bytes:
        """What was sealed; `InvalidRequestState` for what these keys did not seal."""
        if self._codec is None:
            raise InvalidRequestState("no keys")
        return self._codec.unseal(token)


def sealed(seals: Seals) -> ServerMiddleware[object]:
    """A middleware under which handlers see only state of their own, for the same call of the same principal."""
    security = RequestStateSecurity(codec=seals, ttl=VALID, bind_principal=_principal)
    boundary = RequestStateBoundary(security, default_audience="weir")

    async def guard(ctx: Context, call_next: CallNext) -> HandlerResult:
        async def answer(inner: Context) -> HandlerResult:
            result = await call_next(inner)
            if is_input_required(result):
                await seals.read()
            return result

        if ctx.params is not None and "requestState" in ctx.params:
            await seals.read()
        return await boundary(ctx, answer)

    return guard


def _principal(ctx: Context) -> str:
    """Who may bring the state back: the same member through the same connection."""
    who = principal_of(ctx)
    return json.dumps([who.workspace, who.member, who.grant.id])
