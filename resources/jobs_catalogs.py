"""The vocabularies that job searches are filtered by."""

from __future__ import annotations

import json
from collections.abc import Mapping

from server.domain.job_filters import (
    Entry,
    GetJobCatalogs,
    JobCatalogs,
    JobList,
    ListJobCompanyTypes,
    ListJobCountries,
    ListJobIndustries,
    ListJobRegions,
    ListJobTypes,
)
from server.domain.query import Query
from server.edge.resource import JSON, resource
from server.edge.tool import Caller

_OF_SEARCH = tuple(name for name in JobCatalogs.model_fields if name not in JobCatalogs.ENVELOPE | {"stats"})
_LISTS: Mapping[str, type[Query[JobList]]] = {
    "countries": ListJobCountries,
    "regions": ListJobRegions,
    "job_types": ListJobTypes,
    "company_types": ListJobCompanyTypes,
    "industries": ListJobIndustries,
}
_V1 = "v1_"
"""Before the names of the simple search's vocabularies, whose ids are others."""

NAMES = (*_OF_SEARCH, *(f"{_V1}{name}" for name in _LISTS))


@resource(
    "weir://jobs-catalogs/{name}",
    title="Job search catalog",
    mime_type=JSON,
    minutes=24 * 60,
    shared=True,
    names=lambda _: NAMES,
    asks=GetJobCatalogs,
)
async def jobs_catalogs(caller: Caller, name: str) -> str:
    """Values of one filter of the job searches, with their ids: of search_jobs, or with v1_ before it of find_jobs."""
    entries = await _entries(caller, name)
    return json.dumps(
        {"catalog": name, "entries": [entry.model_dump(exclude_none=True) for entry in entries]}, ensure_ascii=False
    )


async def _entries(caller: Caller, name: str) -> tuple[Entry, ...]:
    if name.startswith(_V1):
        listed = await caller.look_up(_LISTS[name.removeprefix(_V1)](), f"weir://jobs-catalogs/{name}")
        return listed.entries if listed is not None else ()
    catalogs = await caller.look_up(GetJobCatalogs(), f"weir://jobs-catalogs/{name}")
    found: tuple[Entry, ...] = getattr(catalogs, name) if catalogs is not None else ()
    return found
