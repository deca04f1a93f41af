"""One conversation with Weir, the same for every client and era, and what must come of it."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

PROTOCOLS = {"modern": "2026-07-28", "legacy": "2025-11-25"}
"""The revision that the newest official clients negotiate in each era."""

_ALEX = {"first_name": "Alex", "last_name": "Rivera", "company_domain": "leadmagic.io"}
_MAIL = {"email": "alex.rivera@example.com"}
_PREVIEW = {"tool": "validate_work_email", "arguments": _MAIL}

CALLS: tuple[Json, ...] = (
    {"name": "preview_cost", "arguments": _PREVIEW},
    {"name": "validate_work_email", "arguments": _MAIL},
    {"name": "validate_work_email", "arguments": {"email": " Alex.Rivera@EXAMPLE.com "}},
    {"name": "preview_cost", "arguments": _PREVIEW},
    {"name": "find_work_email", "arguments": _ALEX},
    {"name": "enrich_company", "arguments": {"company_domain": "leadmagic.io"}},
    {"name": "validate_work_email", "arguments": {"email": "no address"}},
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a tool call returned, as the client saw it."""

    text: str
    structured: Json
    failed: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a client saw, call by call."""

    protocol: str
    server: str | None
    """The server's name; None where the client did not ask for it."""
    tools: tuple[str, ...]
    results: tuple[Said, ...]


def receipt(*attempts: tuple[str, str, float], usd: float, cached: bool = False) -> Json:
    """The receipt of found answers: provider, operation and credits of each attempt."""
    return {
        "cost": {"credits": {provider: amount for provider, _, amount in attempts}, "usd": usd},
        "cached": cached,
        "sandbox": True,
        "attempts": [
            {"provider": provider, "operation": operation, "outcome": "found", "credits": amount}
            for provider, operation, amount in attempts
        ],
    }


def check(seen: Conversation, era: str) -> None:
    """Hold what a client saw against what the documented examples, prices and rulings say."""
    assert seen.protocol == PROTOCOLS[era]
    assert seen.server in ("weir", None)
    assert {call["name"] for call in CALLS} <= set(seen.tools)
    before, validated, repeated, after, found, company, refused = seen.results
    assert [result.failed for result in seen.results] == [False] * 6 + [True]
    _check_previews(before.structured["data"], after.structured["data"])
    _check_validation(validated.structured, repeated.structured)
    _check_lookups(found.structured, company.structured)
    _check_refusal(refused)


def _check_previews(before: Json, after: Json) -> None:
    assert before["tool"] == "validate_work_email"
    first = before["steps"][0]
    assert (first["provider"], first["operation"], first["max"], first["cached"]) == (
        "leadmagic",
        "email_validation",
        0.25,
        False,
    )
    assert before["max"]["credits"]["leadmagic"] == 0.25
    assert before["needs_approval"] is False
    assert (after["max"]["usd"], after["expected"]["usd"]) == (0, 0), "a stored answer costs nothing"


def _check_validation(validated: Json, repeated: Json) -> None:
    assert validated["outcome"] == "found"
    assert validated["data"]["email"] == "alex.rivera@example.com"
    assert validated["data"]["status"] == "verified"
    assert validated["receipt"] == receipt(("leadmagic", "email_validation", 0.25), usd=0.006125)
    assert repeated["data"] == validated["data"]
    assert repeated["receipt"] == receipt(usd=0, cached=True)


def _check_lookups(found: Json, company: Json) -> None:
    assert found["data"]["email"] == "alex.rivera@example.com"
    assert found["receipt"] == receipt(("leadmagic", "email_finder", 1), usd=0.0245)
    assert company["data"]["company"]["name"] == "LeadMagic"
    assert company["data"]["company"]["domain"] == "leadmagic.io"
    assert company["data"]["company"]["founded_year"] == 2022
    assert company["receipt"] == receipt(("leadmagic", "company_search", 1), usd=0.0245)


def _check_refusal(refused: Said) -> None:
    error = refused.structured["error"]
    assert refused.structured["outcome"] == "invalid_input"
    assert (error["code"], error["field"], error["retryable"]) == ("invalid_input", "email", False)
    assert refused.structured["receipt"] == receipt(usd=0)
