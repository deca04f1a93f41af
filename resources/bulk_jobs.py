"""Each bulk job by itself."""

from __future__ import annotations

from server.domain.bulk_job import JobSummary
from server.domain.query import Answer
from server.edge.resource import JSON, resource
from server.edge.tool import Caller


async def _line(caller: Caller, name: str) -> JobSummary:
    return await caller.bulk.summary(name)


@resource("weir://bulk-jobs/{name}", title="Bulk job", mime_type=JSON, minutes=0, shared=False, follow=_line)
async def bulk_jobs(caller: Caller, name: str) -> str:
    """One bulk job as it stands, by its job_id: progress, cost, and what to do next; never its rows."""
    return _written(await caller.bulk.status(name))


@resource(
    "weir://bulk-jobs/{name}/result", title="Bulk job's result", mime_type=JSON, minutes=0, shared=False, follow=_line
)
async def bulk_results(caller: Caller, name: str) -> str:
    """What came of one bulk job so far, by its job_id: its first rows, and a link to the whole file that works once."""
    return _written(await caller.bulk.result(name))


def _written(answer: Answer) -> str:
    return answer.model_dump_json(exclude_none=True, exclude=set(answer.ENVELOPE), indent=1)
