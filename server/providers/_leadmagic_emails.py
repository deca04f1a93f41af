"""LeadMagic's answers about e-mail addresses, and how they become ours."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AliasChoices, Field

from server.domain.contact import CompanyFacts, EmailType, EmailVerdict, FoundEmail
from server.domain.errors import ProviderNonsense
from server.domain.lenient import OR_NONE, AllSaid, Count, Flag, Reader, Said
from server.domain.quality import Quality, QualityStatus
from server.provider import Wire
from server.providers._leadmagic_wire import Reply, readable

_CATCH_ALL = Quality(status=QualityStatus.RISKY, score=0.60)
_VERDICTS = {
    "valid": Quality(status=QualityStatus.VERIFIED, score=0.99),
    "invalid": Quality(status=QualityStatus.INVALID, score=0.0),
    "unknown": Quality(status=QualityStatus.UNKNOWN),
    "valid_catch_all": _CATCH_ALL,
    "catch_all": _CATCH_ALL,
}
_VERDICT_OF_MESSAGE = {
    "email is valid": "valid",
    "email is invalid": "invalid",
    "email is invalid (rfc non-compliant format)": "invalid",
    "email is invalid (malformed address)": "invalid",
    "unable to determine email validity": "unknown",
}


class CompanyRef(Wire):
    """The nested company of the quickstart's sample (ruling C-20)."""

    name: Said = None
    domain: Said = None
    linkedin_url: Said = None


class Whereabouts(Wire):
    """A company's location."""

    ignored: ClassVar[frozenset[str]] = frozenset(
        {
            "locality",
            "region",
            "metro",
            "country",
            "continent",
            "street_address",
            "address_line_2",
            "postal_code",
            "geo",
        }
    )

    name: Said = None


class ValidationReply(Reply[EmailVerdict]):
    """Email Validation."""

    ignored: ClassVar[frozenset[str]] = frozenset(
        {
            "mx_gateway_type",
            "mx_security_gateway",
            "company_linkedin_id",
            "company_facebook_url",
            "company_twitter_url",
        }
    )

    email: Said = None
    email_status: Said = Field(None, validation_alias=AliasChoices("email_status", "status"))
    is_domain_catch_all: Flag = None
    domain: Said = None
    mx_record: Said = None
    mx_provider: Said = None
    mx_gateway: Said = None
    company: Annotated[CompanyRef | None, OR_NONE] = None
    company_name: Said = None
    company_industry: Said = None
    company_size: Said = None
    company_founded: Count = None
    company_type: Said = None
    company_linkedin_url: Said = None
    company_location: Annotated[Whereabouts | None, OR_NONE] = None

    @property
    def verdict(self) -> str:
        """The verdict from the field, else from the message."""
        said = (self.email_status or _VERDICT_OF_MESSAGE.get(self.says, "")).lower()
        if said not in _VERDICTS:
            raise ProviderNonsense("The provider's validation carries no verdict that its documents name.")
        return "valid_catch_all" if said == "valid" and self.is_domain_catch_all else said

    @property
    def failed_syntax(self) -> bool:
        """Malformed addresses are the only invalid ones that cost nothing, because no mail server is asked."""
        return self.verdict == "invalid" and (self.credits_consumed == 0 or "(" in self.says)

    def answer(self, reader: Reader) -> EmailVerdict:
        email = readable(reader.email(self.email), "e-mail address")
        quality = _VERDICTS[self.verdict].model_copy(
            update={"basis": "email_status", "provider_raw": self.email_status or self.message}
        )
        return EmailVerdict(
            email=email,
            status=quality.status,
            score=quality.score,
            is_catch_all=True if self.verdict.endswith("catch_all") else self.is_domain_catch_all,
            mx_host=self.mx_record,
            mail_provider=self.mx_provider,
            security_gateway=self.mx_gateway,
            smtp_checked=not self.failed_syntax,
            company=self._company(email, reader),
            quality=quality,
            warnings=reader.warnings,
        )

    def _company(self, email: str, reader: Reader) -> CompanyFacts | None:
        nested = self.company or CompanyRef()
        name = self.company_name or nested.name
        if not (name or self.company_industry or self.company_linkedin_url or nested.linkedin_url):
            return None
        return CompanyFacts(
            name=name,
            domain=reader.domain(nested.domain or self.domain or email),
            industry=self.company_industry,
            employee_range=self.company_size,
            founded_year=self.company_founded,
            ownership=self.company_type,
            linkedin_url=reader.company_url(self.company_linkedin_url or nested.linkedin_url),
            location=self.company_location.name if self.company_location else None,
        )


_FOUND_EMAIL = Quality(status=QualityStatus.VERIFIED, score=0.97)


class EmailFinderReply(Reply[FoundEmail]):
    """Email Finder."""

    ignored: ClassVar[frozenset[str]] = frozenset(
        {
            "first_name",
            "last_name",
            "full_name",
            "mx_record",
            "mx_provider",
            "has_mx",
            "company_name",
            "company_industry",
            "company_size",
            "company_profile_url",
        }
    )

    email: Said = None
    status: Said = None
    is_domain_catch_all: Flag = None
    domain: Said = None
    employment_verified: Flag = None

    @property
    def quality(self) -> Quality:
        """A valid address is already validated; at a catch-all domain it stays risky."""
        status = (self.status or "").lower()
        known = {"valid": _FOUND_EMAIL, "valid_catch_all": _CATCH_ALL, "catch_all": _CATCH_ALL}
        found = known.get(status, Quality(status=QualityStatus.UNVERIFIED))
        found = _CATCH_ALL if self.is_domain_catch_all else found
        return found.model_copy(update={"basis": "status", "provider_raw": self.status})

    def answer(self, reader: Reader) -> FoundEmail | None:
        if self.email is None or (self.status or "").lower() == "not_found":
            return None
        return FoundEmail(
            email=readable(reader.email(self.email), "e-mail address"),
            email_type=EmailType.WORK,
            verified=self.quality.status is QualityStatus.VERIFIED,
            employment_verified=self.employment_verified,
            company_domain=reader.domain(self.domain),
            quality=self.quality,
            warnings=reader.warnings,
        )


class ProfileEmailReply(Reply[FoundEmail]):
    """B2B Person Profile to Email; what it finds is validated by construction."""

    ignored: ClassVar[frozenset[str]] = frozenset({"profile_url", "status"})

    email: Said = Field(None, validation_alias=AliasChoices("email", "work_email"))

    def answer(self, reader: Reader) -> FoundEmail | None:
        if self.email is None:
            return None
        return FoundEmail(
            email=readable(reader.email(self.email), "e-mail address"),
            email_type=EmailType.WORK,
            verified=True,
            quality=_FOUND_EMAIL.model_copy(update={"basis": "email", "provider_raw": self.message}),
            warnings=reader.warnings,
        )


class PersonalEmailReply(Reply[FoundEmail]):
    """Personal Email Finder; one address, or a list in older shapes (ruling C-29)."""

    ignored: ClassVar[frozenset[str]] = frozenset({"profile_url", "status"})

    personal_email: AllSaid = ()
    first_personal_email: AllSaid = ()
    personal_emails: AllSaid = ()

    def answer(self, reader: Reader) -> FoundEmail | None:
        said = (*self.personal_email, *self.first_personal_email, *self.personal_emails)
        if not said:
            return None
        return FoundEmail(
            email=readable(next(filter(None, map(reader.email, said)), None), "e-mail address"),
            email_type=EmailType.PERSONAL,
            verified=False,
            warnings=reader.warnings,
        )
