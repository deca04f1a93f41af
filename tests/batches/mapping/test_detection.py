"""Which column plays which role, and what a file is good for."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.batches.detection import USABLE_FROM, detect
from server.batches.kinds import KINDS, Role
from tests.batches.mapping.tables import FIRM, FIRST, LAST, MAIL, PROFILE, SITE, TABLES, Table


@pytest.mark.parametrize("file", TABLES, ids=lambda file: file.name)
def test_columns_are_recognised(file: Table) -> None:
    found = detect(file.header, file.rows)
    assert {role.value: column.header for role, column in found.roles.items()} == file.roles
    assert [column.header for column in found.columns] == list(file.header)


def test_there_are_many_headers_among_the_examples() -> None:
    assert len({header for file in TABLES for header in file.header}) > 150


def rows(*columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    return list(zip(*columns, strict=True))


def test_agreeing_header_and_content_are_surer_than_either_alone() -> None:
    both = detect(["Email"], rows(MAIL)).columns[0].confidence
    header_only = detect(["Email"], []).columns[0].confidence
    content_only = detect([""], rows(MAIL)).columns[0].confidence
    against_header = detect(["Website"], rows(MAIL)).columns[0].confidence
    assert both > content_only > against_header >= USABLE_FROM
    assert both > header_only >= USABLE_FROM


def test_a_role_goes_to_the_fuller_of_two_equal_columns() -> None:
    found = detect(["Email", "E-Mail"], rows(("", "", "", ""), MAIL))
    assert found.roles[Role.EMAIL].number == 1
    assert found.columns[0].role is None


@pytest.mark.parametrize(
    ("header", "columns", "hint", "kind", "missing"),
    [
        (["first_name", "last_name", "domain"], (FIRST, LAST, SITE), "", "work_email_finder", ()),
        (["first_name", "last_name", "domain"], (FIRST, LAST, SITE), "find work emails", "work_email_finder", ()),
        (["email"], (MAIL,), "", "email_validation", ()),
        (["email"], (MAIL,), "Which of these bounce?", "email_validation", ()),
        (["email"], (MAIL,), "get their mobile numbers", "mobile_finder", ()),
        (["email"], (MAIL,), "who has changed jobs since?", "job_change", ()),
        (["email"], (MAIL,), "linkedin profiles of these emails", "email_to_profile", ()),
        (["email"], (MAIL,), "enrich the companies", "company_firmographics", ()),
        (["linkedin"], (PROFILE,), "", "linkedin_to_email", ()),
        (["linkedin"], (PROFILE,), "personal emails", "personal_email_finder", ()),
        (["linkedin"], (PROFILE,), "emails from linkedin", "linkedin_to_email", ()),
        (["linkedin"], (PROFILE,), "validate", "email_validation", ("email",)),
        (["company", "domain"], (FIRM, SITE), "", "company_firmographics", ()),
        (["company", "domain"], (FIRM, SITE), "tech stack", "company_technographics", ()),
        (["company", "domain"], (FIRM, SITE), "competitors please", "company_competitors", ()),
        (["company", "domain"], (FIRM, SITE), "who is hiring?", "company_jobs", ()),
        (["company", "domain"], (FIRM, SITE), "how much have they raised", "company_funding", ()),
        (["company", "domain"], (FIRM, SITE), "list employees", "employee_finder", ()),
        (["company", "domain"], (FIRM, SITE), "/v1/companies/company-funding", "company_funding", ()),
        (["company", "domain"], (FIRM, SITE), "find work emails", "work_email_finder", ("first_name", "last_name")),
        (["company"], (FIRM,), "find the decision makers", "role_finder", ("job_title",)),
    ],
)
def test_the_likely_kind_follows_the_request_and_else_the_columns(
    header: list[str], columns: tuple[tuple[str, ...], ...], hint: str, kind: str, missing: tuple[str, ...]
) -> None:
    likely = detect(header, rows(*columns), hint).likely
    assert likely is not None
    assert (likely.kind.name, likely.missing) == (kind, missing)
    assert likely.suffices is (likely.confidence >= USABLE_FROM) is (not missing)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_likely_when_it_is_named(name: str) -> None:
    kind = KINDS[name]
    for said in (kind.name, kind.tool, kind.title):
        likely = detect([], [], said).likely
        assert likely is not None
        assert likely.kind is kind
        assert not likely.suffices


def test_every_kind_says_whether_the_columns_suffice() -> None:
    found = detect(["email", "company"], rows(MAIL, FIRM))
    suffices = {fit.kind.name for fit in found.fits if fit.suffices}
    companies = {name for name in KINDS if name.startswith("company_")}
    assert (
        suffices
        == {"email_validation", "mobile_finder", "job_change", "email_to_profile", "employee_finder"} | companies
    )
    assert found.fit(KINDS["linkedin_to_email"]).missing == (Role.PROFILE_URL,)
    assert found.fit(KINDS["linkedin_to_email"]).confidence == 0


def test_a_file_that_holds_nothing_to_start_from_has_no_likely_kind() -> None:
    found = detect(["Amount", "Created"], [("12", "2026-01-01")])
    assert found.likely is None
    assert not any(fit.suffices for fit in found.fits)


CELLS = st.one_of(
    st.text(max_size=40),
    st.sampled_from([*MAIL, *SITE, *PROFILE, *FIRST, *FIRM, "linkedin.com/in/%", "@", "//", "http://[", "\x00", "a@b"]),
)
HEADERS = st.one_of(st.text(max_size=30), st.sampled_from([name for file in TABLES for name in file.header]))


@given(header=st.lists(HEADERS, max_size=8), sample=st.lists(st.lists(CELLS, max_size=10), max_size=6), hint=st.text())
@example(header=[], sample=[], hint="")
@example(header=["Email"] * 3, sample=[["a@b.co"] * 5], hint="\x00")
@example(header=["www"], sample=[["//[", "http://[::1", "x.y/\ud800"]], hint="")
def test_detection_never_fails_and_never_uses_a_column_twice(
    header: list[str], sample: list[list[str]], hint: str
) -> None:
    found = detect(header, sample, hint)
    roles = [column.role for column in found.columns if column.role is not None]
    assert len(roles) == len(set(roles))
    assert [column.number for column in found.columns] == list(range(max([len(header), *map(len, sample)])))
    assert all(0 <= column.confidence <= 1 for column in found.columns)
    assert all((column.role is None) == (column.confidence == 0) for column in found.columns)
    assert {fit.kind.name for fit in found.fits} == set(KINDS)
