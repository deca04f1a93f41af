"""The kinds of bulk enrichment: what they ask of a row, and what they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from server.batches.kinds import KINDS, Kind, kind_of, question
from server.domain.errors import InvalidInput
from server.domain.plan import Plan
from tools import FAMILIES

TOOLS = {tool.name: tool for family in FAMILIES for tool in family.tools}
BULK = [
    "company_firmographics",
    "company_technographics",
    "company_competitors",
    "company_jobs",
    "company_funding",
    "email_validation",
    "work_email_finder",
    "linkedin_to_email",
    "mobile_finder",
    "job_change",
    "employee_finder",
]
"""The kinds that the vendor's documents list."""

PROFILE = "https://www.linkedin.com/in/ada-lovelace"
NAMED = {"first_name": "Ada", "last_name": "Lovelace"}

SAME: list[tuple[str, dict[str, str], int | None, dict[str, Any]]] = [
    (
        "company_firmographics",
        {"company_domain": "https://www.Stripe.com/about"},
        None,
        {"company_domain": "stripe.com"},
    ),
    ("company_firmographics", {"company_name": "Stripe"}, None, {"company_name": "Stripe"}),
    (
        "company_firmographics",
        {"company_url": "linkedin.com/company/stripe"},
        None,
        {"profile_url": "https://www.linkedin.com/company/stripe"},
    ),
    ("company_technographics", {"company_domain": "stripe.com"}, None, {"company_domain": "stripe.com"}),
    ("company_technographics", {"company_name": "Stripe"}, None, {"company_name": "Stripe"}),
    ("company_competitors", {"company_domain": "stripe.com"}, None, {"company_domain": "stripe.com"}),
    (
        "company_competitors",
        {"company_url": "https://www.linkedin.com/company/stripe/"},
        None,
        {"company_url": "https://www.linkedin.com/company/stripe"},
    ),
    ("company_jobs", {"company_domain": "stripe.com"}, 5, {"company_website": "stripe.com", "per_page": 5}),
    ("company_jobs", {"company_name": "Stripe"}, 50, {"company_name": "Stripe", "per_page": 50}),
    ("company_funding", {"company_domain": "stripe.com"}, None, {"company_domain": "stripe.com"}),
    ("email_validation", {"email": "Ada@Stripe.com"}, None, {"email": "ada@stripe.com"}),
    ("email_validation", {"personal_email": "ada@gmail.com"}, None, {"email": "ada@gmail.com"}),
    (
        "work_email_finder",
        {**NAMED, "company_domain": "stripe.com"},
        None,
        {**NAMED, "company_domain": "stripe.com"},
    ),
    (
        "work_email_finder",
        {"full_name": "Ada Lovelace", "company_name": "Stripe"},
        None,
        {"full_name": "Ada Lovelace", "company_name": "Stripe"},
    ),
    ("linkedin_to_email", {"profile_url": "in/Ada-Lovelace"}, None, {"profile_url": PROFILE}),
    ("linkedin_to_email", {"profile_url": PROFILE, **NAMED}, None, {"profile_url": PROFILE, **NAMED}),
    ("mobile_finder", {"profile_url": PROFILE}, None, {"profile_url": PROFILE}),
    ("mobile_finder", {"email": "ada@stripe.com"}, None, {"work_email": "ada@stripe.com"}),
    ("mobile_finder", {"email": "ada@gmail.com"}, None, {"personal_email": "ada@gmail.com"}),
    (
        "job_change",
        {"profile_url": PROFILE, "company_domain": "stripe.com"},
        None,
        {"profile_url": PROFILE, "company_domain": "stripe.com"},
    ),
    ("job_change", {"email": "ada@stripe.com"}, None, {"work_email": "ada@stripe.com"}),
    (
        "job_change",
        {"email": "ada@stripe.com", "company_name": "Adyen"},
        None,
        {"work_email": "ada@stripe.com", "company_name": "Adyen"},
    ),
    (
        "job_change",
        {"profile_url": PROFILE, "email": "ada@stripe.com"},
        None,
        {"profile_url": PROFILE, "company_domain": "stripe.com"},
    ),
    ("employee_finder", {"company_domain": "stripe.com"}, 25, {"company_domain": "stripe.com", "limit": 25}),
    ("personal_email_finder", {"profile_url": PROFILE}, None, {"profile_url": PROFILE}),
    ("email_to_profile", {"email": "ada@stripe.com"}, None, {"work_email": "ada@stripe.com"}),
    ("email_to_profile", {"email": "ada@web.de"}, None, {"personal_email": "ada@web.de"}),
    ("profile_enrichment", {"profile_url": "ada-lovelace"}, None, {"profile_url": PROFILE}),
    (
        "role_finder",
        {"job_title": "CTO", "company_name": "Stripe"},
        None,
        {"job_title": "CTO", "company_name": "Stripe"},
    ),
]


def asked(plan: Plan[Any]) -> list[tuple[str, Any, tuple[str, ...]]]:
    return [(step.name, step.query, step.after) for step in plan.steps]


def example_plan(kind: Kind) -> Plan[Any]:
    return kind.plan(kind.example, most=3 if kind.cap else None)


def test_every_documented_kind_is_there_and_every_kind_has_its_tool() -> None:
    assert KINDS.keys() >= set(BULK)
    assert {kind.tool for kind in KINDS.values()} <= TOOLS.keys()
    assert all(TOOLS[kind.tool].answer is example_plan(kind).answer for kind in KINDS.values())
    assert {name for name, *_ in SAME} == KINDS.keys()


@pytest.mark.parametrize(("name", "row", "most", "arguments"), SAME)
def test_a_row_asks_what_the_single_lookup_asks(
    name: str, row: Mapping[str, str], most: int | None, arguments: Mapping[str, Any]
) -> None:
    kind = KINDS[name]
    single = TOOLS[kind.tool].planned(arguments)
    assert single is not None
    assert asked(kind.plan(row, most=most)) == asked(single)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_columns_are_prefixed_and_different(kind: Kind) -> None:
    assert len(set(kind.columns)) == len(kind.columns)
    assert all(column.startswith("weir_") for column in kind.columns)
    assert kind.columns[-8:] == (
        "weir_outcome",
        "weir_quality",
        "weir_score",
        "weir_provider",
        "weir_credits",
        "weir_cached",
        "weir_reason",
        "weir_fetched_at",
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_an_empty_row_is_refused_with_what_is_missing(kind: Kind) -> None:
    with pytest.raises(InvalidInput) as refusal:
        kind.plan({}, most=3 if kind.cap else None)
    assert refusal.value.field == kind.needs[0][0]
    assert refusal.value.message.startswith(kind.needs[0][0])


@pytest.mark.parametrize(
    ("name", "row", "field", "message"),
    [
        ("email_validation", {"email": "ada@"}, "email", "email is not a valid e-mail address"),
        ("work_email_finder", {**NAMED, "company_domain": "gmail.com"}, "company_domain", "free e-mail provider"),
        (
            "work_email_finder",
            {"first_name": "Ada", "company_domain": "stripe.com"},
            "last_name",
            "last_name is missing",
        ),
        ("work_email_finder", NAMED, "company_domain", "company_domain is missing"),
        ("linkedin_to_email", {"profile_url": "linkedin.com/company/stripe"}, "profile_url", "LinkedIn company page"),
        ("company_competitors", {"company_url": PROFILE}, "company_url", "not a LinkedIn company page"),
        ("company_funding", {"company_domain": "not a domain"}, "company_domain", "not a domain name"),
        ("company_funding", {"company_name": "Str\u200bipe"}, "company_name", "invisible character"),
        ("email_validation", {"email": "j\ufffdrgen@stripe.com"}, "email", "lost to a wrong encoding"),
        ("company_funding", {"company_name": "M\ufffdller AG"}, "company_name", "lost to a wrong encoding"),
        ("job_change", {"email": "ada@gmail.com"}, "company_domain", "free e-mail provider"),
        ("job_change", {"profile_url": PROFILE}, "company_domain", "company_domain is missing"),
        ("role_finder", {"company_domain": "stripe.com"}, "job_title", "job_title is missing"),
    ],
)
def test_a_bad_row_is_refused_by_the_name_of_its_input(
    name: str, row: Mapping[str, str], field: str, message: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        KINDS[name].plan(row, most=None)
    assert refusal.value.field == field
    assert message in refusal.value.message
    assert refusal.value.fix


@pytest.mark.parametrize(("name", "highest"), [("company_jobs", 50), ("employee_finder", 100)])
def test_kinds_that_return_many_rows_need_a_cap_within_bounds(name: str, highest: int) -> None:
    kind = KINDS[name]
    for most in (None, 0, -1, highest + 1):
        with pytest.raises(InvalidInput) as refusal:
            kind.plan(kind.example, most=most)
        assert refusal.value.field == "per_row_limit"
        assert f"from 1 to {highest}" in refusal.value.message
    assert [kind.plan(kind.example, most=most).steps[0].query.units for most in (1, highest)] == [1, highest]


def test_kinds_that_return_one_answer_take_no_cap() -> None:
    capped = {kind.name for kind in KINDS.values() if kind.cap}
    assert capped == {"company_jobs", "employee_finder"}
    for kind in KINDS.values():
        if not kind.cap:
            with pytest.raises(InvalidInput, match="takes no per_row_limit"):
                kind.plan(kind.example, most=1)


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        ("email_validation", {"email": "Ada@Stripe.com "}, {"email": "ada@stripe.com"}, True),
        ("email_validation", {"email": "ada@stripe.com"}, {"email": "bob@stripe.com"}, False),
        ("company_funding", {"company_domain": "http://www.stripe.com/x"}, {"company_domain": "STRIPE.com"}, True),
        ("profile_enrichment", {"profile_url": "in/ada-lovelace/"}, {"profile_url": PROFILE + "?utm=1"}, True),
        ("job_change", {"email": "ada@stripe.com"}, {"email": "ada@stripe.com", "company_domain": "stripe.com"}, True),
        ("job_change", {"email": "ada@stripe.com"}, {"email": "ada@stripe.com", "company_name": "Adyen"}, False),
        ("company_technographics", {"company_name": "Stripe"}, {"company_name": "Adyen"}, False),
        ("work_email_finder", {**NAMED, "company_domain": "stripe.com", "full_name": "Ada"},
         {**NAMED, "company_domain": "stripe.com"}, True),
    ],
)  # fmt: skip
def test_rows_that_ask_the_same_share_a_question(
    name: str, one: Mapping[str, str], other: Mapping[str, str], same: bool
) -> None:
    kind = KINDS[name]
    assert (question(kind.plan(one, most=None)) == question(kind.plan(other, most=None))) is same


def test_the_cap_is_part_of_the_question() -> None:
    kind = KINDS["company_jobs"]
    assert len({question(kind.plan(kind.example, most=most)) for most in (1, 2, 2)}) == 2


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("/v1/people/email-validation", "email_validation"),
        ("/v1/people/email-finder", "work_email_finder"),
        ("/v1/people/personal-email-finder", "personal_email_finder"),
        ("/v1/people/b2b-profile-email", "linkedin_to_email"),
        ("/v1/people/profile-search", "profile_enrichment"),
        ("/v1/people/b2b-profile", "email_to_profile"),
        ("/v1/people/mobile-finder", "mobile_finder"),
        ("/v1/people/job-change-detector", "job_change"),
        ("/v1/people/role-finder", "role_finder"),
        ("/v3/people/search", "employee_finder"),
        ("/v1/people/employee-finder", "employee_finder"),
        ("/v3/companies/search", "company_firmographics"),
        ("/v1/companies/company-search", "company_firmographics"),
        ("/v1/companies/company-funding", "company_funding"),
        ("/v1/companies/technographics", "company_technographics"),
        ("/v1/companies/competitors-search", "company_competitors"),
        ("/v1/jobs/jobs-finder", "company_jobs"),
        ("/v3/jobs-search", "company_jobs"),
        ("https://api.leadmagic.io/v1/people/email-finder/?x=1", "work_email_finder"),
        ("POST /v1/people/mobile-finder", "mobile_finder"),
        ("email_finder", "work_email_finder"),
        ("b2b_profile_to_email", "linkedin_to_email"),
        ("email_to_b2b_profile", "email_to_profile"),
        ("company_finder", "company_firmographics"),
        (" Company Finder ", "company_firmographics"),
        ("job-change-detector", "job_change"),
        *((name, name) for name in BULK),
    ],
)
def test_products_tools_and_paths_name_kinds(said: str, name: str) -> None:
    assert kind_of(product=said).name == name == kind_of(endpoint=said).name


def test_every_tool_of_a_kind_names_it() -> None:
    assert {kind_of(product=kind.tool).name for kind in KINDS.values()} == KINDS.keys()


@pytest.mark.parametrize(
    ("product", "endpoint", "message"),
    [
        (None, None, "Neither product nor endpoint"),
        ("", "  ", "Neither product nor endpoint"),
        ("horoscope", None, "product is 'horoscope'"),
        (None, "/v1/credits", "endpoint is '/v1/credits'"),
        (
            "email_finder",
            "/v1/people/mobile-finder",
            "product means work_email_finder, and endpoint means mobile_finder",
        ),
    ],
)
def test_an_unclear_product_is_refused_with_the_kinds(product: str | None, endpoint: str | None, message: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        kind_of(product=product, endpoint=endpoint)
    assert message in refusal.value.message
    assert refusal.value.fix == f"Use one of: {', '.join(KINDS)}."


def test_product_and_endpoint_may_agree() -> None:
    assert kind_of(product="email_finder", endpoint="/v1/people/email-finder").name == "work_email_finder"
