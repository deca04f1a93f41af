"""LeadMagic: people, companies, job postings and advertisements over REST v1 and v3.

Source: LeadMagic API reference. A subject it does not know is a 200 with empty fields, or a 404, and costs nothing
(C-17); charges come in the body as `credits_consumed`. The shapes are in the modules beside this one, one per family.
"""

from __future__ import annotations

from typing import Any

from server.domain import job_filters, usage
from server.domain.account import Balance, GetBalance
from server.domain.ads import AdDetails, AdPage, GetB2bAd, SearchB2bAds, SearchGoogleAds, SearchMetaAds
from server.domain.company import (
    CompanyPage,
    CompanyRecord,
    Competitors,
    FindCompany,
    FindRole,
    Funding,
    GetFunding,
    GetTechnographics,
    ListCompetitors,
    ListEmployees,
    TechStack,
)
from server.domain.contact import (
    DetectJobChange,
    EmailVerdict,
    FindEmailByProfile,
    FindMobile,
    FindPersonalEmail,
    FindProfileByEmail,
    FindWorkEmail,
    FoundEmail,
    FoundPhone,
    GetProfile,
    JobChange,
    ValidateEmail,
)
from server.domain.errors import ProviderError
from server.domain.jobs import CheckJobSearch, FindJobs, JobPage, SearchJobs
from server.domain.money import Credits
from server.domain.person import PeoplePage, PersonProfile
from server.domain.search import FindLookalikes, SearchCompanies, SearchPeople
from server.provider import Flow, Provider, Request, Response, answers
from server.providers import _leadmagic_account as account
from server.providers import _leadmagic_ads as ads
from server.providers import _leadmagic_companies as companies
from server.providers import _leadmagic_criteria as criteria
from server.providers import _leadmagic_emails as emails
from server.providers import _leadmagic_insight as insight
from server.providers import _leadmagic_jobs as jobs
from server.providers import _leadmagic_people as people
from server.providers._leadmagic_criteria import given
from server.providers._leadmagic_wire import ask, charge_of, fault_of, listed, serve


class LeadMagic(Provider):
    """One method per operation, in the order of the reference: contacts, companies, jobs, ads, account."""

    def charged(self, response: Response) -> Credits | None:
        return charge_of(response)

    def fault(self, response: Response) -> ProviderError | None:
        return fault_of(response)

    @answers(ValidateEmail)
    def email_validation(self, query: ValidateEmail) -> Flow[EmailVerdict]:
        """A verdict always comes back; `unknown` and malformed addresses are free."""
        request = _post("/v1/people/email-validation", email=query.email)
        return ask(request, emails.ValidationReply, email=query.email)

    @answers(FindWorkEmail)
    def email_finder(self, query: FindWorkEmail) -> Flow[FoundEmail]:
        """Split names and the domain win over their alternatives, so the alternatives are left out (C-23)."""
        split = bool(query.first_name and query.last_name)
        request = _post(
            "/v1/people/email-finder",
            first_name=query.first_name if split else None,
            last_name=query.last_name if split else None,
            full_name=None if split else query.full_name,
            domain=query.company_domain,
            company_name=None if query.company_domain else query.company_name,
        )
        return ask(request, emails.EmailFinderReply, domain=query.company_domain)

    @answers(FindPersonalEmail)
    def personal_email_finder(self, query: FindPersonalEmail) -> Flow[FoundEmail]:
        """Nothing is said about the quality of the address."""
        return ask(_post("/v1/people/personal-email-finder", profile_url=query.profile_url), emails.PersonalEmailReply)

    @answers(FindEmailByProfile)
    def profile_to_email(self, query: FindEmailByProfile) -> Flow[FoundEmail]:
        """The address comes validated."""
        return ask(_post("/v1/people/b2b-profile-email", profile_url=query.profile_url), emails.ProfileEmailReply)

    @answers(GetProfile)
    def profile_search(self, query: GetProfile) -> Flow[PersonProfile]:
        """Private profiles may come with few fields."""
        request = _post("/v1/people/profile-search", profile_url=query.profile_url)
        return ask(request, people.ProfileReply, profile_url=query.profile_url)

    @answers(FindProfileByEmail)
    def email_to_profile(self, query: FindProfileByEmail) -> Flow[PersonProfile]:
        """The profile's URL only."""
        request = _post("/v1/people/b2b-profile", work_email=query.work_email, personal_email=query.personal_email)
        return ask(request, people.ProfileUrlReply)

    @answers(FindMobile)
    def mobile_finder(self, query: FindMobile) -> Flow[FoundPhone]:
        """Every identifier is sent, because they raise the match rate together; a name is none of them (C-31)."""
        request = _post(
            "/v1/people/mobile-finder",
            profile_url=query.profile_url,
            work_email=query.work_email,
            personal_email=query.personal_email,
        )
        return ask(request, people.MobileReply)

    @answers(DetectJobChange)
    def job_change_detector(self, query: DetectJobChange) -> Flow[JobChange]:
        """Each verdict costs the same; only a profile that cannot be resolved is free (C-04)."""
        request = _post("/v1/people/job-change-detector", profile_url=query.profile_url, **_company(query))
        return ask(request, people.JobChangeReply, expected_company=query.company_name)

    @answers(FindRole, when=lambda query: query.location is None)
    def role_finder(self, query: FindRole) -> Flow[PersonProfile]:
        """The first match; it cannot be narrowed by place, so `role_search` answers for places."""
        return ask(_post("/v1/people/role-finder", job_title=query.job_title, **_company(query)), people.RoleReply)

    @answers(FindRole, when=lambda query: query.location is not None)
    def role_search(self, query: FindRole) -> Flow[PersonProfile]:
        """The first row of a people search for the title at the place."""
        body = _employees(query) | {"titles": [query.job_title]} | criteria.page_of_people(1)
        found = yield from ask(Request("POST", "/v3/people/search", json=body), people.PeopleReply)
        return PersonProfile(person=found.people[0], warnings=found.warnings) if found else None

    @answers(SearchPeople, when=criteria.can_search_people)
    def people_search(self, query: SearchPeople) -> Flow[PeoplePage]:
        """Details stay masked unless the query asks to reveal them."""
        return ask(Request("POST", "/v3/people/search", json=criteria.people_body(query)), people.PeopleReply)

    @answers(ListEmployees)
    def employee_list(self, query: ListEmployees) -> Flow[PeoplePage]:
        """A people search in one company; the older employee finder is not used (C-13)."""
        body = _employees(query) | criteria.page_of_people(query.limit)
        return ask(Request("POST", "/v3/people/search", json=body), people.PeopleReply)

    @answers(FindCompany)
    def company_search(self, query: FindCompany) -> Flow[CompanyRecord]:
        """One identifier and no `limit`, which would turn the lookup into a list."""
        url = None if query.company_domain else query.profile_url
        name = None if query.company_domain or url else query.company_name
        request = _post("/v3/companies/search", company_domain=query.company_domain, profile_url=url, company_name=name)
        return ask(request, companies.CompanyReply)

    @answers(SearchCompanies)
    def company_list(self, query: SearchCompanies) -> Flow[CompanyPage]:
        """The same endpoint with filters and a limit."""
        request = Request("POST", "/v3/companies/search", json=criteria.company_list_body(query))
        return ask(request, companies.CompaniesReply)

    @answers(FindLookalikes)
    def company_lookalike(self, query: FindLookalikes) -> Flow[CompanyPage]:
        """Filters apply after similarity, so fewer rows than the limit may come back."""
        request = _post(
            "/v3/companies/lookalike",
            company_domain=query.company_domain,
            seed=given(domains=list(query.seed_domains)),
            description=query.description,
            company_name=query.company_name,
            company_filters=criteria.company_filters(query.companies),
            limit=query.limit,
            offset=query.offset,
        )
        return ask(request, companies.CompaniesReply)

    @answers(GetFunding)
    def company_funding(self, query: GetFunding) -> Flow[Funding]:
        """Sums are formatted text."""
        return ask(_post("/v1/companies/company-funding", **_company(query)), insight.FundingReply)

    @answers(GetTechnographics)
    def technographics(self, query: GetTechnographics) -> Flow[TechStack]:
        """Takes a domain only (C-09)."""
        request = _post("/v1/companies/technographics", company_domain=query.company_domain)
        return ask(request, insight.TechStackReply, company_domain=query.company_domain)

    @answers(ListCompetitors)
    def competitors_search(self, query: ListCompetitors) -> Flow[Competitors]:
        """A route that the reference no longer prints and the MCP page still prices (C-40)."""
        url = None if query.company_domain else query.company_url
        name = None if query.company_domain or url else query.company_name
        request = _post(
            "/v1/companies/competitors-search",
            company_domain=query.company_domain,
            company_url=url,
            company_name=name,
        )
        return ask(request, insight.CompetitorsReply)

    @answers(FindJobs)
    def jobs_finder(self, query: FindJobs) -> Flow[JobPage]:
        """The older, page-based search."""
        return ask(Request("POST", "/v1/jobs/jobs-finder", json=criteria.find_jobs_body(query)), jobs.JobsFinderReply)

    @answers(SearchJobs)
    def jobs_search(self, query: SearchJobs) -> Flow[JobPage]:
        """By filters and cursor."""
        request = Request("POST", "/v3/jobs/search", json=criteria.search_jobs_body(query))
        return ask(request, jobs.JobSearchReply)

    @answers(CheckJobSearch)
    def jobs_search_dry_run(self, query: CheckJobSearch) -> Flow[JobPage]:
        """The same endpoint, which charges nothing for a dry run."""
        request = Request("POST", "/v3/jobs/search", json=criteria.search_jobs_body(query))
        return serve(request, jobs.JobCheckReply)

    @answers(job_filters.ResolveJobFilters)
    def jobs_resolve(self, query: job_filters.ResolveJobFilters) -> Flow[job_filters.ResolvedFilters]:
        """Free or 1 credit: its own page says both (C-07)."""
        request = Request("POST", "/v3/jobs/search/resolve", json=criteria.job_filter_blocks(query.filters))
        return ask(request, jobs.ResolveReply)

    @answers(job_filters.SearchJobCompanies)
    def jobs_companies(self, query: job_filters.SearchJobCompanies) -> Flow[job_filters.CompanyMatches]:
        """Free or 1 credit, by page (C-08)."""
        request = _get("/v3/jobs/search/companies", q=query.text, domain=query.company_domain, limit=query.limit)
        return ask(request, jobs.CandidatesReply)

    @answers(job_filters.SearchJobTags)
    def jobs_tags(self, query: job_filters.SearchJobTags) -> Flow[job_filters.Terms]:
        """Free."""
        request = _get("/v3/jobs/search/tags", q=query.text, tag_type=query.tag_type, limit=query.limit)
        return serve(request, jobs.TermsReply)

    @answers(job_filters.SearchJobTitles)
    def jobs_titles(self, query: job_filters.SearchJobTitles) -> Flow[job_filters.Terms]:
        """Free."""
        return serve(_get("/v3/jobs/search/titles", q=query.text, limit=query.limit), jobs.TermsReply)

    @answers(job_filters.SearchOccupations)
    def jobs_occupation_taxonomy(self, query: job_filters.SearchOccupations) -> Flow[job_filters.Terms]:
        """Free."""
        request = _get("/v3/jobs/search/occupation-taxonomy", q=query.text, level=query.level, limit=query.limit)
        return serve(request, jobs.TermsReply)

    @answers(job_filters.SearchJobLocations)
    def jobs_locations(self, query: job_filters.SearchJobLocations) -> Flow[job_filters.Areas]:
        """Free."""
        request = _get("/v3/jobs/search/locations", q=query.text, type=query.kind, limit=query.limit)
        return serve(request, jobs.LocationsReply)

    @answers(job_filters.GetJobCatalogs)
    def jobs_catalogs(self, _: job_filters.GetJobCatalogs) -> Flow[job_filters.JobCatalogs]:
        """Free."""
        return serve(_get("/v3/jobs/search/catalogs"), jobs.CatalogsReply)

    @answers(job_filters.ListJobCountries)
    def jobs_countries(self, _: job_filters.ListJobCountries) -> Flow[job_filters.JobList]:
        """Free."""
        return listed(_get("/v1/jobs/countries"), jobs.CountriesReply)

    @answers(job_filters.ListJobRegions)
    def jobs_regions(self, _: job_filters.ListJobRegions) -> Flow[job_filters.JobList]:
        """Free."""
        return listed(_get("/v1/jobs/regions"), jobs.ListReply)

    @answers(job_filters.ListJobTypes)
    def jobs_job_types(self, _: job_filters.ListJobTypes) -> Flow[job_filters.JobList]:
        """Free."""
        return listed(_get("/v1/jobs/job-types"), jobs.ListReply)

    @answers(job_filters.ListJobCompanyTypes)
    def jobs_company_types(self, _: job_filters.ListJobCompanyTypes) -> Flow[job_filters.JobList]:
        """Free."""
        return listed(_get("/v1/jobs/company-types"), jobs.ListReply)

    @answers(job_filters.ListJobIndustries)
    def jobs_industries(self, _: job_filters.ListJobIndustries) -> Flow[job_filters.JobList]:
        """Free."""
        return listed(_get("/v1/jobs/industries"), jobs.ListReply)

    @answers(SearchGoogleAds)
    def google_ads_search(self, query: SearchGoogleAds) -> Flow[AdPage]:
        """One price for the search, whatever the number of ads (C-27)."""
        return ask(_post("/v1/ads/google-ads-search", **_company(query)), ads.GoogleAdsReply)

    @answers(SearchMetaAds)
    def meta_ads_search(self, query: SearchMetaAds) -> Flow[AdPage]:
        """One price for the search, whatever the number of ads (C-27)."""
        return ask(_post("/v1/ads/meta-ads-search", **_company(query)), ads.MetaAdsReply)

    @answers(SearchB2bAds)
    def b2b_ads_search(self, query: SearchB2bAds) -> Flow[AdPage]:
        """One price for the search, whatever the number of ads (C-27)."""
        return ask(_post("/v1/ads/b2b-ads-search", **_company(query)), ads.B2bAdsReply)

    @answers(GetB2bAd)
    def b2b_ads_details(self, query: GetB2bAd) -> Flow[AdDetails]:
        """Takes the Ad Library URL, which the id is part of."""
        url = f"https://www.linkedin.com/ad-library/detail/{query.ad_id}"
        return ask(_post("/v1/ads/b2b-ads-details", ad_url=url), ads.AdDetailsReply, ad_id=query.ad_id)

    @answers(GetBalance)
    def credits_get(self, _: GetBalance) -> Flow[Balance]:
        """Free, and outside the rate limits."""
        return serve(_get("/v1/credits"), account.CreditsReply)

    @answers(usage.RefreshBalance)
    def credits_refresh(self, _: usage.RefreshBalance) -> Flow[Balance]:
        """Counts the balance anew; its answer is not documented and read as `credits_get`."""
        return serve(Request("POST", "/v1/credits/refresh", json={}), account.CreditsReply)

    @answers(usage.CheckKey)
    def credits_health(self, _: usage.CheckKey) -> Flow[usage.KeyHealth]:
        """Whether the key authenticates."""
        return serve(_get("/v1/credits/health"), account.HealthReply)

    @answers(usage.GetAccountDashboard)
    def analytics_dashboard(self, _: usage.GetAccountDashboard) -> Flow[usage.AccountDashboard]:
        """Free, like all analytics."""
        return serve(_get("/v1/analytics/dashboard"), account.DashboardReply)

    @answers(usage.GetUsage)
    def analytics_usage(self, query: usage.GetUsage) -> Flow[usage.UsageReport]:
        """By day, with sums."""
        return serve(_get("/v1/analytics/usage", days=query.days), account.UsageReply)

    @answers(usage.GetProductUsage)
    def analytics_products(self, query: usage.GetProductUsage) -> Flow[usage.ProductReport]:
        """By product."""
        return serve(_get("/v1/analytics/products", days=query.days), account.ProductsReply)

    @answers(usage.GetCreditUsage)
    def analytics_credits(self, query: usage.GetCreditUsage) -> Flow[usage.UsageReport]:
        """Credits by day, with sums."""
        return serve(_get("/v1/analytics/credits", days=query.days), account.UsageReply)

    @answers(usage.GetLifetimeUsage)
    def analytics_summary(self, query: usage.GetLifetimeUsage) -> Flow[usage.LifetimeUsage]:
        """All time, or between two dates."""
        start, end = (day.isoformat() if day else None for day in (query.start, query.end))
        return serve(_get("/v1/analytics/summary", start_date=start, end_date=end), account.LifetimeReply)

    @answers(usage.GetDailyMetrics)
    def analytics_daily(self, query: usage.GetDailyMetrics) -> Flow[usage.UsageReport]:
        """Latency and errors by day."""
        return serve(_get("/v1/analytics/daily", days=query.days), account.UsageReply)

    @answers(usage.GetDayUsage)
    def analytics_day(self, query: usage.GetDayUsage) -> Flow[usage.ProductReport]:
        """One day by product."""
        return serve(_get(f"/v1/analytics/day/{query.day.isoformat()}"), account.DayReply)

    @answers(usage.GetSearchStats)
    def search_stats(self, query: usage.GetSearchStats) -> Flow[usage.SearchStats]:
        """Cached figures, no records."""
        request = _post(
            "/v3/search/stats", products=list(query.products), sections=list(query.sections), limit=query.limit
        )
        return serve(request, account.SearchStatsReply)


def _post(path: str, **fields: Any) -> Request:
    return Request("POST", path, json=given(**fields))


def _get(path: str, **params: str | int | None) -> Request:
    return Request("GET", path, params=given(**params) or None)


OfCompany = DetectJobChange | FindRole | ListEmployees | GetFunding | SearchGoogleAds | SearchMetaAds | SearchB2bAds


def _company(query: OfCompany) -> dict[str, str | None]:
    """The domain, or else the name: the domain is exact, and a name beside it only adds doubt."""
    domain = query.company_domain
    return {"company_domain": domain, "company_name": None if domain else query.company_name}


def _employees(query: FindRole | ListEmployees) -> dict[str, Any]:
    return given(**_company(query), people_filters=criteria.whereabouts(query.location))
