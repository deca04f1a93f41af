"""How tests call the simulated LeadMagic."""

from __future__ import annotations

from typing import Any

from tests.sandbox.calling import Caller

PEOPLE, COMPANIES, ADS = "/v1/people", "/v1/companies", "/v1/ads"
ALEX = "linkedin.com/in/alex-rivera"
NOBODY = {"profile_url": "magic-not-found"}
DOMAIN = {"company_domain": "leadmagic.io"}
_COMPANY_ROUTES = ("company-funding", "technographics", "competitors-search")


async def ask(caller: Caller, path: str, /, **body: Any) -> dict[str, Any]:
    """The body of an answer that has to be a success."""
    response = await caller.post(path, body)
    assert response.status_code == 200, response.text
    return response.json()


def path_of(name: str) -> str:
    """The whole path of a route that is named by its last part."""
    if name.startswith("/"):
        return name
    folder = ADS if "-ads-" in name else COMPANIES if name in _COMPANY_ROUTES else PEOPLE
    return f"{folder}/{name}"
