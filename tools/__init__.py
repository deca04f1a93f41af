"""The tools, by family, in the order that clients see them."""

from __future__ import annotations

from server.edge.tool import Family
from tools.account import account
from tools.ads import ads
from tools.company import company
from tools.composite import composite
from tools.contact import contact
from tools.jobs import jobs
from tools.lists import lists
from tools.people import people
from tools.providers import providers

FAMILIES: tuple[Family, ...] = (contact, company, jobs, ads, people, lists, composite, account, providers)
