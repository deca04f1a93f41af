"""What a provider is: pure flows that turn queries into requests and responses into answers.

A flow yields `Request`s and is sent `Response`s; it returns the normalised answer, or None for not found. Nothing
here performs I/O, reads a clock or knows a key: `upstream` drives the flows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from server.domain.errors import (
    ProviderError,
    ProviderNonsense,
    ProviderNotFound,
    ProviderOutOfCredits,
    ProviderRejectedKey,
    ProviderRejectedRequest,
    ProviderUnavailable,
    RateLimited,
)
from server.domain.money import Credits, credits
from server.domain.query import Answer, AnyQuery, Query
from server.manifest import Manifest, Operation

A = TypeVar("A", bound=Answer)
Q = TypeVar("Q", bound=AnyQuery)
W = TypeVar("W", bound="Wire")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request of a flow, relative to a host that the manifest names."""

    method: str
    path: str
    json: Mapping[str, Any] | None = None
    params: Mapping[str, str | int] | None = None
    host: str = "default"
    """Which of the manifest's hosts the path belongs to."""
    after: float = 0.0
    """Seconds to wait before sending, for polling."""
    once: bool = False
    """True where sending it twice would change something twice at the provider: it is never repeated, even if free."""


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response; header names in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def json(self) -> Any:
        """The body as JSON; `ProviderNonsense` where it is not."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise ProviderNonsense("The provider's answer is not JSON.") from error

    def object(self) -> dict[str, Any]:
        """The body as a JSON object; `ProviderNonsense` where it is not."""
        body = self.json()
        if not isinstance(body, dict):
            raise ProviderNonsense("The provider's answer is not a JSON object.")
        return body  # pyright: ignore[reportUnknownVariableType] - JSON keys are strings

    def peek(self) -> dict[str, Any]:
        """The body as a JSON object, for `fault` and `charged`; empty where it is none."""
        try:
            return self.object()
        except ProviderNonsense:
            return {}


Flow = Generator[Request, Response, A | None]


class Wire(BaseModel):
    """A provider's own shape. Fields it may send that we knowingly leave out are listed in `ignored`.

    An unlisted field does no harm in production; the replay test collects them through `unlisted_fields` and fails.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    ignored: ClassVar[frozenset[str]] = frozenset()

    def model_post_init(self, context: Any, /) -> None:
        collected = unlisted_fields.get()
        if collected is not None and self.model_extra:
            collected.extend(f"{type(self).__name__}.{name}" for name in self.model_extra.keys() - self.ignored)

    @classmethod
    def read(cls: type[W], data: Any) -> W:
        """Validate a provider's data; `ProviderNonsense` where it does not fit."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the body"
            raise ProviderNonsense(f"The provider's answer has an unexpected shape at {where}.") from error


unlisted_fields: ContextVar[list[str] | None] = ContextVar("unlisted_fields", default=None)

Method = Callable[[Any, Any], Flow[Any]]
M = TypeVar("M", bound=Method)


@dataclass(frozen=True, slots=True)
class Answers:
    """What `@answers` notes on a flow."""

    query: type[AnyQuery]
    when: Callable[[Any], bool]
    partial: bool
    automatic: bool


def _always(_: Any) -> bool:
    return True


def answers(
    query: type[Q], *, when: Callable[[Q], bool] = _always, partial: bool = False, automatic: bool = True
) -> Callable[[M], M]:
    """Mark a method as the flow that answers `query`. The method's name is the operation, priced in the manifest.

    `when` refuses queries that lack what this flow needs. A `partial` flow knows less than the query asks for, so
    automatic routing tries it after the complete ones, whatever it costs. A flow that is not `automatic` is asked only
    where the operator's order names the provider.
    """

    def note(flow: M) -> M:
        noted: list[Answers] = getattr(flow, "__answers__", [])
        noted.append(Answers(query, when, partial, automatic))
        flow.__answers__ = noted  # type: ignore[attr-defined] - functions take attributes
        return flow

    return note


@dataclass(frozen=True, slots=True)
class Offering(Generic[A]):
    """One flow of one provider, with its manifest entry."""

    provider: Provider
    operation: Operation
    query: type[Query[A]]
    when: Callable[[Any], bool]
    partial: bool
    automatic: bool
    method: Method

    def flow(self, query: Query[A]) -> Flow[A]:
        """A fresh generator of the flow for `query`."""
        return self.method(self.provider, query)


class Provider:
    """Base of all providers. A subclass holds flows and, where the vendor differs from plain REST, the hooks below."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.name = manifest.name

    def offerings(self) -> list[Offering[Any]]:
        """Every flow of the provider, in the order of its source."""
        found: list[Offering[Any]] = []
        for name, method in type(self).__dict__.items():
            for noted in getattr(method, "__answers__", ()):
                operation = self.manifest.operations[name]
                found.append(Offering(self, operation, noted.query, noted.when, noted.partial, noted.automatic, method))
        return found

    def credentials(self, key: str, request: Request) -> Mapping[str, str]:
        """The headers that authenticate `request`; by default the manifest's header and scheme around the key."""
        auth = self.manifest.auth
        return {auth.header: f"{auth.scheme} {key}" if auth.scheme else key}

    def charged(self, response: Response) -> Credits | None:
        """The credits that the provider says this response cost; None where it does not say."""
        return None

    def fault(self, response: Response) -> ProviderError | None:
        """The failure that a response stands for, or None where the flow may read it."""
        if response.status < 400:
            return None
        return fault_of_status(self.manifest.title, response)


def fault_of_status(title: str, response: Response, detail: str = "") -> ProviderError:
    """The failure that an HTTP status stands for, where the vendor documents nothing else."""
    said = f" ({detail})" if detail else ""
    match response.status:
        case 401 | 403:
            return ProviderRejectedKey(f"{title} refused the key{said}.", fix=f"Check the {title} API key.")
        case 402:
            return ProviderOutOfCredits(f"{title} says the account is out of credits{said}.")
        case 404:
            return ProviderNotFound(f"{title} does not know the record or endpoint{said}.")
        case 429:
            return RateLimited(f"{title} is rate limiting{said}.", retry_after=retry_after(response))
        case status if status >= 500:
            return ProviderUnavailable(f"{title} failed with HTTP {status}{said}.")
        case status:
            return ProviderRejectedRequest(f"{title} rejected the request with HTTP {status}{said}.")


def said_credits(value: Any) -> Credits | None:
    """A charge that a provider names; None where it is no finite amount from 0 upwards."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return credits(amount) if amount.is_finite() and 0 <= amount < 10**9 else None


def retry_after(response: Response) -> float | None:
    """Seconds of `Retry-After`, where the header is a number."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None
