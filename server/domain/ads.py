"""Advertisements that companies run."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field

from server.domain import fields, normalise, shorten
from server.domain.person import Part
from server.domain.query import Answer, Query

_AD_ID = re.compile(r"(?:.*/ad-library/detail/)?([\w-]{1,64})(?:[/?#].*)?")


def ad_id(value: str) -> str:
    """The id of a LinkedIn ad, from an Ad Library URL or the bare id; `ValueError` where it is neither."""
    match = _AD_ID.fullmatch(normalise.text(value, 500))
    if match is None:
        raise ValueError("is not an ad; send an id such as 633872143 or the ad's Ad Library URL")
    return match.group(1)


TEXT_SHOWN = 500
AdLimit = Annotated[int, Field(ge=1, le=50, examples=[10])]
AdOffset = Annotated[int, Field(ge=0, examples=[10])]
AdId = Annotated[
    str,
    AfterValidator(ad_id),
    Field(description="LinkedIn Ad Library id or URL of the ad.", examples=["633872143"]),
]


class AdNetwork(StrEnum):
    """Where an ad runs."""

    GOOGLE = "google"
    META = "meta"
    B2B = "b2b"


class Targeting(Part):
    """Whom an ad is shown to."""

    locations: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()


class Impressions(Part):
    """How often an ad was shown, as the network's range."""

    min: int | None = None
    max: int | None = None


class Advertiser(Part):
    """Who pays for an ad."""

    name: str | None = None
    linkedin_url: str | None = None


class Ad(Part):
    """One advertisement, in whatever depth the network shows; texts are the advertiser's own words."""

    network: AdNetwork
    ad_id: str | None = None
    format: str | None = None
    """The network's word, such as `responsive_search` or `single_image`."""
    headline: str | None = None
    body: str | None = None
    landing_url: str | None = None
    display_url: str | None = None
    """The address as shown in the ad; not necessarily one that can be opened."""
    image_url: str | None = None
    video_url: str | None = None
    platforms: tuple[str, ...] = ()
    first_seen: str | None = None
    """ISO 8601 date."""
    targeting: Targeting | None = None
    impressions: Impressions | None = None
    advertiser: Advertiser | None = None


class AdPage(Answer):
    """Ads of one company in the provider's order."""

    company_name: str | None = None
    ads: tuple[Ad, ...]
    total: int | None = None
    """How many ads the search found, where `ads` is a part of them."""

    @property
    def units(self) -> int:
        return len(self.ads)

    def shown(self, limit: int, offset: int) -> Self:
        """A page of the ads as clients get them: long texts are cut, with a note."""
        page = self.ads[offset : offset + limit]
        cut = any(len(ad.body or "") > TEXT_SHOWN for ad in page)
        notes = (f"Ad texts were cut after {TEXT_SHOWN} characters.",) if cut else ()
        ads = tuple(ad.model_copy(update={"body": shorten.text(ad.body, TEXT_SHOWN)}) for ad in page)
        return self.model_copy(update={"ads": ads, "total": len(self.ads), "warnings": (*self.warnings, *notes)})


class _AdsOfCompany(Query[AdPage]):
    answer: ClassVar[type[Answer]] = AdPage
    keep: ClassVar[timedelta] = timedelta(days=7)
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = (("company_domain",), ("company_name",))

    company_domain: fields.CompanyDomain | None = None
    company_name: fields.CompanyName | None = None


class SearchGoogleAds(_AdsOfCompany):
    """Google ads that a company runs; flat price, however many come back."""


class SearchMetaAds(_AdsOfCompany):
    """Facebook and Instagram ads that a company runs; flat price, however many come back."""


class SearchB2bAds(_AdsOfCompany):
    """LinkedIn ads that a company runs; flat price, however many come back."""


class AdDetails(Answer):
    """One ad in full."""

    ad: Ad


class GetB2bAd(Query[AdDetails]):
    """One LinkedIn ad in full."""

    answer: ClassVar[type[Answer]] = AdDetails

    ad_id: AdId
