"""Companies that a workspace already knows, from its own stored answers; nobody is asked for them."""

from __future__ import annotations

from server.cache import Cache
from server.domain import normalise
from server.domain.company import FindCompany
from server.suppression import Suppression

_READ = 500
"""Stored answers that one look at the names reads."""


class Companies:
    """Known companies by workspace, without those on the suppression list. One per process."""

    def __init__(self, cache: Cache, suppression: Suppression) -> None:
        self._cache = cache
        self._suppression = suppression

    async def domains(self, workspace: str, prefix: str) -> tuple[str, ...]:
        """Domains that start with `prefix`, in alphabetical order."""
        found = await self._cache.domains(workspace, prefix.strip().lower(), _READ)
        return tuple(domain for domain in found if _is_company(domain) and self._shown(workspace, domain))

    async def names(self, workspace: str, prefix: str) -> tuple[str, ...]:
        """Names that start with `prefix`, whatever its case, in alphabetical order."""
        start = prefix.strip().casefold()
        records = await self._cache.recent(workspace, FindCompany, _READ)
        names = {
            record.company.name
            for record in records
            if record.company.name
            and record.company.name.casefold().startswith(start)
            and (record.company.domain is None or self._shown(workspace, record.company.domain))
        }
        return tuple(sorted(names, key=str.casefold))

    def _shown(self, workspace: str, domain: str) -> bool:
        return not self._suppression.covers(workspace, frozenset({domain}))


def _is_company(domain: str) -> bool:
    """False for mail providers, and for suffixes such as co.uk."""
    try:
        return normalise.company_domain(domain) == domain
    except ValueError:
        return False
