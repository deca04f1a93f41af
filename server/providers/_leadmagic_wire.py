"""How LeadMagic answers, whatever the endpoint: envelope, charge, errors; and the two flows that read one response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from server.domain.errors import ProviderError, ProviderNonsense, ProviderNotFound
from server.domain.lenient import OR_NONE, Number, Reader, Said, SaidObject, brief
from server.domain.money import FREE, Credits
from server.domain.query import Answer
from server.provider import Flow, Request, Response, Wire, fault_of_status, said_credits

A = TypeVar("A", bound=Answer)

TITLE = "LeadMagic"
_COST_HEADER = "x-credits-cost"
_MISS = 404


class Reply(Wire, Generic[A]):
    """One response body. Null, empty and missing fields are the same absence."""

    credits_consumed: Number = None
    message: Said = None

    def answer(self, reader: Reader) -> A | None:
        """The normalised answer, or None for not found; what was lost goes into `reader`."""
        raise NotImplementedError

    @property
    def says(self) -> str:
        """The message for comparing: lower case, without its final period (ruling R6)."""
        return (self.message or "").lower().rstrip(". ")


def ask(request: Request, reply: type[Reply[A]], **echo: str | None) -> Flow[A]:
    """One request whose subject may be unknown: HTTP 404 is a miss that costs nothing (ruling C-17).

    `echo` stands in for fields that the provider usually repeats from the request.
    """
    response = yield request
    if response.status == _MISS:
        return None
    return _read(response, reply, {**echo, **response.object()})


def serve(request: Request, reply: type[Reply[A]]) -> Flow[A]:
    """One request for something that always exists: HTTP 404 is a failure, and a lone `data` is unwrapped (C-15)."""
    response = yield request
    if response.status == _MISS:
        raise ProviderNotFound(f"{TITLE} does not know the endpoint {request.path}.")
    return _read(response, reply, _unwrapped(response.object()))


def listed(request: Request, reply: type[Reply[A]]) -> Flow[A]:
    """As `serve`, for a bare array, also under `data` (C-15)."""
    response = yield request
    if response.status == _MISS:
        raise ProviderNotFound(f"{TITLE} does not know the endpoint {request.path}.")
    match response.json():
        case [*rows] | {"data": [*rows]}:
            return _read(response, reply, {"entries": rows})
        case _:
            raise ProviderNonsense("The provider's answer is not a list.")


def _read(response: Response, reply: type[Reply[A]], body: Mapping[str, Any]) -> A | None:
    said = reply.read({name: value for name, value in body.items() if value is not None})
    reader = Reader()
    header, consumed = _of_header(response), said_credits(said.credits_consumed)
    if None not in (header, consumed) and header != consumed:
        reader.warn(f"{TITLE} names two different charges for this call; the one in the body counts.")
    return said.answer(reader)


def _unwrapped(body: dict[str, Any]) -> dict[str, Any]:
    inner = body.get("data")
    if isinstance(inner, dict) and not body.keys() & {"period", "user", "credits"}:
        return inner  # pyright: ignore[reportUnknownVariableType] - JSON keys are strings
    return body


def charge_of(response: Response) -> Credits | None:
    """What a response says it cost: the body's figure, else the header's, else nothing where the rules make it free."""
    body = response.peek()
    said = said_credits(body.get("credits_consumed"))
    if said is None:
        said = _of_header(response)
    if said is None and (response.status == _MISS or _undecided(body)):
        return FREE
    return said


def _of_header(response: Response) -> Credits | None:
    return said_credits(response.headers.get(_COST_HEADER))


def _undecided(body: Mapping[str, Any]) -> bool:
    """A validation without a verdict is free (ruling C-24)."""
    return "email" in body and "unknown" in (body.get("email_status"), body.get("status"))


_STATUS_OF_CODE = {
    "missing_authentication": 401,
    "invalid_api_key": 401,
    "insufficient_permissions": 403,
    "validation_error": 400,
    "missing_required_field": 400,
    "invalid_json": 400,
    "invalid_parameter": 400,
    "insufficient_credits": 402,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
    "external_service_error": 502,
    "service_unavailable": 503,
}


class Problem(Wire):
    """An error in any of the three documented envelopes: problem details with or without `success`, or the old pair."""

    ignored: ClassVar[frozenset[str]] = frozenset({"type", "status", "instance", "docs", "param"})

    code: Said = None
    title: Said = None
    detail: Said = None
    action: Said = None
    context: Annotated[SaidObject | None, OR_NONE] = None
    error: Said = None
    message: Said = None

    @classmethod
    def of(cls, response: Response) -> Problem | None:
        """The first problem of a body, or None where the body is no error envelope."""
        match response.peek():
            case {"errors": [{**first}, *_]}:
                return cls.read(first)
            case {"error": str()} | {"message": str()} as body:
                return cls.read({name: body.get(name) for name in ("error", "message", "code")})
            case _:
                return None

    @property
    def status(self) -> int | None:
        """The HTTP status that the code belongs to, for answers that carry another one."""
        return _STATUS_OF_CODE.get((self.code or self.error or "").lower())

    @property
    def text(self) -> str:
        """The vendor's sentence for a person."""
        return brief(self.detail or self.title or self.message or self.error)


def fault_of(response: Response) -> ProviderError | None:
    """The failure that a response stands for; a 404 in LeadMagic's own words is left to the flow."""
    if response.status < 400:
        return None
    problem = Problem.of(response)
    if problem is None:
        return fault_of_status(TITLE, response)
    if response.status == _MISS:
        return None
    return fault_of_status(TITLE, _restated(response, problem), problem.text)


def _restated(response: Response, problem: Problem) -> Response:
    wait = (problem.context or {}).get("retry_after_seconds")
    headers = dict(response.headers)
    if wait is not None:
        headers.setdefault("retry-after", str(wait))
    return replace(response, status=problem.status or response.status, headers=headers)


def readable(value: str | None, what: str) -> str:
    """The value that the whole answer is about; `ProviderNonsense` where it could not be read."""
    if value is None:
        raise ProviderNonsense(f"The provider's answer holds a {what} that cannot be read.")
    return value
