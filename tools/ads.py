"""Tools about the advertisements that companies run."""

from __future__ import annotations

from server.domain import ads as domain
from server.domain import fields
from server.domain.ads import AdDetails, AdPage, GetB2bAd, SearchB2bAds, SearchGoogleAds, SearchMetaAds
from server.domain.plan import Plan, ask
from server.edge.tool import Family

ads = Family("ads")


@ads.lookup("Search Google ads", company_domain="leadmagic.io")
def search_google_ads(
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    limit: domain.AdLimit = 10,
    offset: domain.AdOffset = 0,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[AdPage]:
    """List the Google ads that a company runs: headline, text and landing page.

    Needs company_domain (better) or company_name. One price for all ads; further pages cost nothing.
    """
    query = SearchGoogleAds(company_domain=company_domain, company_name=company_name, fresh=force_refresh)
    return ask(query, lambda page: page.shown(limit, offset))


@ads.lookup("Search Meta ads", company_domain="leadmagic.io")
def search_meta_ads(
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    limit: domain.AdLimit = 10,
    offset: domain.AdOffset = 0,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[AdPage]:
    """List the Facebook and Instagram ads that a company runs: text, media and since when.

    Needs company_domain (better) or company_name. One price for all ads; further pages cost nothing.
    """
    query = SearchMetaAds(company_domain=company_domain, company_name=company_name, fresh=force_refresh)
    return ask(query, lambda page: page.shown(limit, offset))


@ads.lookup("Search LinkedIn ads", company_domain="leadmagic.io")
def search_b2b_ads(
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    limit: domain.AdLimit = 10,
    offset: domain.AdOffset = 0,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[AdPage]:
    """List the LinkedIn ads that a company runs; get_b2b_ad_details shows one of them in full.

    Needs company_domain (better) or company_name. One price for all ads; further pages cost nothing.
    """
    query = SearchB2bAds(company_domain=company_domain, company_name=company_name, fresh=force_refresh)
    return ask(query, lambda page: page.shown(limit, offset))


@ads.lookup("Get LinkedIn ad details", ad_id="633872143")
def get_b2b_ad_details(ad_id: domain.AdId, force_refresh: fields.ForceRefresh = False) -> Plan[AdDetails]:
    """Get one LinkedIn ad in full: text, creative, advertiser, targeting, impressions, since when it runs.

    Takes the ad_id of search_b2b_ads. Charged only when the ad is found.
    """
    return ask(GetB2bAd(ad_id=ad_id, fresh=force_refresh))
