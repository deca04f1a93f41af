"""Bad input is refused with the field and the fix, and nothing is held or billed."""

from __future__ import annotations

from typing import Any

import pytest
from mcp import Client

from tests.serving import Served
from tools import FAMILIES

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
    ("find_jobs", {}, "job_title"),
    ("find_jobs", {"page": 2, "per_page": 5}, "job_title"),
    ("find_jobs", {"job_title": "CTO", "per_page": 51}, "per_page"),
    ("find_jobs", {"job_title": "CTO", "per_page": 0}, "per_page"),
    ("find_jobs", {"job_title": "CTO", "page": 0}, "page"),
    ("find_jobs", {"job_title": ""}, "job_title"),
    ("find_jobs", {"job_description": "\u200b"}, "job_description"),
    ("find_jobs", {"company_website": "gmail.com"}, "company_website"),
    ("find_jobs", {"country_id": "Atlantis"}, "country_id"),
    ("find_jobs", {"experience_level": "wizard"}, "experience_level"),
    ("find_jobs", {"posted_within": -1}, "posted_within"),
    ("find_jobs", {"limit": 5, "job_title": "CTO"}, "limit"),
    ("find_jobs", {"more_filters": ["job_type_id:full"]}, "job_type_id"),
    ("find_jobs", {"more_filters": ["posted_after:yesterday"]}, "posted_after"),
    ("find_jobs", {"more_filters": ["min_employees:500", "max_employees:5"]}, "min_employees"),
    ("find_jobs", {"more_filters": ["salary:5"]}, "more_filters"),
    ("search_jobs", {}, "titles"),
    ("search_jobs", {"limit": 10, "vector": True, "more_filters": ["include_agencies:true"]}, "titles"),
    ("search_jobs", {"dry_run": True}, "titles"),
    ("search_jobs", {"titles": ["CTO"], "limit": 51}, "limit"),
    ("search_jobs", {"titles": "CTO"}, "titles"),
    ("search_jobs", {"titles": ["C\x00TO"]}, "titles"),
    ("search_jobs", {"company_domains": ["localhost"]}, "company_domains"),
    ("search_jobs", {"countries": ["US", "Atlantis"]}, "countries"),
    ("search_jobs", {"titles": ["CTO"], "mode": "slow"}, "mode"),
    ("search_jobs", {"titles": ["CTO"], "total_mode": "all"}, "total_mode"),
    ("search_jobs", {"min_salary_usd": 200_000, "max_salary_usd": 100_000}, "min_salary_usd"),
    ("search_jobs", {"experience_levels": ["wizard"]}, "experience_levels"),
    ("search_jobs", {"more_filters": ["languages:Klingonish"]}, "languages"),
    ("search_jobs", {"more_filters": ["work_modes:4"]}, "work_modes"),
    ("search_jobs", {"more_filters": ["posted_after:2026-05-02", "posted_before:2026-05-01"]}, "posted_after"),
    ("search_jobs", {"more_filters": ["colour:red"]}, "more_filters"),
    ("resolve_job_search_filters", {}, "titles"),
    ("resolve_job_search_filters", {"countries": ["Atlantis"]}, "countries"),
    ("resolve_job_search_filters", {"more_filters": ["languages:en"]}, "more_filters"),
    ("search_job_companies", {}, "q"),
    ("search_job_companies", {"domain": "not a domain"}, "domain"),
    ("search_job_tags", {"q": "aws", "tag_type": "tools"}, "tag_type"),
    ("search_job_titles", {"q": "a" * 501}, "q"),
    ("search_job_occupation_taxonomy", {"level": 2}, "level"),
    ("search_job_locations", {"q": "London", "type": "town"}, "type"),
    ("get_job_search_catalogs", {"catalog": "colours"}, "catalog"),
    ("get_job_search_stats", {"days": 3}, "days"),
    ("list_job_countries", {"country": "US"}, "country"),
    ("list_job_types", {"q": "full"}, "q"),
    ("list_job_company_types", {"type": "startup"}, "type"),
    ("list_job_industries", {"q": ""}, "q"),
    ("list_job_regions", {"country_id": "Atlantis"}, "country_id"),
    ("search_google_ads", {}, "company_domain"),
    ("search_google_ads", {"company_domain": "stripe.com", "limit": 0}, "limit"),
    ("search_meta_ads", {"company_domain": "gmail.com"}, "company_domain"),
    ("search_meta_ads", {"company_domain": "stripe.com", "offset": -1}, "offset"),
    ("search_b2b_ads", {"company_name": ""}, "company_name"),
    ("get_b2b_ad_details", {}, "ad_id"),
    ("get_b2b_ad_details", {"ad_id": "https://stripe.com/an ad"}, "ad_id"),
    ("search_companies", {}, "keywords"),
    ("search_companies", {"countries": ["Atlantis"]}, "countries"),
    ("search_companies", {"company_domains": ["stripe"]}, "company_domains"),
    ("search_companies", {"min_employees": "many"}, "min_employees"),
    ("search_companies", {"industries": ["x"] * 101}, "industries"),
    ("search_companies", {"industries": ["x"], "limit": 51}, "limit"),
    ("search_companies", {"industries": ["x"], "sort_by": "name"}, "sort_by"),
    ("search_companies", {"more_filters": ["colour:red"]}, "more_filters"),
    ("search_companies", {"more_filters": ["a" * 1_000_000]}, "more_filters"),
    ("search_companies", {"more_filters": ["last_funding_after:yesterday"]}, "last_funding_after"),
    ("find_lookalike_companies", {}, "company_domain"),
    ("find_lookalike_companies", {"company_domain": "gmail.com"}, "company_domain"),
    ("find_lookalike_companies", {"company_domain": "stripe.com", "limit": 2001}, "limit"),
    ("get_company_hiring_signals", {}, "company_domain"),
    ("get_company_hiring_signals", {"company_domain": "stripe.com", "limit": 0}, "limit"),
    ("search_people", {}, "company_domain"),
    ("search_people", {"required_email": True}, "company_domain"),
    ("search_people", {"titles": ["CEO"] * 13}, "titles"),
    ("search_people", {"titles": ["CEO\u200b"]}, "titles"),
    ("search_people", {"company_domain": "stripe.com", "seniorities": ["boss"]}, "seniorities"),
    ("search_people", {"company_domain": "stripe.com", "limit": 101}, "limit"),
    ("search_people", {"company_domain": "stripe.com", "more_filters": ["cities"]}, "more_filters"),
    ("search_people_grouped_by_company", {}, "titles"),
    ("search_people_grouped_by_company", {"titles": ["CEO"], "per_company": 26}, "per_company"),
    ("find_recent_job_changes", {"titles": ["CEO"]}, "since"),
    ("find_recent_job_changes", {"since": "last week"}, "since"),
    ("find_recent_job_changes", {"since": "2026-08-01", "moved": False, "promoted": False}, "moved"),
    ("create_prospect_list", {"name": ""}, "name"),
    ("create_prospect_list", {"name": "a" * 201}, "name"),
    ("add_to_prospect_list", {"list_id": "../x", "first_name": "Ada", "last_name": "Lovelace"}, "list_id"),
    ("add_to_prospect_list", {"list_id": "abc", "first_name": "Ada"}, "last_name"),
    (
        "add_to_prospect_list",
        {"list_id": "a", "first_name": "A", "last_name": "L", "email_status": "ok"},
        "email_status",
    ),
    ("add_to_prospect_list", {"list_id": "a", "first_name": "A", "last_name": "L", "seniority": "boss"}, "seniority"),
    (
        "add_to_prospect_list",
        {"list_id": "a", "first_name": "A", "last_name": "L", "mobile_phone": "1"},
        "mobile_phone",
    ),
    ("show_prospect_list", {"list_id": "abc", "limit": 101}, "limit"),
    ("show_prospect_list", {"list_id": "abc", "cursor": "not a cursor"}, "cursor"),
    ("export_prospect_list", {}, "list_id"),
    ("get_account_analytics", {"period": "year"}, "period"),
    ("preview_cost", {"tool": "no_such_tool"}, "tool"),
    ("preview_cost", {"tool": "validate_work_email", "arguments": {"email": "nobody"}}, "email"),
    ("preview_cost", {"tool": "validate_work_email", "arguments": "not json"}, "arguments"),
    ("create_bulk_upload_session", {"file_name": "a" * 201}, "file_name"),
    ("create_bulk_upload_session", {"rows": [{"Email": "ada@stripe.com"}]}, "rows"),
    ("process_attached_csv", {"rows_text": ""}, "rows_text"),
    ("process_attached_csv", {"rows_text": "Email\n" + "ada@stripe.com\n" * 201}, "rows_text"),
    ("process_attached_csv", {"rows_text": "a" * 60_001}, "rows_text"),
    ("process_attached_csv", {"rows_text": "Email\nada@stripe.com", "enrichment": "qwertz"}, "enrichment"),
    ("resolve_bulk_upload_mapping", {}, "upload_id"),
    ("resolve_bulk_upload_mapping", {"upload_id": "../../etc/passwd"}, "upload_id"),
    ("resolve_bulk_upload_mapping", {"upload_id": "x" * 32}, "upload_id"),
    ("resolve_bulk_upload_mapping", {"upload_id": "x" * 32, "per_row_limit": 0}, "per_row_limit"),
    ("submit_detected_bulk_job", {"rows": [{"Email": "ada@stripe.com"}]}, "max_credits"),
    ("submit_detected_bulk_job", {"rows": [{"Email": "ada@stripe.com"}], "max_credits": 0}, "max_credits"),
    ("submit_detected_bulk_job", {"rows": [{"Email": "ada@stripe.com"}], "max_credits": "NaN"}, "max_credits"),
    ("submit_detected_bulk_job", {"max_credits": 5}, "upload_id"),
    ("submit_detected_bulk_job", {"max_credits": 5, "rows": [], "upload_id": "x" * 32}, "rows"),
    ("submit_detected_bulk_job", {"max_credits": 5, "upload_id": "x" * 32}, "upload_id"),
    ("submit_detected_bulk_job", {"max_credits": 5, "rows": [{"Email": "a@b.com"}] * 201}, "rows"),
    ("submit_detected_bulk_job", {"max_credits": 5, "rows": ["ada@stripe.com"]}, "rows"),
    ("submit_detected_bulk_job", {"max_credits": 5, "rows": [{"colour": "red"}]}, "enrichment"),
    (
        "submit_detected_bulk_job",
        {"max_credits": 5, "rows": [{"Company": "Stripe"}], "enrichment": "company_jobs"},
        "per_row_limit",
    ),
    (
        "submit_detected_bulk_job",
        {"max_credits": 5, "rows": [{"Email": "a@b.com"}], "webhook_url": "http://stripe.com"},
        "webhook_url",
    ),
    ("submit_company_firmographics_bulk", {"max_credits": 5}, "upload_id"),
    (
        "submit_company_firmographics_bulk",
        {"max_credits": 5, "domains": ["stripe.com"], "companies": ["Notion"]},
        "companies",
    ),
    ("submit_company_firmographics_bulk", {"max_credits": 5, "domains": ["stripe"]}, "domains"),
    ("submit_bulk_job", {"max_credits": 5, "rows": [{"Email": "ada@stripe.com"}]}, "product"),
    ("submit_bulk_job", {"max_credits": 5, "rows": [{"Email": "a@b.com"}], "product": "phone book"}, "product"),
    (
        "submit_bulk_job",
        {"max_credits": 5, "rows": [{"Email": "a@b.com"}], "product": "job_change", "endpoint": "/v1/email-finder"},
        "endpoint",
    ),
    ("list_bulk_jobs", {"status": "done"}, "status"),
    ("list_bulk_jobs", {"product": "phone book"}, "product"),
    ("list_bulk_jobs", {"cursor": "yesterday"}, "cursor"),
    ("get_bulk_job_status", {"job_id": "42"}, "job_id"),
    ("get_bulk_job_status", {}, "job_id"),
    ("get_bulk_job_rows", {"job_id": "job_8Zk3vTq0LxW5mYb2nRcd", "limit": 26}, "limit"),
    ("get_bulk_job_rows", {"job_id": "job_8Zk3vTq0LxW5mYb2nRcd", "from_row": 0}, "from_row"),
    ("get_bulk_job_errors", {"job_id": "job_8Zk3vTq0LxW5mYb2nRcd", "after_row": -1}, "after_row"),
    ("get_bulk_job_logs", {"job_id": "job_8Zk3vTq0LxW5mYb2nRcd", "after_id": "x"}, "after_id"),
    ("get_bulk_job_events", {"job_id": "' or 1=1 --"}, "job_id"),
    ("control_bulk_job", {"job_id": "job_8Zk3vTq0LxW5mYb2nRcd", "action": "approve"}, "action"),
    ("control_bulk_job", {"job_id": "job_8Zk3vTq0LxW5mYb2nRcd", "action": "pause", "approved": True}, "approved"),
    ("export_bulk_job", {"job_id": "job_8Zk3vTq0LxW5mYb2nRcd", "format": "pdf"}, "format"),
    ("preview_cost", {"tool": "submit_detected_bulk_job", "arguments": {"max_credits": 5}}, "upload_id"),
    (
        "preview_cost",
        {"tool": "submit_detected_bulk_job", "arguments": {"max_credits": 5, "upload_id": "x" * 32}},
        "upload_id",
    ),
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


def test_every_tool_is_given_bad_input() -> None:
    assert {tool for tool, _, _ in BAD} == {tool.name for family in FAMILIES for tool in family.tools}


def label(case: tuple[str, dict[str, Any], str]) -> str:
    tool, arguments, field = case
    return f"{tool}-{field}-{str(arguments)[:40]!r}"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", BAD, ids=label)
async def test_bad_input_names_the_field_and_the_fix_and_costs_nothing(
    shared: Served, case: tuple[str, dict[str, Any], str]
) -> None:
    tool, arguments, field = case
    async with Client(f"{shared.url}/mcp") as client:
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
    assert await shared.bill() == {}
    spending = await shared.call("get_account_analytics", {"period": "today"})
    assert spending["data"]["totals"][0]["calls"] == 0
    assert all(limit["used"] == 0 for limit in spending["data"]["limits"])


async def test_lenient_forms_of_good_input_are_accepted(weir: Served) -> None:
    plain = await weir.call("validate_work_email", {"email": "ada@stripe.com"})
    again = await weir.call("validate_work_email", {"email": "  mailto:ADA@Stripe.com ", "force_refresh": "false"})
    assert again["data"] == plain["data"]
    assert again["receipt"]["cached"] is True
    people = await weir.call("find_company_employees", {"company_domain": "https://www.stripe.com/x", "limit": "2"})
    assert len(people["data"]["people"]) == 2
    found = await weir.call("search_companies", {"company_domains": '["leadmagic.io"]', "limit": "1"})
    assert [company["domain"] for company in found["data"]["companies"]] == ["leadmagic.io"]
    preview = await weir.call(
        "preview_cost", {"tool": "validate_work_email", "arguments": '{"email": "ada@stripe.com"}'}
    )
    assert preview["data"]["steps"][0]["cached"] is True
