"""Realistic lists of contacts, for scripts and benchmarks."""

from __future__ import annotations

from server.sandbox import names, world
from server.sandbox.draw import Draw


def contacts(limit: int, seed: int) -> list[dict[str, str]]:
    """`limit` contacts, the same for the same seed: people of listed companies, one in ten in no record."""
    companies = tuple(world.companies())
    return [_contact(companies, Draw("contact", str(seed), str(number))) for number in range(limit)]


def _contact(companies: tuple[world.Company, ...], draw: Draw) -> dict[str, str]:
    company = draw.pick(companies)
    person = draw.pick(world.employees(company))
    stranger = draw.percent(10)
    return {
        "first_name": draw.pick(names.FIRST) if stranger else person.first,
        "last_name": draw.pick(names.LAST) if stranger else person.last,
        "company_domain": company.domain,
        "company_name": company.name,
        "title": person.title,
    }
