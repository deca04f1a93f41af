"""Mappings that callers correct, and the inputs that are read by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.batches.detection import detect
from server.batches.kinds import KINDS, Kind
from server.batches.mapping import ColumnMapping, inputs_of, resolve, wanted
from server.domain.errors import InvalidInput
from tests.batches.mapping.tables import EXPORTS, FIRM, FULL, MAIL, PROFILE, SITE

HEADER = ("First Name", "Last Name", "Full Name", "E-Mail", "Company", "Web Site", "LinkedIn", "Title")
FINDER = KINDS["work_email_finder"]
FIRMOGRAPHICS = KINDS["company_firmographics"]


def test_what_was_detected_is_used_where_the_kind_wants_it() -> None:
    apollo = next(file for file in EXPORTS if file.name == "Apollo")
    found = detect(apollo.header, apollo.rows)
    mapping = resolve(FINDER, apollo.header, detection=found)
    assert mapping.names == {
        "first_name": "First Name",
        "last_name": "Last Name",
        "company_domain": "Website",
        "company_name": "Company",
    }
    assert inputs_of(apollo.rows[1], mapping) == {
        "first_name": "Grace",
        "last_name": "Hopper",
        "company_domain": "https://www.notion.so/",
        "company_name": "Notion Labs, Inc.",
    }


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"first_name": "First Name", "last_name": "Last Name", "company_domain": "Web Site"},
         {"first_name": "First Name", "last_name": "Last Name", "company_domain": "Web Site"}),
        ({"compny_domain": "Web Site", "full_name": "Full Name"},
         {"full_name": "Full Name", "company_domain": "Web Site"}),
        ({"full_name": "full_name", "company": "COMPANY"}, {"full_name": "Full Name", "company_name": "Company"}),
        ({"First Name": "first-name", "surname": "lastName", "website": "website"},
         {"first_name": "First Name", "last_name": "Last Name", "company_domain": "Web Site"}),
        ({"Vorname": "First Name", "Nachname": "Last Name", "domain": "Web Site", "company_name": ""},
         {"first_name": "First Name", "last_name": "Last Name", "company_domain": "Web Site"}),
    ],
)  # fmt: skip
def test_roles_and_columns_are_understood_in_other_spellings(said: Mapping[str, str], names: Mapping[str, str]) -> None:
    mapping = resolve(FINDER, HEADER, said)
    assert mapping.names == names
    assert resolve(FINDER, HEADER, mapping.names) == mapping


def test_corrections_overrule_what_was_detected() -> None:
    header = ("Email", "Account", "Site")
    found = detect(header, list(zip(MAIL, FIRM, SITE, strict=True)))
    validation = resolve(KINDS["email_validation"], header, {"email": "Account"}, found)
    assert validation.names == {"email": "Account"}
    moved = resolve(FIRMOGRAPHICS, header, {"company_name": "Site"}, found)
    assert moved.names == {"company_name": "Site", "email": "Email"}
    without = resolve(FIRMOGRAPHICS, header, {"company_domain": "", "email": ""}, found)
    assert without.names == {"company_name": "Account"}


@pytest.mark.parametrize(
    ("kind", "said", "field", "message", "fix"),
    [
        ("work_email_finder", {"company_domain": "Websit"}, "mapping", "no column 'Websit'", "'Web Site'"),
        ("work_email_finder", {"company_domain": "zzz"}, "mapping", "no column 'zzz'", "Name one of its columns."),
        ("work_email_finder", {"company": "Company", "Firma": "Title"}, "company_name", "given twice", "one column"),
        ("work_email_finder", {"shoe_size": "Title"}, "shoe_size", "'shoe_size' is not an input", "Give columns"),
        ("email_validation", {"company_domain": "Web Site"}, "company_domain", "not an input of email_", "email"),
        ("work_email_finder", {"first_name": "Full Name", "last_name": "Full Name"}, "first_name",
         "'Full Name' is given as first_name and as last_name", "one input"),
        ("work_email_finder", {"first_name": "First Name", "company_name": "Company"}, "last_name",
         "No column is known to hold last_name", "'E-Mail'"),
        ("email_validation", {}, "email", "No column is known to hold email", "'Last Name'"),
        ("job_change", {"profile_url": "LinkedIn"}, "company_domain", "hold company_domain", "Say which"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_meant_is_refused(
    kind: str, said: Mapping[str, str], field: str, message: str, fix: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        resolve(KINDS[kind], HEADER, said)
    assert refusal.value.field == field
    assert message in refusal.value.message
    assert fix in (refusal.value.fix or "")


def mapped(kind: str, **columns: str) -> ColumnMapping:
    return resolve(KINDS[kind], HEADER, columns)


def cells(**values: str) -> Sequence[str]:
    by_name = {name.replace(" ", "_").replace("-", "_").lower(): name for name in HEADER}
    given_ = {by_name[name]: value for name, value in values.items()}
    return [given_.get(name, "") for name in HEADER]


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("  Dr. Ada King Lovelace, PhD ", "Ada", "Lovelace"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("María José de la Cruz", "María", "de la Cruz"),
    ],
)
def test_full_names_are_split(full: str, first: str, last: str) -> None:
    mapping = mapped("work_email_finder", full_name="Full Name", company_name="Company")
    assert inputs_of(cells(full_name=full, company="Stripe"), mapping) == {
        "first_name": first,
        "last_name": last,
        "company_name": "Stripe",
    }
    assert mapping.notes == ("Full names in 'Full Name' are split into given and family name.",)


def test_a_single_name_stays_whole_and_halves_win_over_it() -> None:
    mapping = mapped(
        "work_email_finder",
        full_name="Full Name",
        first_name="First Name",
        last_name="Last Name",
        company_name="Company",
    )
    assert inputs_of(cells(full_name="Cher", company="Stripe"), mapping) == {
        "full_name": "Cher",
        "company_name": "Stripe",
    }
    row = cells(full_name="Somebody Else", first_name="Ada", last_name="Lovelace")
    assert inputs_of(row, mapping) == {"first_name": "Ada", "last_name": "Lovelace"}
    assert inputs_of(cells(full_name="Ada Lovelace", first_name="A."), mapping) == {
        "first_name": "Ada",
        "last_name": "Lovelace",
    }


def test_a_domain_is_taken_from_an_address_only_where_the_kind_wants_it() -> None:
    mapping = mapped("company_firmographics", company_domain="Web Site", email="E-Mail")
    assert inputs_of(cells(e_mail="ada@Stripe.com"), mapping) == {"company_domain": "stripe.com"}
    assert inputs_of(cells(e_mail="ada@stripe.com", web_site="adyen.com"), mapping) == {"company_domain": "adyen.com"}
    assert inputs_of(cells(e_mail="ada@gmail.com"), mapping) == {}
    assert inputs_of(cells(e_mail="not an address"), mapping) == {}
    assert mapping.notes == (
        "Where a row has no domain, that of its address in 'E-Mail' is used; addresses at free e-mail providers have "
        "none.",
    )
    assert "email" not in wanted(FINDER)
    changed = mapped("job_change", email="E-Mail")
    assert inputs_of(cells(e_mail="ada@stripe.com"), changed) == {"email": "ada@stripe.com"}
    assert changed.notes == ()


@pytest.mark.parametrize("nothing", ["", "  ", "-", "N/A", "#N/A", "null", "None", "unknown", "nan"])
def test_cells_that_say_nothing_are_left_out(nothing: str) -> None:
    mapping = mapped("company_firmographics", company_domain="Web Site", company_name="Company")
    assert inputs_of(cells(web_site=nothing, company=" Stripe "), mapping) == {"company_name": "Stripe"}


def test_people_may_be_called_like_a_missing_value() -> None:
    mapping = mapped("work_email_finder", first_name="First Name", last_name="Last Name", company_name="Company")
    row = cells(first_name="Christopher", last_name="Null", company="Stripe")
    assert inputs_of(row, mapping)["last_name"] == "Null"


@pytest.mark.parametrize("page", ["https://www.linkedin.com/company/stripe", "facebook.com/stripe", "x.com/stripe"])
def test_a_page_on_a_shared_site_is_nobodys_domain(page: str) -> None:
    mapping = mapped("company_firmographics", company_domain="Web Site", company_name="Company")
    assert inputs_of(cells(web_site=page, company="Stripe"), mapping) == {"company_name": "Stripe"}
    assert inputs_of(cells(web_site="https://www.linkedin.com"), mapping) == {
        "company_domain": "https://www.linkedin.com"
    }


def test_short_rows_lack_what_they_do_not_reach() -> None:
    mapping = mapped("work_email_finder", first_name="First Name", last_name="Last Name", company_name="Company")
    assert inputs_of(["Ada", "Lovelace"], mapping) == {"first_name": "Ada", "last_name": "Lovelace"}
    assert inputs_of([], mapping) == {}


ROWS = st.lists(st.one_of(st.text(max_size=60), st.sampled_from([*MAIL, *SITE, *PROFILE, *FULL])), max_size=len(HEADER))


@given(row=ROWS, kind=st.sampled_from(list(KINDS.values())))
def test_any_row_is_planned_or_refused_as_bad_input(row: list[str], kind: Kind) -> None:
    mapping = resolve(kind, HEADER, dict(zip(wanted(kind), HEADER, strict=False)))
    inputs = inputs_of(row, mapping)
    assert inputs.keys() <= set(kind.roles)
    try:
        outcome = [step.query.key for step in kind.plan(inputs, most=1 if kind.cap else None).steps]
    except InvalidInput as refusal:
        outcome = [refusal.field, refusal.fix]
    assert all(outcome)
