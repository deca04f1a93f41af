"""How a call ended: one closed vocabulary over all providers and tools."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of an attempt, a query or a tool call."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"
    """The provider could not decide; not the same as not found."""
    INVALID_INPUT = "invalid_input"
    SUPPRESSED = "suppressed"
    OUT_OF_BUDGET = "out_of_budget"
    APPROVAL_REQUIRED = "approval_required"
    PROVIDER_ERROR = "provider_error"
    RATE_LIMITED = "rate_limited"
