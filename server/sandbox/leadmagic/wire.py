"""How a LeadMagic request is read, authenticated, limited, billed and answered."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.sandbox import accounts, api, control, magic, spelling, world
from server.sandbox.accounts import Account, BadKey, OutOfCredits
from server.sandbox.leadmagic import limits, problem
from server.sandbox.leadmagic.problem import Problem

Body = dict[str, Any]
_PROVIDER = "leadmagic"


def credits(amount: int) -> int | float:
    """Hundredths as the JSON number that LeadMagic prints: `1`, `0.25`."""
    return amount // 100 if amount % 100 == 0 else amount / 100


@dataclass(slots=True)
class Call:
    """One request, as its handler sees it."""

    operation: str
    account: Account
    body: Body
    """The JSON body, or the query of a GET."""
    path: Body = field(default_factory=dict[str, Any])
    charged: int = 0

    def text(self, *names: str) -> str | None:
        """The first of the fields that holds text; `validation_error` where one is not text."""
        for name in names:
            value = self.body.get(name)
            if value is not None and not isinstance(value, str):
                raise problem.invalid(name, f"{name} must be a string.")
            if value and value.strip():
                return value.strip()
        return None

    def needed(self, *names: str) -> str:
        """As `text`, but one of them has to be there."""
        found = self.text(*names)
        if found is None:
            raise problem.missing(*names)
        return found

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds; numeric text is read too."""
        value = self.body.get(name, default)
        if isinstance(value, str) and value.lstrip("-").isdigit():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise problem.invalid(name, f"{name} must be a whole number from {low} to {high}.")
        return value

    def flag(self, *names: str, default: bool = False) -> bool:
        """A boolean under either casing."""
        for name in names:
            value = self.body.get(name)
            if value is not None and not isinstance(value, bool):
                raise problem.invalid(name, f"{name} must be true or false.")
            if value is not None:
                return value
        return default

    def domain(self, *names: str) -> str | None:
        """A domain in canonical form."""
        given = self.text(*names)
        if given is None:
            return None
        host = spelling.host(given)
        if host is None:
            raise problem.invalid(names[0], f"{given[:80]!r} is not a domain.")
        return host

    def company(self) -> world.Company | None:
        """The company of `company_domain` or, without it, `company_name`; one of them has to be there."""
        host = self.domain("company_domain")
        if host is not None:
            return world.company(host)
        return world.company_named(self.needed("company_name", "company_domain"))

    def reserve(self, amount: int) -> None:
        """Refuse the request where the account cannot cover the most that it may cost."""
        self.account.require(amount)

    def bill(self, price: int, *, other: int | None = None, found: bool | None = None) -> int | float:
        """Charge; `other` is the second figure that the documents give. Returns what the body has to report."""
        amount = other if other is not None and magic.wants("other-price") else price
        self.charged = self.account.charge(self.operation, amount, found=found)
        return credits(self.charged)

    def found(self, price: int, message: str, body: Body, *, other: int | None = None) -> Body:
        """The answer of a hit."""
        return {**body, "credits_consumed": self.bill(price, other=other, found=True), "message": message}

    def missed(self, message: str, body: Body) -> Body:
        """The answer of a miss, which costs nothing; HTTP 404 where that variant is asked for (C-17)."""
        cost = self.bill(0, found=False)
        if magic.wants("not-found-404"):
            raise Problem(404, "not_found", message)
        return {**body, "credits_consumed": cost, "message": message}

    def knows(self, subject: world.Person | world.Company | None, datum: str) -> bool:
        """Whether LeadMagic has that of the subject."""
        if subject is None or api.missing():
            return False
        return magic.wants("valid") or world.covers(_PROVIDER, subject, datum)


Handler = Callable[[Call], Body | list[Body]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route. Without `per_minute` it is not rate limited."""

    method: str
    path: str
    handler: Handler
    per_minute: int | None = 300
    operation: str = ""

    def route(self) -> Route:
        return Route(self.path, self.answer, methods=[self.method])

    async def answer(self, request: Request) -> Response:
        started = time.perf_counter()
        sent = request.headers.get("x-request-id") or f"req_{secrets.token_hex(6)}"
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        headers: dict[str, str] = {}
        try:
            account = _account(request)
            used = self._count(account)
            headers = limits.headers(account, self.per_minute, used, None)
            call = Call(self._name, account, await _body(request), dict(request.path_params))
            body = self.handler(call)
        except Problem as found:
            return problem.response(found, path, sent, headers)
        except OutOfCredits as found:
            return problem.response(problem.insufficient(found.needed, found.available), path, sent, headers)
        account.took(started)
        return self._response(call, body, used, sent)

    @property
    def _name(self) -> str:
        return self.operation or self.handler.__name__

    def _count(self, account: Account) -> int:
        if self.per_minute is None:
            return 0
        used = limits.count(account.key, self._name)
        if used > self.per_minute and control.of(_PROVIDER).rate_limit == "hard":
            raise problem.rate_limited(self.per_minute, limits.seconds_left(), int(time.time()))
        return used

    def _response(self, call: Call, body: Body | list[Body], used: int, request_id: str) -> Response:
        silent = magic.wants("silent-price")
        if silent and isinstance(body, dict):
            body.pop("credits_consumed", None)
        headers = limits.headers(call.account, self.per_minute, used, None if silent else call.charged)
        if silent:
            del headers["X-Credits-Remaining"]
        return Response(to_json(body), 200, {**headers, "X-Request-ID": request_id}, "application/json")


def _account(request: Request) -> Account:
    key = request.headers.get("x-api-key")
    if not key:
        raise Problem(401, "missing_authentication", "No API key provided in the X-API-Key header.")
    try:
        return accounts.of(_PROVIDER, key)
    except BadKey:
        raise Problem(401, "invalid_api_key", "Invalid API key. The key does not exist or is incorrect.") from None


async def _body(request: Request) -> Body:
    if request.method == "GET":
        return dict(request.query_params)
    raw = await request.body()
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise Problem(400, "invalid_json", "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise Problem(400, "invalid_json", "The request body must be a JSON object.")
    return body  # pyright: ignore[reportUnknownVariableType] - JSON keys are strings
