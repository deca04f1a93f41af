"""Each bulk job by itself."""

from __future__ import annotations

from server.domain.bulk_job import JobSummary
from server.edge.resource import JSON, resource
from server.edge.tool import Caller


async def _line(caller: Caller, name: str) -> JobSummary:
    return await caller.bulk.summary(name)


@resource("weir://bulk-jobs/{name}", title="Bulk job", mime_type=JSON, minutes=0, shared=False, follow=_line)
async def bulk_jobs(caller: Caller, name: str) -> str:
    """One bulk job as it stands, by its job_id: progress, cost, and what to do next; never its rows."""
    status = await caller.bulk.status(name)
    return status.model_dump_json(exclude_none=True, exclude=set(status.ENVELOPE), indent=1)
