"""Pieces that several providers' flows build their answers from."""

from __future__ import annotations

from collections.abc import Iterable

from server.domain import normalise
from server.domain.contact import FoundPhone, PhoneType
from server.domain.lenient import Reader
from server.domain.quality import Quality, QualityStatus

_LINES = (
    ("mobile", PhoneType.MOBILE),
    ("direct", PhoneType.DIRECT_DIAL),
    ("landline", PhoneType.LANDLINE),
    ("work", PhoneType.WORK),
)


def line(said: str | None) -> PhoneType:
    """What kind of line a vendor's word such as `direct_dial` or `PersonalMobile` means."""
    word = (said or "").lower()
    return next((kind for part, kind in _LINES if part in word), PhoneType.UNKNOWN)


def phone_answer(
    raw: str,
    *,
    kind: PhoneType,
    quality: Quality,
    verified: bool | None = None,
    country: str | None = None,
    source: str | None = None,
    record: str | None = None,
) -> FoundPhone:
    """A number as an answer; `country` is the ISO code that the vendor gives with it."""
    read = Reader()
    region = read.country(country)
    number = read.phone(raw, region)
    return FoundPhone(
        number_e164=number,
        number_raw=raw,
        type=kind,
        verified=verified,
        country=region or (normalise.phone_country(number) if number else None),
        quality=quality,
        warnings=read.warnings,
        provider_source=source,
        record_id=record,
    )


def best_phone(found: Iterable[FoundPhone]) -> FoundPhone | None:
    """The number to call: dialable before others, then mobile, then by quality."""
    return min(
        found,
        key=lambda one: (one.number_e164 is None, one.type is not PhoneType.MOBILE, one.quality.order),
        default=None,
    )


def capped(score: float | None, highest: float, status: QualityStatus, *, basis: str, raw: str | None) -> Quality:
    """`status` with a score from 0 to `highest`."""
    held = None if score is None else max(0.0, min(score, highest))
    return Quality(status=status, score=held, basis=basis, provider_raw=raw)
