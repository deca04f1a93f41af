"""LeadIQ: one GraphQL endpoint, charged by what the selection asks for and the data that comes back."""

from __future__ import annotations

import asyncio
import base64
import binascii
import importlib
import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from server.sandbox import accounts, api, magic
from server.sandbox.accounts import Account, BadKey, OutOfCredits
from server.sandbox.api import PerAccount, Refusal, Window

if TYPE_CHECKING:
    from server.sandbox.leadiq_records import Tab

_LARGEST = 1_048_576
_LIMITS = ((60, 60.0),)
"""Requests per seconds, from third-party notes (C-68)."""
_SAMPLE_PRICE = 100
"""The vendor's samples count one credit per enriched person and per page of a search (C-60, C-65)."""
_CHEAPEST = 10

_SEARCHES = ("search_people", "flat_advanced_search", "grouped_advanced_search")
UNLOCKED_FOR = timedelta(days=365)
"""From the vendor's help pages: a contact or company is charged once a year and team."""
_windows = PerAccount(Window)
_unlocked: PerAccount[dict[tuple[str, str], datetime]] = PerAccount(dict)
"""Until when which datum of which subject is unlocked."""
_loaded = threading.Event()


@dataclass(frozen=True, slots=True)
class Question:
    """The body of a GraphQL request."""

    query: str
    variables: dict[str, Any] | None
    operation: str | None


def routes() -> list[BaseRoute]:
    """The endpoint, relative to `https://api.leadiq.com`."""
    return [Route("/graphql", _graphql, methods=["POST"])]


def refusal(name: str, _: Scope) -> Response:
    """The magic outcomes of kind `refusal`; HTTP 200, but for 503, which stands in front of the API."""
    match name:
        case "rate-limited":
            return _failed(Refusal(429, "Rate limit exceeded", retry_after=1))
        case "forbidden":
            return _failed(Refusal(403, "Forbidden"))
        case "unavailable":
            return _failed(Refusal(503, "Service unavailable"), by_status=True)
        case _:
            return _failed(Refusal(500, "Internal server error"))


async def _graphql(request: Request) -> Response:
    by_status = magic.wants("shape-http")
    try:
        account = accounts.of("leadiq", _key(request.headers))
        _windows.of(account).enter("leadiq", _LIMITS)
        question = _question(await request.body())
        await _load()
        return _executed(account, question, by_status)
    except BadKey:
        return _failed(Refusal(401, "Invalid or missing API key"), by_status)
    except OutOfCredits:
        return _failed(Refusal(402, "Insufficient credits"), by_status)
    except Refusal as refused:
        return _failed(refused, by_status)


async def _load() -> None:
    """Import the GraphQL library, which takes a fifth of a second, without stopping the event loop."""
    if not _loaded.is_set():
        await asyncio.to_thread(importlib.import_module, "server.sandbox.leadiq_schema")
        _loaded.set()


def _executed(account: Account, question: Question, by_status: bool) -> Response:
    from server.sandbox import leadiq_schema as graph  # noqa: PLC0415 - its library is slow to import; see _load
    from server.sandbox.leadiq_records import Spelling  # noqa: PLC0415 - as above

    prepared = graph.prepare(question.query)
    if prepared.document is None:
        return _with_errors([graph.formatted(error) for error in prepared.errors], None, by_status)
    if not graph.asks_only_for_account(prepared.document, question.operation):
        account.require(_CHEAPEST)
    spelling = Spelling(bare=magic.wants("shape-old"), phones_in_position=magic.wants("shape-nested"))
    root = graph.Root(account, api.next_month(), spelling)
    result = graph.run(prepared.document, root, question.variables, question.operation)
    _charge(account, root.tabs)
    errors = [graph.formatted(error) for error in result.errors or ()]
    if errors:
        return _with_errors(errors, result.data, by_status)
    return JSONResponse({"data": result.data})


def _charge(account: Account, tabs: list[Tab]) -> None:
    """Take what the tabs come to, all or nothing. What is charged for is unlocked: free from then on, for a year."""
    unlocked, now = _unlocked.of(account), datetime.now(UTC)
    new: dict[tuple[str, str], datetime] = {}
    for tab in tabs:
        tab.taken = {taken for taken in tab.taken if unlocked.get(taken, now) <= now and taken not in new}
        new |= dict.fromkeys(tab.taken, now + UNLOCKED_FOR)
    prices = [(tab.operation, _price(tab)) for tab in tabs]
    account.require(sum(price for _, price in prices))
    for operation, price in prices:
        account.charge(operation, price)
    unlocked |= new


def _price(tab: Tab) -> int:
    sampled = magic.wants("other-price") and tab.operation in _SEARCHES and tab.price > 0
    return _SAMPLE_PRICE if sampled else tab.price


def _question(raw: bytes) -> Question:
    if len(raw) > _LARGEST:
        raise Refusal(400, "The request body is too large.")
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Refusal(400, "The request body is not valid JSON.") from error
    match body:
        case {"query": str(query), **rest}:
            variables, operation = rest.get("variables"), rest.get("operationName")
        case _:
            raise Refusal(400, "The request body must be an object with a query.")
    if not isinstance(variables, dict | None) or not isinstance(operation, str | None):
        raise Refusal(400, "variables must be an object, operationName a string.")
    return Question(query, variables, operation)  # pyright: ignore[reportUnknownArgumentType] - JSON keys are strings


def _key(headers: Headers) -> str | None:
    """The key inside the ready-made base64 secret (C-95)."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(secret.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _failed(refused: Refusal, by_status: bool = False) -> Response:
    error = {"message": refused.message, "extensions": {"response": {"status": refused.status}}}
    return _with_errors([error], None, by_status)


def _with_errors(errors: list[dict[str, Any]], data: dict[str, Any] | None, by_status: bool) -> Response:
    """Errors with HTTP 200, or with the status of the first of them (C-63)."""
    status = errors[0]["extensions"]["response"]["status"] if by_status else 200
    return JSONResponse({"data": data, "errors": errors}, status)
