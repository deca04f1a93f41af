"""Tools that put one answer together from several questions, asked at the same time wherever they can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import Field

from server.domain import chain, fields
from server.domain.company import (
    CompanyRecord,
    Competitors,
    FindCompany,
    FindRole,
    Funding,
    GetFunding,
    ListCompetitors,
    TechStack,
)
from server.domain.composite import (
    AccountIntel,
    ContactEmail,
    DecisionMaker,
    DecisionMakers,
    EnrichedContact,
    JobChangeView,
    Phone,
)
from server.domain.contact import (
    DetectJobChange,
    EmailVerdict,
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
from server.domain.errors import InvalidInput
from server.domain.jobs import FindJobs, JobPage, SimpleJobFilters
from server.domain.person import Person, PersonProfile
from server.domain.plan import Answers, Plan, Step, warnings
from server.domain.quality import QualityStatus
from server.domain.query import Answer, AnyQuery
from server.edge.tool import Family

composite = Family("composite")

X = TypeVar("X", bound=Answer)

Titles = Annotated[
    tuple[fields.JobTitle, ...],
    Field(description="One to five job titles.", min_length=1, max_length=5, examples=[["CEO", "VP Sales"]]),
]


@composite.lookup("Find decision makers", company_domain="stripe.com", titles=["CEO", "VP Sales"])
def find_decision_makers(
    titles: Titles,
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    include_email_discovery: bool = True,
    include_validation: Annotated[bool, Field(description="Validate addresses that were found unverified.")] = False,
    validate_limit: Annotated[int, Field(description="Most addresses to validate.", ge=0, le=5)] = 5,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[DecisionMakers]:
    """Find who holds up to five job titles at a company, with their work e-mail addresses.

    Needs titles and company_domain (better) or company_name. E-mail discovery is on, validation off unless given. The
    titles are looked up at the same time; an address that its finder has verified is not validated again.
    preview_cost tells the price.
    """
    chain.require_company(company_domain, company_name)
    titles = tuple(dict.fromkeys(titles))
    steps = [
        Step(
            f"role {title}",
            FindRole(job_title=title, company_domain=company_domain, company_name=company_name, fresh=force_refresh),
        )
        for title in titles
    ]
    if include_email_discovery:
        steps += [_email_step(title, company_domain, company_name, fresh=force_refresh) for title in titles]
    if include_email_discovery and include_validation:
        finders = tuple(f"email {title}" for title in titles)
        steps += [
            _validation_step(number, finders, fresh=force_refresh) for number in range(min(validate_limit, len(titles)))
        ]
    return Plan(tuple(steps), DecisionMakers, lambda answers: _decision_makers(titles, answers))


def _email_step(title: str, company_domain: str | None, company_name: str | None, *, fresh: bool) -> Step:
    role = f"role {title}"

    def of_person(answers: Answers) -> FindWorkEmail | None:
        person = _person(answers.get(role))
        if person is None or person.work_email:
            return None
        return chain.possible(
            lambda: FindWorkEmail(
                first_name=person.first_name,
                last_name=person.last_name,
                full_name=None if person.first_name and person.last_name else person.full_name,
                company_domain=person.company_domain or company_domain,
                company_name=None if person.company_domain or company_domain else company_name,
            )
        )

    unresolved = FindWorkEmail(
        first_name="Unresolved",
        last_name="Unresolved",
        company_domain=chain.UNRESOLVED,
        company_name=chain.UNRESOLVED,
        fresh=fresh,
    )
    return Step(f"email {title}", unresolved, after=(role,), then=of_person)


def _validation_step(number: int, finders: Sequence[str], *, fresh: bool) -> Step:
    def nth_unverified(answers: Answers) -> ValidateEmail | None:
        found = [answer for name in finders if isinstance(answer := answers.get(name), FoundEmail)]
        open_ = [one.email for one in found if one.email and one.quality.status is not QualityStatus.VERIFIED]
        return ValidateEmail(email=open_[number]) if number < len(open_) else None

    unresolved = ValidateEmail(email=f"unresolved@{chain.UNRESOLVED}", fresh=fresh)
    return Step(f"validation {number + 1}", unresolved, after=tuple(finders), then=nth_unverified)


def _decision_makers(titles: Sequence[str], answers: Answers) -> DecisionMakers | None:
    verdicts = {answer.email: answer for answer in answers.values() if isinstance(answer, EmailVerdict)}
    people: list[DecisionMaker] = []
    for title in titles:
        person = _person(answers.get(f"role {title}"))
        if person is not None:
            found = answers.get(f"email {title}")
            email = ContactEmail.found(found) if isinstance(found, FoundEmail) else None
            if email is not None and email.email in verdicts:
                email = ContactEmail.judged(verdicts[email.email])
            people.append(DecisionMaker(wanted=title, person=person, work_email=email))
    missing = tuple(title for title in titles if title not in {one.wanted for one in people})
    return DecisionMakers(people=tuple(people), not_found=missing, warnings=warnings(answers)) if people else None


@composite.lookup("Gather account intelligence", company_domain="stripe.com", jobs_limit=5)
def account_intel(
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    include_research: Annotated[bool, Field(description="Firmographics and funding.")] = True,
    include_competitors: bool = True,
    include_technographics: bool = True,
    include_jobs: Annotated[bool, Field(description="Open job postings; each one is charged.")] = True,
    jobs_limit: fields.JobLimit = 10,
    jobs_per_page: Annotated[int, Field(description="Postings per provider request.", ge=1, le=50)] = 50,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[AccountIntel]:
    """Gather firmographics, funding, competitors, technologies and open jobs of one company in one call.

    Needs company_domain (better) or company_name. Every part is on unless its include_ flag is false; all are asked
    at the same time. A part that fails is named in `parts` and does not sink the others. preview_cost tells the price.
    """
    chain.require_company(company_domain, company_name)
    steps: list[Step] = []
    by_name_only = include_technographics and company_domain is None
    if include_research or by_name_only:
        query = FindCompany(company_domain=company_domain, company_name=company_name, fresh=force_refresh)
        steps.append(Step("company", query))
    if include_research:
        funding = GetFunding(company_domain=company_domain, company_name=company_name, fresh=force_refresh)
        steps.append(Step("funding", funding))
    if include_competitors:
        rivals = ListCompetitors(company_domain=company_domain, company_name=company_name, fresh=force_refresh)
        steps.append(Step("competitors", rivals))
    if include_technographics:
        steps.append(chain.technographics_step(company_domain, fresh=force_refresh))
    if include_jobs:
        steps += _job_steps(company_domain, company_name, jobs_limit, jobs_per_page, fresh=force_refresh)
    if not steps:
        raise InvalidInput("Every part is switched off.", field="include_research", fix="Switch one part on.")
    return Plan(tuple(steps), AccountIntel, lambda answers: _intel(answers, research=include_research))


def _job_steps(domain: str | None, name: str | None, limit: int, per_page: int, *, fresh: bool) -> list[Step]:
    """Whole pages only, so that no more postings come back than `limit`."""
    size = min(per_page, limit)
    filters = SimpleJobFilters(company_website=domain, company_name=None if domain else name)
    return [
        Step(f"jobs {page}", FindJobs(filters=filters, page=page, limit=size, fresh=fresh))
        for page in range(1, limit // size + 1)
    ]


def _intel(answers: Answers, *, research: bool) -> AccountIntel | None:
    if all(answer is None for answer in answers.values()):
        return None
    record, funding = _as(CompanyRecord, answers.get("company")), _as(Funding, answers.get("funding"))
    rivals, stack = _as(Competitors, answers.get("competitors")), _as(TechStack, answers.get("technographics"))
    pages = [page for name, page in answers.items() if name.startswith("jobs ") and isinstance(page, JobPage)]
    return AccountIntel(
        company=record.company if record is not None and research else None,
        funding=funding.funding if funding is not None else None,
        competitors=rivals.competitors if rivals is not None else None,
        technologies=stack.technologies if stack is not None else None,
        jobs=tuple(job.shown(description=False) for page in pages for job in page.jobs) if pages else None,
        total_jobs=next((page.total for page in pages if page.total is not None), None),
        warnings=warnings(answers),
    )


@composite.lookup("Enrich a contact", email="ada.lovelace@stripe.com", auto_resolve_profile=True, include_mobile=True)
def enrich_contact(
    email: fields.Email | None = None,
    profile_url: fields.PersonUrl | None = None,
    company_domain: fields.CompanyDomain | None = None,
    company_name: fields.CompanyName | None = None,
    include_validation: bool = True,
    include_profile: bool = True,
    include_personal_email: bool = False,
    include_mobile: bool = False,
    include_job_change: Annotated[bool, Field(description="Still at company_domain or company_name?")] = False,
    auto_resolve_profile: Annotated[
        bool, Field(description="Look the profile up by email if no URL is given.")
    ] = False,
    force_refresh: fields.ForceRefresh = False,
) -> Plan[EnrichedContact]:
    """Gather what is known of one person: validated e-mail, profile, personal e-mail, mobile, job change.

    Needs email, profile_url or both. Validation and profile are on, the other include_ flags off unless given.
    Profile, personal e-mail and job change need profile_url, or email with auto_resolve_profile. Nothing is paid for
    that an earlier part already returned. preview_cost tells the price.
    """
    if email is None and profile_url is None:
        raise InvalidInput("Give email, profile_url or both.", field="email", fix="Add email.")
    contact = _Contact(email, profile_url, company_domain, company_name, fresh=force_refresh)
    resolves = auto_resolve_profile and profile_url is None
    if profile_url is None and not resolves and (include_personal_email or include_job_change):
        raise InvalidInput(
            "Personal e-mail and job change need the person's profile: profile_url is missing.",
            field="profile_url",
            fix="Add profile_url, or set auto_resolve_profile to true.",
        )
    steps = [
        *([contact.validation()] if include_validation and email else []),
        *([contact.resolution()] if resolves else []),
        *([contact.profile()] if include_profile and (profile_url or resolves) else []),
        *([contact.personal_email()] if include_personal_email else []),
        *([contact.mobile()] if include_mobile else []),
        *([contact.job_change()] if include_job_change else []),
    ]
    if not steps:
        raise InvalidInput(
            "Nothing is left to look up: every part that these arguments allow is switched off.",
            field="include_profile",
            fix="Switch a part on, or set auto_resolve_profile to true.",
        )
    return Plan(tuple(steps), EnrichedContact, contact.compose)


class _Contact:
    """The steps about one person, each from the profile URL where it is given, else from the one that is found."""

    def __init__(
        self, email: str | None, profile_url: str | None, domain: str | None, name: str | None, *, fresh: bool
    ) -> None:
        self._email = email
        self._url = profile_url
        self._domain = domain or (email.rsplit("@", 1)[1] if email and not name else None)
        self._name = name
        self._fresh = fresh

    def validation(self) -> Step:
        return Step("validation", ValidateEmail(email=self._email or "", fresh=self._fresh))

    def resolution(self) -> Step:
        return Step("resolution", FindProfileByEmail(work_email=self._email, fresh=self._fresh))

    def profile(self) -> Step:
        return self._by_profile(
            "profile", lambda url: GetProfile(profile_url=url, fresh=self._fresh), unless=_is_whole_profile
        )

    def personal_email(self) -> Step:
        return self._by_profile("personal_email", lambda url: FindPersonalEmail(profile_url=url, fresh=self._fresh))

    def mobile(self) -> Step:
        return Step("mobile", FindMobile(profile_url=self._url, work_email=self._email, fresh=self._fresh))

    def job_change(self) -> Step:
        return self._by_profile(
            "job_change",
            lambda url: DetectJobChange(
                profile_url=url, company_domain=self._domain, company_name=self._name, fresh=self._fresh
            ),
        )

    def compose(self, answers: Answers) -> EnrichedContact | None:
        """The parts that were found as one contact."""
        if all(answer is None for answer in answers.values()):
            return None
        verdict, mobile = _as(EmailVerdict, answers.get("validation")), _as(FoundPhone, answers.get("mobile"))
        resolved = _person(answers.get("resolution"))
        change, personal = _as(JobChange, answers.get("job_change")), _as(FoundEmail, answers.get("personal_email"))
        return EnrichedContact(
            work_email=ContactEmail.judged(verdict) if verdict is not None else None,
            person=_person(answers.get("profile")) or resolved,
            profile_url=self._url or (resolved.linkedin_url if resolved is not None else None),
            personal_email=personal.email if personal is not None else None,
            mobile=Phone.found(mobile) if mobile is not None else None,
            job_change=JobChangeView.of(change) if change is not None else None,
            warnings=warnings(answers),
        )

    def _by_profile(
        self, name: str, ask: Callable[[str], AnyQuery], unless: Callable[[Person], bool] = lambda _: False
    ) -> Step:
        if self._url is not None:
            return Step(name, ask(self._url))

        def of_resolved(answers: Answers) -> AnyQuery | None:
            person = _person(answers.get("resolution"))
            if person is None or person.linkedin_url is None or unless(person):
                return None
            url = person.linkedin_url
            return chain.possible(lambda: ask(url))

        return Step(name, ask("unresolved"), after=("resolution",), then=of_resolved)


def _is_whole_profile(person: Person) -> bool:
    """Whether the look-up by e-mail has brought more than a link, so that the profile need not be paid for again."""
    return bool(person.full_name and person.job_title)


def _person(answer: Answer | None) -> Person | None:
    return answer.person if isinstance(answer, PersonProfile) else None


def _as(kind: type[X], answer: Answer | None) -> X | None:
    return answer if isinstance(answer, kind) else None
