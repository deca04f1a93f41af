"""Uploads and bulk jobs as clients see them. Rows of a job are in pages of a few, never all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from server.domain.batch import Estimate, Event
from server.domain.download import Download
from server.domain.money import Cost
from server.domain.person import Part
from server.domain.query import Answer
from server.domain.views import CostView


class DetectedColumn(Part):
    """A column of the file and the role that it plays; `confidence` is from 0 to 1."""

    role: str
    column: str
    confidence: float


class FittingEnrichment(Part):
    """Another enrichment for which the file has what is needed."""

    enrichment: str
    confidence: float


class FileView(Part):
    """What is known of an uploaded file."""

    name: str
    format: str
    columns: tuple[str, ...]
    rows: int | None = None
    """Where it was cheap to count them."""


class EstimateView(Part):
    """What a job would come to; nothing is spent to find out."""

    rows: int
    invalid: int
    duplicates: int
    suppressed: int
    cached: int
    to_ask: int
    unlocked: int
    """Of `to_ask`: paid for before, and not charged again by the provider that is asked first."""
    expected: CostView
    max: CostView
    seconds: float
    """What the providers' rate limits make of it, at least."""
    needs_approval: bool
    partial: bool
    """Whether only the first rows of a large file were looked at."""
    problems: tuple[str, ...] | None = None
    """What keeps the job from running."""

    @classmethod
    def of(cls, estimate: Estimate, expected: Cost, most: Cost, *, needs_approval: bool, partial: bool = False) -> Self:
        """The view of `estimate`, whose amounts are `expected` and `most`."""
        return cls(
            rows=estimate.rows,
            invalid=estimate.invalid,
            duplicates=estimate.duplicates,
            suppressed=estimate.suppressed,
            cached=estimate.cached,
            to_ask=estimate.to_ask,
            unlocked=estimate.unlocked,
            expected=CostView.of(expected),
            max=CostView.of(most),
            seconds=round(estimate.seconds, 1),
            needs_approval=needs_approval,
            partial=partial,
            problems=tuple(estimate.problems) or None,
        )


class MappingView(Part):
    """Which column feeds which input of an enrichment."""

    enrichment: str
    columns: tuple[DetectedColumn, ...]
    missing: tuple[str, ...]
    """Inputs that no column is known to hold; empty where the job can be submitted."""
    notes: tuple[str, ...]
    adds: tuple[str, ...]
    """Columns that the job appends."""
    others: tuple[FittingEnrichment, ...]
    needs_per_row_limit: bool


class BulkUpload(Answer):
    """A file on its way in, and once it is there what can be made of it."""

    OUTLINE: ClassVar[frozenset[str] | None] = frozenset({"upload_id", "next"})

    upload_id: str
    next: str
    """What to do now, in words."""
    upload_url: str | None = None
    """A page for people; it takes one file, once."""
    curl: str | None = None
    """The same from a terminal."""
    expires_at: str | None = None
    max_bytes: int | None = None
    file: FileView | None = None
    mapping: MappingView | None = None
    sample: tuple[dict[str, str], ...] | None = None
    """The first rows, shortened."""
    estimate: EstimateView | None = None


class SubmittedJob(Answer):
    """A job that was submitted; it goes on by itself."""

    OUTLINE: ClassVar[frozenset[str] | None] = frozenset({"job_id", "status", "next"})

    job_id: str
    status: str
    enrichment: str
    max_credits: float
    next: str
    reason: str | None = None
    rows: int | None = None
    """Known once the rows have been looked at."""
    expected_credits: float | None = None
    approval_url: str | None = None
    """Where a person approves or refuses it; nothing is spent before."""


class ProviderPace(Part):
    """How a provider of the job keeps up."""

    provider: str
    state: str
    """`closed` while it answers; `open` while it is not asked because it failed."""
    waits_seconds: float
    """Until it takes the next request."""
    requests_per_minute: float | None = None
    """Its rate limit, where one is known."""
    last_error: str | None = None


class JobSummary(Part):
    """One job in a list."""

    job_id: str
    name: str
    enrichment: str
    status: str
    rows: int
    settled: int
    found: int
    credits: float
    max_credits: float
    submitted_by: str
    submitted_at: str


class JobPage(Answer):
    """The workspace's jobs, newest first."""

    OUTLINE: ClassVar[frozenset[str] | None] = frozenset({"jobs"})

    jobs: tuple[JobSummary, ...]
    next_cursor: str | None = None


class JobStatus(Answer):
    """A job as it stands."""

    OUTLINE: ClassVar[frozenset[str] | None] = frozenset({"status", "next", "percent", "credits"})

    job_id: str
    name: str
    enrichment: str
    status: str
    next: str
    submitted_by: str
    submitted_at: str
    rows: int
    settled: int
    percent: float
    found: int
    failed: int
    skipped: int
    cached: int
    outcomes: Mapping[str, int]
    """Settled rows by outcome."""
    credits: float
    usd: float
    max_credits: float
    providers: tuple[ProviderPace, ...]
    reason: str | None = None
    approval_url: str | None = None
    queue_position: int | None = None
    """How many older jobs are not over; while it is queued."""
    rows_per_minute: float | None = None
    seconds_left: float | None = None
    started_at: str | None = None
    finished_at: str | None = None
    kept_until: str | None = None
    estimate: EstimateView | None = None
    resource: str
    result_resource: str | None = None
    """What came of it so far, once its rows have been looked at."""


class JobRow(Part):
    """A settled row: what was asked, and what was appended."""

    row: int
    """Number in the file, from 1."""
    state: str
    outcome: str
    credits: float
    given: dict[str, str]
    added: dict[str, str]


class JobRows(Answer):
    """A page of settled rows; rows that wait are left out."""

    OUTLINE: ClassVar[frozenset[str] | None] = frozenset({"rows"})

    job_id: str
    rows: tuple[JobRow, ...]
    next_row: int | None = None


class JobResult(Answer):
    """What came of a job so far: a few rows to look at, and a link to all of them."""

    job_id: str
    status: str
    rows: int
    settled: int
    found: int
    columns: tuple[str, ...]
    """Of the file."""
    file: Download
    """CSV, written when it is fetched, once; other formats and further links are made by export_bulk_job."""
    first: tuple[JobRow, ...]
    """The first rows that are settled."""
    next_row: int | None = None
    """Where get_bulk_job_rows goes on."""


class JobError(Part):
    """A row that was not answered."""

    row: int
    state: str
    """`failed` can be retried; `skipped` was not asked."""
    outcome: str
    reason: str


class JobErrors(Answer):
    """A page of rows that were not answered."""

    OUTLINE: ClassVar[frozenset[str] | None] = frozenset({"errors"})

    job_id: str
    failed: int
    skipped: int
    errors: tuple[JobError, ...]
    next_row: int | None = None


class JobEvent(Part):
    """Something that happened."""

    id: int
    at: str
    event: str
    message: str

    @classmethod
    def of(cls, event: Event) -> Self:
        """The view of `event`."""
        at = event.at.isoformat(timespec="milliseconds")
        return cls(id=event.id, at=at, event=event.event, message=event.message)


class JobEvents(Answer):
    """What happened to a job, oldest first."""

    OUTLINE: ClassVar[frozenset[str] | None] = frozenset({"events"})

    job_id: str
    events: tuple[JobEvent, ...]
    next_id: int | None = None
