"""LeadMagic's errors: problem details inside an `errors` array (LeadMagic API, Error Handling)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

_ROOT = "https://api.leadmagic.io/errors/"


class Problem(Exception):
    """A refusal of one request."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        *,
        param: list[str] | None = None,
        context: dict[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})
        found = {"type": f"{_ROOT}{code.lower()}", "title": title, "status": status, "code": code, **more}
        optional = {"param": param, "context": context}
        self.error: dict[str, Any] = found | {name: value for name, value in optional.items() if value}

    def envelope(self, path: str, request_id: str) -> dict[str, Any]:
        """The newest documented body (C-19)."""
        meta = {"request_id": request_id, "timestamp": _now(), "environment": "sandbox"}
        return {"success": False, "errors": [{**self.error, "instance": f"{path}#{request_id}"}], "meta": meta}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def missing(*names: str) -> Problem:
    """One of these fields has to be there."""
    title = f"Missing required field: {' or '.join(names)}."
    return Problem(400, "missing_required_field", title, param=list(names))


def invalid(name: str, detail: str) -> Problem:
    """A field whose value cannot be used."""
    return Problem(
        400, "validation_error", "Request validation failed. Check your input parameters.", param=[name], detail=detail
    )


def insufficient(needed: int, available: int) -> Problem:
    """Too few credits, in hundredths."""
    need, have = f"{needed / 100:g}", f"{available / 100:.2f}"
    context = {
        "credits_required": needed / 100,
        "credits_available": available / 100,
        "credits_needed": (needed - available) / 100,
    }
    return Problem(
        402,
        "insufficient_credits",
        f"Insufficient credits: need {need}, have {have}. Add credits to continue.",
        context=context,
        detail=f"This request requires {need} credit(s) but your account only has {have} credits remaining.",
        action="Add credits to your account.",
    )


def rate_limited(limit: int, seconds: int, now: int) -> Problem:
    """Too many requests in this minute."""
    context = {
        "limit": limit,
        "window": "1 minute",
        "remaining": 0,
        "reset_at": now + seconds,
        "retry_after_seconds": seconds,
    }
    return Problem(
        429,
        "rate_limit_exceeded",
        f"Rate limit exceeded: {limit} requests per 1 minute.",
        context=context,
        headers={"Retry-After": str(seconds)},
        detail="You have exceeded the maximum allowed request rate.",
        action=f"Wait {seconds} seconds before retrying.",
    )


def response(problem: Problem, path: str, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    body = to_json(problem.envelope(path, request_id))
    sent = {**(headers or {}), **problem.headers, "X-Request-ID": request_id}
    return Response(body, problem.status, sent, "application/json")
