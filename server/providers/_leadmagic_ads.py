"""LeadMagic's answers about advertisements, and how they become ours."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from server.domain.ads import Ad, AdDetails, AdNetwork, AdPage, Advertiser, Impressions, Targeting, ad_id
from server.domain.lenient import OR_NONE, AllSaid, Count, Reader, Said
from server.provider import Wire
from server.providers._leadmagic_wire import Reply

L = TypeVar("L", bound="_ListedAd")


class _ListedAd(Wire):
    def read_as(self, reader: Reader) -> Ad:
        """The ad as ours."""
        raise NotImplementedError


class GoogleAd(_ListedAd):
    """An ad of Google Ads Search."""

    headline: Said = None
    description: Said = None
    display_url: Said = None
    final_url: Said = None
    ad_type: Said = None

    def read_as(self, reader: Reader) -> Ad:
        return Ad(
            network=AdNetwork.GOOGLE,
            format=self.ad_type,
            headline=self.headline,
            body=self.description,
            landing_url=reader.web_url(self.final_url),
            display_url=self.display_url,
        )


class MetaAd(_ListedAd):
    """An ad of Meta Ads Search."""

    ad_id: Said = None
    content: Said = None
    image_url: Said = None
    video_url: Said = None
    platform: AllSaid = ()
    started_running: Said = None

    def read_as(self, reader: Reader) -> Ad:
        return Ad(
            network=AdNetwork.META,
            ad_id=self.ad_id,
            body=self.content,
            image_url=reader.web_url(self.image_url),
            video_url=reader.web_url(self.video_url),
            platforms=self.platform,
            first_seen=self.started_running,
        )


class B2bAd(_ListedAd):
    """An ad of B2B Ads Search; `link` is its id, or its page."""

    content: Said = None
    link: Said = None
    image_url: Said = None

    def read_as(self, reader: Reader) -> Ad:
        return Ad(
            network=AdNetwork.B2B,
            ad_id=_id_of(self.link),
            body=self.content,
            image_url=reader.web_url(self.image_url),
        )


def _id_of(link: str | None) -> str | None:
    try:
        return ad_id(link) if link else None
    except ValueError:
        return link


class _AdsReply(Reply[AdPage], Generic[L]):
    company_name: Said = None
    ads: tuple[L, ...] = ()

    def answer(self, reader: Reader) -> AdPage | None:
        ads = tuple(ad.read_as(reader) for ad in self.ads)
        return AdPage(company_name=self.company_name, ads=ads, warnings=reader.warnings) if ads else None


class GoogleAdsReply(_AdsReply[GoogleAd]):
    """Google Ads Search."""


class MetaAdsReply(_AdsReply[MetaAd]):
    """Meta Ads Search."""


class B2bAdsReply(_AdsReply[B2bAd]):
    """B2B Ads Search."""


class Sponsor(Wire):
    """Who pays for an ad."""

    name: Said = None
    profile_url: Said = None


class Creative(Wire):
    """What an ad shows."""

    image_url: Said = None
    video_url: Said = None
    format: Said = None


class Audience(Wire):
    """Whom an ad is shown to."""

    locations: AllSaid = ()
    industries: AllSaid = ()


class Views(Wire):
    """How often an ad was shown."""

    min: Count = None
    max: Count = None


class AdDetailsReply(Reply[AdDetails]):
    """B2B Ad Details."""

    ad_id: Said = None
    headline: Said = None
    content: Said = None
    advertiser: Annotated[Sponsor | None, OR_NONE] = None
    creative: Annotated[Creative | None, OR_NONE] = None
    targeting: Annotated[Audience | None, OR_NONE] = None
    started_running: Said = None
    impressions: Annotated[Views | None, OR_NONE] = None

    def answer(self, reader: Reader) -> AdDetails | None:
        if not (self.headline or self.content or self.creative):
            return None
        creative = self.creative or Creative()
        ad = Ad(
            network=AdNetwork.B2B,
            ad_id=self.ad_id,
            format=creative.format,
            headline=self.headline,
            body=self.content,
            image_url=reader.web_url(creative.image_url),
            video_url=reader.web_url(creative.video_url),
            first_seen=self.started_running,
            targeting=self._targeting,
            impressions=Impressions(min=self.impressions.min, max=self.impressions.max) if self.impressions else None,
            advertiser=self._advertiser(reader),
        )
        return AdDetails(ad=ad, warnings=reader.warnings)

    @property
    def _targeting(self) -> Targeting | None:
        if self.targeting is None:
            return None
        return Targeting(locations=self.targeting.locations, industries=self.targeting.industries)

    def _advertiser(self, reader: Reader) -> Advertiser | None:
        if self.advertiser is None:
            return None
        return Advertiser(name=self.advertiser.name, linkedin_url=reader.company_url(self.advertiser.profile_url))
