"""Magic inputs: values that force an outcome, as test card numbers do.

An outcome is named by the local part of an address (`rate-limited@magic.example`), a host
(`rate-limited.magic.example`), a profile (`magic-rate-limited`) or a family name (`MagicRateLimited`), anywhere in a
request to any provider.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote_plus


class Kind(StrEnum):
    """Where an outcome takes effect."""

    ANSWER = "answer"
    """The handler runs, and answers so."""
    REFUSAL = "refusal"
    """The handler does not run; nothing is charged."""
    DELIVERY = "delivery"
    """The handler runs and charges; its answer does not arrive in one piece, or in time."""
    BILL = "bill"
    """The handler runs, and charges something else."""
    SHAPE = "shape"
    """The handler runs, and answers in a shape that another document shows."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome that a caller can force."""

    name: str
    kind: Kind
    effect: str


_TABLE = (
    Outcome("valid", Kind.ANSWER, "The address is deliverable, the person or company is found with every datum."),
    Outcome("invalid", Kind.ANSWER, "The mail server refuses the address. Charged as the provider charges it."),
    Outcome("unknown", Kind.ANSWER, "The mail server does not answer. Free where the provider says so."),
    Outcome("catch-all", Kind.ANSWER, "The domain accepts every address."),
    Outcome("not-found", Kind.ANSWER, "The documented miss, at the documented price of a miss."),
    Outcome(
        "not-found-404", Kind.ANSWER, "The miss as HTTP 404, free (C-17); as `not-found` where no document has it."
    ),
    Outcome("suppressed", Kind.ANSWER, "The person has opted out: LeadIQ marks the address as `Suppressed` (C-67)."),
    Outcome("rate-limited", Kind.REFUSAL, "HTTP 429 with `Retry-After: 1`."),
    Outcome("server-error", Kind.REFUSAL, "HTTP 500 in the provider's envelope."),
    Outcome("unavailable", Kind.REFUSAL, "HTTP 503 in the provider's envelope."),
    Outcome("bad-gateway", Kind.REFUSAL, "HTTP 502 with an HTML page of a proxy."),
    Outcome("forbidden", Kind.REFUSAL, "HTTP 403, the key lacks a permission (C-19)."),
    Outcome("no-credits", Kind.ANSWER, "The account counts as empty for this request: the documented refusal."),
    Outcome("bad-key", Kind.ANSWER, "The key counts as unknown for this request."),
    Outcome("slow", Kind.DELIVERY, "Charged, and answered after 20 seconds (`slow_ms` of `/control`)."),
    Outcome(
        "timeout", Kind.DELIVERY, "Charged, and never answered: the connection stays open until the client leaves."
    ),
    Outcome("hang-up", Kind.DELIVERY, "Charged, and the connection is closed in the middle of the body."),
    Outcome("malformed", Kind.DELIVERY, "Charged, HTTP 200, and the body is not JSON."),
    Outcome("truncated", Kind.DELIVERY, "Charged, HTTP 200, half of the body with an honest Content-Length."),
    Outcome("over-charge", Kind.BILL, "Charges and reports five times the price (R0, R2)."),
    Outcome(
        "other-price",
        Kind.BILL,
        "Charges the other figure that documents give (C-01 to C-08, C-21, C-27, C-60, C-65, C-70, C-71).",
    ),
    Outcome("silent-price", Kind.BILL, "Charges the price, and says nothing of it in body and headers (R3)."),
    Outcome("shape-old", Kind.SHAPE, "The body of the vendor's older documents (C-21, C-28, C-29, C-66)."),
    Outcome("shape-nested", Kind.SHAPE, "Company facts nested in an object (C-20), phones in the other place (C-64)."),
    Outcome("shape-data", Kind.SHAPE, "LeadMagic analytics: the body inside a `data` object (C-15)."),
    Outcome("shape-status", Kind.SHAPE, "The verdict under `status` (C-20)."),
    Outcome("shape-http", Kind.SHAPE, "GraphQL errors with their HTTP status (C-63); combine with `sandbox-empty`."),
    Outcome("error-old", Kind.REFUSAL, "HTTP 500 as `{error, message}` (C-19)."),
    Outcome("error-bare", Kind.REFUSAL, "HTTP 500 without `success`, and with an upper-case code (C-19)."),
)
OUTCOMES = {outcome.name: outcome for outcome in _TABLE}
ALIASES = {"429": "rate-limited", "500": "server-error", "502": "bad-gateway", "503": "unavailable", "403": "forbidden",
           "401": "bad-key", "402": "no-credits", "404": "not-found-404"}  # fmt: skip

_SPELT = {name.replace("-", "[-_ ]?"): name for name in sorted(OUTCOMES, key=len, reverse=True)}
_ANY = "|".join(f"({pattern})" for pattern in _SPELT)
_NAMES = list(_SPELT.values())
_END = r"(?![a-z0-9-]|\.[a-z0-9])"
_INPUT = re.compile(
    rf"(?<![a-z0-9.-])(?:{_ANY})@magic\.example{_END}"
    rf"|(?<![a-z0-9.-])(?:{_ANY})\.magic\.example{_END}"
    rf"|(?<![a-z0-9])magic[-_ ]?(?:{_ANY})(?![a-z0-9])"
)
_FIRST = (Kind.REFUSAL, Kind.DELIVERY)

current: ContextVar[Outcome | None] = ContextVar("current", default=None)
"""The outcome that the present request asks for."""


def named(name: str) -> Outcome:
    """The outcome of that name or HTTP status; KeyError where there is none."""
    return OUTCOMES[ALIASES.get(name, name)]


def status_of(name: str) -> int:
    """The HTTP status of an outcome of kind `refusal`."""
    return next((int(status) for status, of in ALIASES.items() if of == name), 500)


def of(text: str) -> Outcome | None:
    """The outcome that a text asks for; where several do, refusals and deliveries come first."""
    lowered = text.lower()
    if "magic" not in lowered:
        return None
    found = [OUTCOMES[_NAMES[_group(match) % len(_NAMES)]] for match in _INPUT.finditer(lowered)]
    urgent = [outcome for outcome in found if outcome.kind in _FIRST]
    return next(iter(urgent or found), None)


def _group(match: re.Match[str]) -> int:
    return next(index for index, text in enumerate(match.groups()) if text is not None)


def in_request(path: str, query: bytes, body: bytes) -> Outcome | None:
    """The outcome that a request asks for."""
    if b"magic" not in body.lower() and b"magic" not in query.lower() and "magic" not in path.lower():
        return None
    return of(" ".join((path, unquote_plus(query.decode("latin-1")), body.decode("utf-8", "replace"))))


def wants(*names: str) -> bool:
    """Whether the present request asks for one of these outcomes."""
    outcome = current.get()
    return outcome is not None and outcome.name in names


def table() -> str:
    """All outcomes as a Markdown table."""
    rows = (
        f"| `{one.name}` | {one.kind} | `{one.name}@magic.example` | `{one.name}.magic.example` | `magic-{one.name}` "
        f"| `Magic{''.join(word.capitalize() for word in one.name.split('-'))}` | {one.effect} |"
        for one in _TABLE
    )
    head = (
        "| outcome | kind | address | company domain | profile | family name | effect |\n|---|---|---|---|---|---|---|"
    )
    return "\n".join((head, *rows))
