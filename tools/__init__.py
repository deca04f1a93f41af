"""The tools, by family, in the order that clients see them."""

from __future__ import annotations

from server.edge.tool import Family
from tools.account import account
from tools.company import company
from tools.contact import contact
from tools.providers import providers

FAMILIES: tuple[Family, ...] = (contact, company, account, providers)
