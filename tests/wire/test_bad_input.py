"""Bad input is refused with the field and the fix, and nothing is held or billed."""

from __future__ import annotations

from typing import Any

import pytest
from mcp import Client

from tests.serving import Served

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("validate_work_email", {"email": "not-an-address"}, "email"),
    ("validate_work_email", {"email": "two@@example.com"}, "email"),
    ("validate_work_email", {"email": "ada\u200b@example.com"}, "email"),
    ("validate_work_email", {"email": "\u202eada@example.com"}, "email"),
    ("validate_work_email", {"email": "a" * 1_000_000 + "@example.com"}, "email"),
    ("validate_work_email", {"email": 42}, "email"),
    ("validate_work_email", {"email": ["ada@example.com"]}, "email"),
    ("validate_work_email", {"email": ""}, "email"),
    ("validate_work_email", {}, "email"),
    ("validate_work_email", {"email": "ada@example.com", "force_refresh": "perhaps"}, "force_refresh"),
    ("validate_work_email", {"mail": "ada@example.com", "email": "ada@example.com"}, "mail"),
    ("find_work_email", {"first_name": "Ada", "company_domain": "stripe.com"}, "last_name"),
    ("find_work_email", {"company_domain": "stripe.com"}, "first_name"),
    ("find_work_email", {"first_name": "Ada", "last_name": "Lovelace"}, "company_domain"),
    ("find_work_email", {"full_name": "Ada Lovelace", "company_domain": "gmail.com"}, "company_domain"),
    ("find_work_email", {"full_name": "Ada Lovelace", "company_domain": "localhost"}, "company_domain"),
    ("find_work_email", {"full_name": "Ada Lovelace", "company_domain": "http://"}, "company_domain"),
    ("find_work_email", {"full_name": "Ada\x00Lovelace", "company_domain": "stripe.com"}, "full_name"),
    ("find_work_email", {"full_name": "A" * 201, "company_domain": "stripe.com"}, "full_name"),
    ("find_mobile_number", {"first_name": "Ada", "last_name": "Lovelace"}, "profile_url"),
    ("find_mobile_number", {"work_email": "ada"}, "work_email"),
    ("linkedin_profile_to_work_email", {"profile_url": "https://www.linkedin.com/company/stripe"}, "profile_url"),
    ("linkedin_profile_to_work_email", {"profile_url": "https://stripe.com/ada"}, "profile_url"),
    ("email_to_b2b_profile", {}, "work_email"),
    ("search_profile", {"profile_url": "ada lovelace"}, "profile_url"),
    ("find_personal_email", {"profile_url": ""}, "profile_url"),
    ("detect_job_change", {"company_domain": "stripe.com"}, "profile_url"),
    ("detect_job_change", {"profile_url": "ada-lovelace"}, "company_domain"),
    ("detect_job_change", {"work_email": "ada@gmail.com"}, "company_domain"),
    ("enrich_company", {}, "company_domain"),
    ("enrich_company", {"profile_url": "https://www.linkedin.com/in/ada-lovelace"}, "profile_url"),
    ("research_account", {}, "company_domain"),
    ("find_company_funding", {"company_domain": "co.uk"}, "company_domain"),
    ("list_company_competitors", {"company_url": "stripe"}, "company_url"),
    ("get_company_technographics", {}, "company_domain"),
    ("find_people_by_role", {"company_domain": "stripe.com"}, "job_title"),
    ("find_people_by_role", {"job_title": "CEO"}, "company_domain"),
    ("find_company_employees", {"company_domain": "stripe.com", "limit": 0}, "limit"),
    ("find_company_employees", {"company_domain": "stripe.com", "limit": 101}, "limit"),
    ("find_company_employees", {"company_domain": "stripe.com", "limit": "many"}, "limit"),
    ("get_account_analytics", {"period": "year"}, "period"),
    ("preview_cost", {"tool": "no_such_tool"}, "tool"),
    ("preview_cost", {"tool": "validate_work_email", "arguments": {"email": "nobody"}}, "email"),
    ("preview_cost", {"tool": "validate_work_email", "arguments": "not json"}, "arguments"),
    ("find_decision_makers", {"company_domain": "stripe.com"}, "titles"),
    ("find_decision_makers", {"titles": ["CEO"]}, "company_domain"),
    ("find_decision_makers", {"titles": ["CEO"] * 6, "company_domain": "stripe.com"}, "titles"),
    ("find_decision_makers", {"titles": "CEO", "company_domain": "stripe.com"}, "titles"),
    ("account_intel", {"company_domain": "stripe.com", "jobs_limit": 51}, "jobs_limit"),
    ("account_intel", {"jobs_limit": 5}, "company_domain"),
    ("enrich_contact", {"include_mobile": True}, "email"),
    ("enrich_contact", {"email": "ada@stripe.com", "include_job_change": True}, "profile_url"),
    ("check_credit_balance", {"provider": "leadmagic"}, "provider"),
    ("list_providers", {"provider": "nobody"}, "provider"),
    ("list_providers", {"provider": ["leadmagic"]}, "provider"),
]


def label(case: tuple[str, dict[str, Any], str]) -> str:
    tool, arguments, field = case
    return f"{tool}-{field}-{str(arguments)[:40]!r}"


@pytest.mark.parametrize("case", BAD, ids=label)
async def test_bad_input_names_the_field_and_the_fix_and_costs_nothing(
    weir: Served, case: tuple[str, dict[str, Any], str]
) -> None:
    tool, arguments, field = case
    async with Client(f"{weir.url}/mcp") as client:
        result = await client.call_tool(tool, arguments)
    body = result.structured_content
    assert result.is_error
    assert body is not None
    assert body["outcome"] == "invalid_input"
    assert body["error"]["code"] == "invalid_input"
    assert body["error"]["field"] == field
    assert field in body["error"]["message"]
    assert body["error"]["fix"]
    assert len(body["error"]["message"]) < 500
    assert body["receipt"]["cost"] == {"credits": {}, "usd": 0}
    assert await weir.bill() == {}
    spending = await weir.call("get_account_analytics", {"period": "today"})
    assert spending["data"]["totals"][0]["calls"] == 0
    assert all(limit["used"] == 0 for limit in spending["data"]["limits"])


async def test_lenient_forms_of_good_input_are_accepted(weir: Served) -> None:
    plain = await weir.call("validate_work_email", {"email": "ada@stripe.com"})
    again = await weir.call("validate_work_email", {"email": "  mailto:ADA@Stripe.com ", "force_refresh": "false"})
    assert again["data"] == plain["data"]
    assert again["receipt"]["cached"] is True
    people = await weir.call("find_company_employees", {"company_domain": "https://www.stripe.com/x", "limit": "2"})
    assert len(people["data"]["people"]) == 2
    preview = await weir.call(
        "preview_cost", {"tool": "validate_work_email", "arguments": '{"email": "ada@stripe.com"}'}
    )
    assert preview["data"]["steps"][0]["cached"] is True
