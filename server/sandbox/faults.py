"""The bad weather in front of every simulated provider: refusals, broken deliveries and latency."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.sandbox import control, magic
from server.sandbox.magic import Kind, Outcome

Refuse = Callable[[str, Scope], Response]
"""A provider's own way to say the outcomes of kind `refusal` (all but `bad-gateway`)."""

_LARGEST = 16 * 1024 * 1024


def refuse_plainly(name: str, scope: Scope) -> Response:
    """A refusal in no provider's particular envelope."""
    status = magic.status_of(name)
    headers = {"Retry-After": "1"} if status == 429 else {}
    return JSONResponse({"error": name.replace("-", " ")}, status, headers)


@dataclass(slots=True)
class _Answer:
    """The answer of a handler, kept back."""

    start: Message = field(default_factory=dict[str, object])
    body: bytes = b""

    async def keep(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    async def send(self, send: Send, body: bytes, promised: int | None = None) -> None:
        headers = [(name, value) for name, value in self.start["headers"] if name != b"content-length"]
        length = len(body) if promised is None else promised
        headers.append((b"content-length", str(length).encode()))
        await send({**self.start, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": length > len(body)})


class Faults:
    """ASGI middleware around one provider; sets `magic.current` for its handlers."""

    def __init__(self, app: ASGIApp, provider: str, refuse: Refuse = refuse_plainly) -> None:
        self.app = app
        self.control = control.of(provider)
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        outcome = self.control.fault() or magic.in_request(scope["path"], scope["query_string"], body)
        if self.control.latency_ms:
            await asyncio.sleep(self.control.latency_ms / 1000)
        token = magic.current.set(outcome)
        try:
            await self._answer(outcome, scope, _Replay(body, receive), send)
        finally:
            magic.current.reset(token)

    async def _answer(self, outcome: Outcome | None, scope: Scope, receive: _Replay, send: Send) -> None:
        match outcome:
            case Outcome(name="bad-gateway"):
                page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
                await HTMLResponse(page, 502)(scope, receive, send)
            case Outcome(kind=Kind.REFUSAL):
                await self.refuse(outcome.name, scope)(scope, receive, send)
            case Outcome(kind=Kind.DELIVERY):
                answer = _Answer()
                await self.app(scope, receive, answer.keep)
                await self._deliver(outcome.name, answer, receive, send)
            case _:
                await self.app(scope, receive, send)

    async def _deliver(self, name: str, answer: _Answer, receive: _Replay, send: Send) -> None:
        match name:
            case "timeout":
                await receive.gone()
            case "slow":
                if not await receive.gone(self.control.slow_ms / 1000):
                    await answer.send(send, answer.body)
            case "hang-up":
                await answer.send(send, answer.body[: len(answer.body) // 2], promised=len(answer.body))
            case "truncated":
                await answer.send(send, answer.body[: len(answer.body) // 2])
            case _:
                await answer.send(send, b"Unexpected token: <" + answer.body[:40].replace(b'"', b"'"))


class _Replay:
    """A `receive` that gives a body again that was already read."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        message, self._message = self._message, None
        return await self._receive() if message is None else message

    async def gone(self, within: float | None = None) -> bool:
        """Wait until the client leaves, `within` seconds at most; False where it stayed."""
        self._message = None
        try:
            async with asyncio.timeout(within):
                while (await self())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) < _LARGEST:
        message = await receive()
        body += message.get("body", b"")
    return body
