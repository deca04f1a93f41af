"""The synthetic world is one world: stable, and the same from whichever side it is asked."""

from __future__ import annotations

from itertools import islice

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sandbox import names, pinned, spelling, world

LETTERS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzàéïñøßłç", min_size=1, max_size=12)
NAMES = st.one_of(
    st.sampled_from([*names.FIRST, *names.LAST]),
    LETTERS,
    st.tuples(LETTERS, st.sampled_from([" ", "-", "'"]), LETTERS).map("".join),
)
LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
DOMAINS = st.tuples(LABELS, st.sampled_from(["com", "io", "example", "co.uk", "museum", "inc"])).map(".".join)


@given(NAMES, NAMES, DOMAINS)
def test_every_way_back_leads_to_the_same_person(first: str, last: str, domain: str):
    company = world.company(domain)
    person = company and world.person(first, last, company)
    if person is None:
        return
    assert world.person_at(person.slug) == person
    assert world.person_at(f"https://www.linkedin.com/in/{person.slug.upper()}/?trk=x") == person
    assert world.person_of(person.work_email) == person
    assert world.person_of(person.personal_email) == person
    assert world.person_with(person.id) == person
    assert world.person(person.first, person.last, person.company) == person


@given(DOMAINS)
def test_every_way_back_leads_to_the_same_company(domain: str):
    company = world.company(f"https://www.{domain}/about")
    if company is None:
        return
    assert company.domain == domain
    assert world.company_at(company.slug) == company
    assert world.company_at(f"linkedin.com/company/{company.slug}/") == company


def test_listed_companies_are_found_by_name_slug_and_number():
    for company in world.companies():
        assert world.company_named(company.name) == company
        assert world.company_named(f"  {company.name.upper()}, Inc. ") == company
        assert world.company_at(company.slug) == company
        assert world.company_at(company.linkedin_id) == company


def test_a_name_is_the_same_in_any_case_and_with_accents_or_without():
    company = world.company("stripe.com")
    assert company
    plain = world.person("Rene", "Muller", company)
    assert plain
    assert world.person("RENÉ", "müller", company) == plain
    assert plain.work_email == "rene.muller@stripe.com"


def test_about_nine_in_ten_plausible_people_exist():
    companies = [world.company(f"company{number}.com") for number in range(3000)]
    found = sum(1 for company in companies if company and world.person("Ada", "Lovelace", company))
    assert 0.88 < found / 3000 < 0.92


@pytest.mark.parametrize(
    ("first", "last"), [("", "Lovelace"), ("Ada", ""), ("Ada", "4711"), ("Ada", "x" * 60), ("!", "?")]
)
def test_implausible_names_belong_to_nobody(first: str, last: str):
    company = world.company("stripe.com")
    assert company
    assert world.person(first, last, company) is None


@pytest.mark.parametrize("domain", ["gmail.com", "localhost", "not a domain", "", "http://", "x" * 200 + ".com"])
def test_free_mail_and_nonsense_are_no_companies(domain: str):
    assert world.company(domain) is None


def test_about_two_hundred_companies_of_five_to_sixty_people_can_be_browsed():
    companies = list(world.companies())
    staff = [world.employees(company) for company in companies]
    assert 200 <= len(companies) <= 230
    assert all(5 <= len(people) <= 60 for people in staff)
    assert len({person.slug for people in staff for person in people}) == sum(map(len, staff))
    assert all(sum(person.title == "Chief Executive Officer" for person in people) <= 1 for people in staff)


def test_a_bare_slug_leads_to_one_namesake():
    person = world.person_at("grace-hopper")
    assert person
    assert (person.first, person.last) == ("Grace", "Hopper")
    assert world.person_at("linkedin.com/in/Grace-Hopper") == person
    assert world.person_at(person.slug) == person


SHARES = {"leadmagic": 0.62, "xmagnet": 0.45, "leadiq": 0.50, "leadsonar": 0.70, "leadcontact": 0.40}


@pytest.mark.parametrize("provider", SHARES)
def test_each_provider_knows_its_share_of_work_addresses(provider: str):
    people = [person for company in world.companies() for person in world.employees(company)]
    hits = sum(
        world.covers(provider, person, "work_email")
        for person in people
        if provider != "leadmagic" or not person.company.catch_all
    )
    assert hits / len(people) == pytest.approx(SHARES[provider], abs=0.03)


def test_providers_know_different_parts_so_that_a_waterfall_matters():
    people = [person for company in islice(world.companies(), 50) for person in world.employees(company)]
    known = {name: {p.slug for p in people if world.covers(name, p, "work_email")} for name in SHARES}
    best = max(len(part) for part in known.values())
    everybody = set[str]().union(*known.values())
    assert len(everybody) > 1.3 * best


def test_existing_people_of_ordinary_companies_have_valid_addresses():
    verdicts = {
        world.verdict(person.work_email)
        for company in world.companies()
        if not company.catch_all
        for person in world.employees(company)
    }
    assert verdicts == {"valid", "unknown"}


def test_a_catch_all_domain_says_so_for_any_mailbox():
    company = next(
        one for one in world.companies() if one.catch_all and world.verdict(f"a.b@{one.domain}") != "unknown"
    )
    assert world.verdict(f"nobody.atall@{company.domain}") == "catch_all"


def test_strangers_have_invalid_addresses_and_broken_ones_are_invalid():
    assert world.verdict("qwertyuiop@stripe.com") == "invalid"
    assert world.verdict("no-at-sign") == "invalid"
    assert world.verdict("a..b@stripe.com") == "invalid"
    assert world.verdict("a@b@stripe.com") == "invalid"


def test_every_mobile_is_a_possible_number_of_its_country():
    for company in islice(world.companies(), 12, 80):
        for person in world.employees(company):
            number = phonenumbers.parse(person.mobile)
            assert phonenumbers.is_possible_number(number)
            assert number.country_code == phonenumbers.country_code_for_region(person.country_code)


@pytest.mark.parametrize("shown", pinned.PEOPLE, ids=lambda one: f"{one.first} {one.last}")
def test_documented_people_look_as_documented_and_everybody_knows_them(shown: pinned.PinnedPerson):
    company = world.company(shown.domain)
    person = company and world.person(shown.first, shown.last, company)
    assert person
    assert {name: getattr(person, name) for name in shown.fields} == shown.fields
    assert world.person_of(person.work_email) == person
    assert all(world.covers(provider, person, "work_email") for provider in SHARES)


@pytest.mark.parametrize("outcome", ["valid", "not-found-404", "rate-limited"])
def test_magic_mailboxes_and_magic_profiles_are_the_same_person(outcome: str):
    person = world.person_at(f"magic-{outcome}")
    assert person == world.person_of(f"{outcome}@magic.example")
    assert (person is None) == outcome.startswith("not-found")


@given(DOMAINS)
def test_a_domain_survives_being_written_into_a_slug(domain: str):
    assert spelling.decode(spelling.encode(domain)) == domain
