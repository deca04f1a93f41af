"""Tools over files of rows: bring one, see what it costs, have it carried out, follow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from server.domain import fields
from server.domain.batch import Status
from server.domain.bulk_job import BulkUpload, JobErrors, JobEvents, JobPage, JobRows, JobStatus
from server.domain.bulk_order import (
    PAGE,
    Action,
    AfterEvent,
    AfterRow,
    BulkOrder,
    Columns,
    Enrichment,
    FileName,
    FirstRow,
    JobId,
    JobName,
    MaxCredits,
    PageSize,
    PerRow,
    Rows,
    RowsText,
    UploadId,
    Wait,
    Webhook,
)
from server.domain.download import Export
from server.domain.errors import InvalidInput
from server.domain.money import credits
from server.domain.principal import Scope
from server.edge.tool import Caller, Family

bulk = Family("bulk")

WIDGET = "ui://weir/upload"
_UPLOADS = (Scope.BULK,)
_SUBMITS = (Scope.BULK, Scope.SPEND)
_JOB = "job_8Zk3vTq0LxW5mYb2nRcd"
_UPLOAD = "0123456789abcdef0123456789abcdef"
_ADA: tuple[dict[str, Any], ...] = ({"Email": "ada@stripe.com"}, {"Email": "alan@stripe.com"})


@bulk.free(
    "Open a bulk upload",
    open_world=False,
    writes=True,
    scopes=_UPLOADS,
    widget=WIDGET,
    enrichment="email_validation",
    file_name="leads.csv",
)
async def create_bulk_upload_session(
    caller: Caller, enrichment: Enrichment | None = None, file_name: FileName | None = None
) -> BulkUpload:
    """Open an upload for a file of rows (CSV, TSV, JSON, JSONL, XLSX; up to 1,000,000 rows and 500 MB). Free.

    Returns upload_id, a page for the person to drop the file on, and a curl command. The link takes one file, within an
    hour; then resolve_bulk_upload_mapping shows what can be made of it.
    """
    return await caller.bulk.open_upload(enrichment, file_name)


@bulk.free(
    "Process an attached file",
    open_world=False,
    writes=True,
    scopes=_UPLOADS,
    widget=WIDGET,
    enrichment="email_validation",
    rows_text="Email\nada@stripe.com\n",
)
async def process_attached_csv(
    caller: Caller,
    enrichment: Enrichment | None = None,
    file_name: FileName | None = None,
    rows_text: RowsText | None = None,
) -> BulkUpload:
    """Bring a file that is attached to the conversation to bulk jobs. Free.

    A small one can be sent as rows_text; its columns and estimate come back at once. Otherwise this opens an upload.
    """
    if rows_text is None:
        return await caller.bulk.open_upload(enrichment, file_name)
    return await caller.bulk.attach(rows_text, enrichment, file_name)


@bulk.free("Resolve an upload's columns", open_world=False, upload_id=_UPLOAD)
async def resolve_bulk_upload_mapping(
    caller: Caller,
    upload_id: UploadId,
    enrichment: Enrichment | None = None,
    mapping: Columns | None = None,
    per_row_limit: PerRow | None = None,
) -> BulkUpload:
    """Show which columns of an uploaded file an enrichment would use, and what it would cost. Free.

    Counts rows that cost nothing (invalid, repeated, suppressed, stored, most likely those unlocked before), and gives
    expected and highest credits for the rest. Says what is missing, and which other enrichments would do.
    """
    return await caller.bulk.examine(upload_id, enrichment, mapping or {}, per_row_limit)


@bulk.submits("Submit a bulk job", scopes=_SUBMITS, rows=_ADA, enrichment="email_validation", max_credits=5)
def submit_detected_bulk_job(
    max_credits: MaxCredits,
    upload_id: UploadId | None = None,
    rows: Rows | None = None,
    enrichment: Enrichment | None = None,
    mapping: Columns | None = None,
    per_row_limit: PerRow | None = None,
    force_refresh: fields.ForceRefresh = False,
    webhook_url: Webhook | None = None,
    name: JobName | None = None,
) -> BulkOrder:
    """Run an enrichment over all rows of an upload, or over up to 200 rows sent along.

    Returns a job_id; the job goes on by itself and pauses before it would spend more than max_credits. Repeated rows
    and stored answers are not paid for. A costly job waits for a person's approval. The same order within ten minutes
    is the same job.
    """
    return BulkOrder(
        credits(max_credits),
        upload_id,
        rows,
        enrichment,
        mapping=mapping or {},
        per_row=per_row_limit,
        fresh=force_refresh,
        webhook=webhook_url,
        name=name,
    )


@bulk.submits("Submit company firmographics", scopes=_SUBMITS, domains=("stripe.com", "notion.so"), max_credits=10)
def submit_company_firmographics_bulk(
    max_credits: MaxCredits,
    upload_id: UploadId | None = None,
    domains: Annotated[tuple[fields.CompanyDomain, ...], Field(min_length=1, max_length=200)] | None = None,
    companies: Annotated[tuple[fields.CompanyName, ...], Field(description="Names.", min_length=1, max_length=200)]
    | None = None,
    mapping: Columns | None = None,
    force_refresh: fields.ForceRefresh = False,
) -> BulkOrder:
    """Get firmographics of every company in an upload, or of up to 200 given as domains or names.

    The same as submit_detected_bulk_job for company_firmographics.
    """
    return BulkOrder(
        credits(max_credits),
        upload_id,
        _companies(domains, companies),
        "company_firmographics",
        mapping=mapping or {},
        fresh=force_refresh,
    )


def _companies(domains: tuple[str, ...] | None, companies: tuple[str, ...] | None) -> tuple[dict[str, Any], ...] | None:
    if domains is not None and companies is not None:
        raise InvalidInput(
            "domains and companies are both given; a job is over one list.",
            field="companies",
            fix="Send domains where they are known, and the rest in a second job.",
        )
    if domains is not None:
        return tuple({"domain": domain} for domain in domains)
    return None if companies is None else tuple({"company": name} for name in companies)


@bulk.submits("Submit a bulk job by product", scopes=_SUBMITS, product="email_validation", rows=_ADA, max_credits=5)
def submit_bulk_job(
    max_credits: MaxCredits,
    product: Annotated[str, Field(description="Enrichment, or a vendor's name of it.", max_length=200)] | None = None,
    endpoint: Annotated[str, Field(description="Such as /v1/people/email-finder.", max_length=200)] | None = None,
    upload_id: UploadId | None = None,
    rows: Rows | None = None,
    input_mapping: Columns | None = None,
    per_row_limit: PerRow | None = None,
    force_refresh: fields.ForceRefresh = False,
    webhook_url: Webhook | None = None,
    name: JobName | None = None,
) -> BulkOrder:
    """Submit a bulk job by product or endpoint; submit_detected_bulk_job finds out by itself."""
    if product is None and endpoint is None:
        raise InvalidInput(
            "product is missing: give product or endpoint.", field="product", fix="Send product, or the other tool."
        )
    return BulkOrder(
        credits(max_credits),
        upload_id,
        rows,
        product=product,
        endpoint=endpoint,
        mapping=input_mapping or {},
        per_row=per_row_limit,
        fresh=force_refresh,
        webhook=webhook_url,
        name=name,
    )


@bulk.free("List bulk jobs", open_world=False)
async def list_bulk_jobs(
    caller: Caller,
    status: Status | None = None,
    product: Enrichment | None = None,
    cursor: Annotated[str, Field(max_length=100)] | None = None,
) -> JobPage:
    """List the workspace's bulk jobs, newest first, with progress and cost. Free."""
    return await caller.bulk.jobs(status, product, cursor)


@bulk.free("Get a bulk job's status", open_world=False, job_id=_JOB)
async def get_bulk_job_status(caller: Caller, job_id: JobId, wait_seconds: Wait = 0) -> JobStatus:
    """Show how far a bulk job is: progress, queue position, pace of its providers, cost, time left. Free.

    Says why it is paused, where a person approves it, and what is next. With wait_seconds it answers once the job
    stands still; without, every 10 seconds is often enough.
    """
    return await caller.bulk.awaited(job_id, wait_seconds, caller.report)


@bulk.free("Get a bulk job's rows", open_world=False, job_id=_JOB)
async def get_bulk_job_rows(caller: Caller, job_id: JobId, from_row: FirstRow = 1, limit: PageSize = PAGE) -> JobRows:
    """Show a few settled rows of a bulk job, for a look; export_bulk_job has the whole file. Free."""
    return await caller.bulk.rows(job_id, from_row, limit)


@bulk.free("Get a bulk job's errors", open_world=False, job_id=_JOB)
async def get_bulk_job_errors(caller: Caller, job_id: JobId, after_row: AfterRow = 0) -> JobErrors:
    """Show which rows of a bulk job failed or were skipped (malformed, suppressed), and why. Free.

    control_bulk_job with retry_failed asks the failed ones again.
    """
    return await caller.bulk.errors(job_id, after_row)


@bulk.free("Get a bulk job's log", open_world=False, job_id=_JOB)
async def get_bulk_job_logs(caller: Caller, job_id: JobId, after_id: AfterEvent = 0) -> JobEvents:
    """Show everything that was noted about a bulk job, also what only helps to find faults. Free."""
    return await caller.bulk.events(job_id, after_id, everything=True)


@bulk.free("Get a bulk job's events", open_world=False, job_id=_JOB)
async def get_bulk_job_events(caller: Caller, job_id: JobId, after_id: AfterEvent = 0) -> JobEvents:
    """Show what happened to a bulk job: submitted, checked, approved, paused, resumed, completed. Free."""
    return await caller.bulk.events(job_id, after_id, everything=False)


def _goes_on(arguments: Mapping[str, Any]) -> bool:
    return arguments.get("action") in ("resume", "retry_failed")


@bulk.free(
    "Control a bulk job",
    open_world=True,
    writes=True,
    scopes=_UPLOADS,
    spends=_goes_on,
    job_id=_JOB,
    action="cancel",
)
async def control_bulk_job(caller: Caller, job_id: JobId, action: Action) -> JobStatus:
    """Pause, resume or cancel a bulk job, or ask its failed rows again, within the job's own max_credits.

    For whoever submitted it, and for administrators. A cancelled job keeps the rows it has.
    """
    return await caller.bulk.control(job_id, action)


@bulk.free("Export a bulk job", open_world=False, writes=True, scopes=(Scope.READ,), job_id=_JOB, format="csv")
async def export_bulk_job(
    caller: Caller,
    job_id: JobId,
    format: Literal["csv", "jsonl", "xlsx"] = "csv",  # noqa: A002 - the argument's name on the wire
) -> Export:
    """Write a bulk job's rows with what was found into a file, and return a link that works once. Free."""
    return await caller.bulk.export(job_id, format)
