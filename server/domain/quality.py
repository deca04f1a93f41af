"""How far an answer can be trusted: one status and one score from 0 to 1 over all providers.

The bands are LeadContact's, the only thresholds that any of the five vendors documents.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class QualityStatus(StrEnum):
    """What the provider's own signal amounts to."""

    VERIFIED = "verified"
    PROBABLE = "probable"
    UNVERIFIED = "unverified"
    RISKY = "risky"
    """Catch-all, disposable or role address, or low confidence; never counted as verified."""
    UNKNOWN = "unknown"
    INVALID = "invalid"
    SUPPRESSED = "suppressed"


RANK = {status: rank for rank, status in enumerate(QualityStatus)}
"""Best first: the order in which answers that did not settle a query are preferred."""

VERIFIED_FROM = 0.90
PROBABLE_FROM = 0.70


class Quality(BaseModel):
    """Status and score, with the provider's own words beside them."""

    model_config = ConfigDict(frozen=True)

    status: QualityStatus
    score: float | None = None
    basis: str | None = None
    """Which signal the status was derived from, such as `email_status` or `confidence`."""
    provider_raw: str | None = None
    """The provider's own value, untouched."""

    @property
    def order(self) -> tuple[int, float]:
        """Sorts better quality first."""
        return RANK[self.status], -(self.score if self.score is not None else -1.0)


def banded(score: float, *, basis: str, raw: str, at_least: float = 0.0, at_most: float = 1.0) -> Quality:
    """Status by band of a numeric score that is first held between `at_least` and `at_most`."""
    held = max(at_least, min(at_most, score))
    if held >= VERIFIED_FROM:
        status = QualityStatus.VERIFIED
    elif held >= PROBABLE_FROM:
        status = QualityStatus.PROBABLE
    else:
        status = QualityStatus.RISKY
    return Quality(status=status, score=held, basis=basis, provider_raw=raw)


NO_SIGNAL = Quality(status=QualityStatus.UNVERIFIED, basis="none")
"""The provider returned a value and said nothing about its quality."""
