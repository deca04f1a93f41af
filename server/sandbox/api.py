"""What the smaller simulated APIs have in common: routes behind a key, refusals, rate limits, and magic answers."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope

from server.sandbox import accounts, control, magic, world
from server.sandbox.accounts import Account, BadKey, OutOfCredits
from server.sandbox.record import Company, Person

T = TypeVar("T")

_ADDRESS = re.compile(r"[^@\s\"<>()\[\],;:]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_VERDICTS: dict[str, world.Verdict] = {
    "valid": "valid",
    "invalid": "invalid",
    "unknown": "unknown",
    "catch-all": "catch_all",
}


class Refusal(Exception):
    """A request that the API refuses; each vendor words it in its own envelope."""

    def __init__(self, status: int, message: str, *, field: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        """The request's field at fault."""
        self.retry_after = retry_after
        """Seconds."""

    @property
    def headers(self) -> dict[str, str]:
        """`Retry-After`, where there is something to wait for."""
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request."""

    account: Account
    body: dict[str, Any]
    """The JSON body; empty for GET."""
    path: dict[str, Any]
    """The path's parameters."""
    query: dict[str, str]

    def text(self, name: str) -> str | None:
        """An optional text of the body, trimmed; None where it is absent or blank."""
        return text(self.body, name)

    def need(self, *names: str) -> tuple[str, ...]:
        """The required texts of the body."""
        found: list[str] = []
        for name in names:
            value = self.text(name)
            if value is None:
                raise Refusal(400, f"The '{name}' field is required.", field=name)
            found.append(value)
        return tuple(found)


Answer = Callable[[Call], Response]


def text(body: dict[str, Any], name: str) -> str | None:
    """An optional text of a JSON object, trimmed; None where it is absent or blank."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal(400, f"The '{name}' field must be a string.", field=name)
    return (value or "").strip() or None


def flag(body: dict[str, Any], name: str, default: bool = False) -> bool:
    """An optional boolean of a JSON object."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise Refusal(400, f"The '{name}' field must be true or false.", field=name)
    return value


def array(body: dict[str, Any], name: str, most: int) -> list[Any]:
    """A required array of a JSON object with 1 to `most` items."""
    value: Any = body.get(name)
    if not isinstance(value, list) or not value:
        raise Refusal(400, f"The '{name}' field must be an array with at least one item.", field=name)
    items: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - JSON arrays hold anything
    if len(items) > most:
        raise Refusal(400, f"The '{name}' field takes at most {most} items.", field=name)
    return items


def address(body: dict[str, Any], name: str = "email") -> str | None:
    """An optional e-mail address of a JSON object."""
    value = text(body, name)
    if value is not None and not is_address(value):
        raise Refusal(400, f"The '{name}' field must be a valid email address.", field=name)
    return value


def is_address(value: object) -> bool:
    return isinstance(value, str) and _ADDRESS.fullmatch(value.strip()) is not None


@dataclass(frozen=True, slots=True)
class Api:
    """One vendor: where its key travels, and how it words a refusal."""

    provider: str
    key: Callable[[Headers], str | None]
    envelope: Callable[[Refusal], Response]
    check: Callable[[Call, Request], None] = lambda call, request: None
    """Whatever else the vendor wants of every request."""
    largest: int = 1_048_576
    """Bytes of a body."""

    def route(self, method: str, path: str, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                return answer(await self._call(request))
            except BadKey:
                return self.envelope(Refusal(401, "Invalid or missing API key"))
            except OutOfCredits as error:
                return self.envelope(Refusal(402, f"Insufficient credits: the request {error}."))
            except Refusal as refusal:
                return self.envelope(refusal)

        return Route(path, endpoint, methods=[method])

    def unknown(self, message: str) -> Route:
        """A route for every path that the vendor does not have; put it last."""

        async def endpoint(_: Request) -> Response:
            return self.envelope(Refusal(404, message))

        return Route("/{rest:path}", endpoint, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])

    def refusal(self, name: str, _: Scope) -> Response:
        """The magic outcomes of kind `refusal`, worded by the vendor."""
        status = magic.status_of(name)
        said = {429: "Too many requests. Please retry after 1 seconds.", 403: "The key lacks a permission."}
        return self.envelope(
            Refusal(status, said.get(status, "Something went wrong."), retry_after=1 if status == 429 else None)
        )

    async def _call(self, request: Request) -> Call:
        account = accounts.of(self.provider, self.key(request.headers))
        body = await self._body(request) if request.method == "POST" else {}
        call = Call(account, body, request.path_params, dict(request.query_params))
        self.check(call, request)
        return call

    async def _body(self, request: Request) -> dict[str, Any]:
        raw = await request.body()
        if len(raw) > self.largest:
            raise Refusal(400, f"The request body is larger than {self.largest} bytes.")
        try:
            found = json.loads(raw)
        except ValueError as error:
            raise Refusal(400, "The request body is not valid JSON.") from error
        if not isinstance(found, dict):
            raise Refusal(400, "The request body must be a JSON object.")
        return found  # pyright: ignore[reportUnknownVariableType] - JSON keys are strings


def header_key(headers: Headers) -> str | None:
    """The key in `X-API-Key`."""
    return headers.get("x-api-key")


def bearer_key(headers: Headers) -> str | None:
    """The key in `Authorization: Bearer`."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


class PerAccount(Generic[T]):
    """Something that each account has of its own; it starts anew where the account does."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._held: dict[str, tuple[Account, T]] = {}

    def of(self, account: Account) -> T:
        held = self._held.get(account.key)
        if held is None or held[0] is not account:
            held = self._held[account.key] = (account, self._make())
        return held[1]


@dataclass(slots=True)
class Window:
    """A sliding window over one account's requests, enforced where `/control` says `hard`."""

    _times: deque[float] = field(default_factory=deque[float])

    def enter(self, provider: str, limits: tuple[tuple[int, float], ...], now: float | None = None) -> None:
        """Count a request against limits of `(requests, seconds)`."""
        now = time.monotonic() if now is None else now
        longest = max(seconds for _, seconds in limits)
        while self._times and self._times[0] <= now - longest:
            self._times.popleft()
        if control.of(provider).rate_limit == "hard":
            self._refuse(limits, now)
        self._times.append(now)

    def _refuse(self, limits: tuple[tuple[int, float], ...], now: float) -> None:
        for most, seconds in limits:
            recent = [at for at in self._times if at > now - seconds]
            if len(recent) >= most:
                wait = max(1, int(recent[-most] + seconds - now + 0.999))
                raise Refusal(429, f"Too many requests. Please retry after {wait} seconds.", retry_after=wait)


@contextmanager
def row(item: object) -> Generator[None]:
    """Inside a batch, only the row's own magic counts, not that of its neighbours."""
    token = magic.current.set(magic.of(json.dumps(item)))
    try:
        yield
    finally:
        magic.current.reset(token)


def missing() -> bool:
    """Whether the present request, or row, asks for a miss."""
    return magic.wants("not-found", "not-found-404")


def verdict(email: str) -> world.Verdict:
    """What the mail server says, unless the request asks for something else."""
    outcome = magic.current.get()
    forced = _VERDICTS.get(outcome.name) if outcome else None
    return forced or world.verdict(email)


def covers(provider: str, subject: Person | Company, datum: str) -> bool:
    """Whether the provider knows that, unless the request asks for it."""
    return magic.wants("valid") or world.covers(provider, subject, datum)


def dashed(number: str) -> str:
    """A North American number as the vendors' samples print it, `+1-555-123-4567`; others as they are."""
    if not number.startswith("+1"):
        return number
    digits = number[2:]
    groups = (digits[:3], digits[3:-4], digits[-4:])
    return "-".join(("+1", *(group for group in groups if group)))


def next_month() -> str:
    """When the current billing period ends, as ISO 8601."""
    now = datetime.now(UTC)
    year, month = divmod(now.year * 12 + now.month, 12)
    return f"{year}-{month + 1:02}-01T00:00:00Z"
