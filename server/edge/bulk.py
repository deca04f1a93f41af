"""What tools may ask of bulk jobs, on a caller's behalf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from server.domain.approval import Approval
from server.domain.bulk_job import (
    BulkUpload,
    JobErrors,
    JobEvents,
    JobPage,
    JobResult,
    JobRows,
    JobStatus,
    JobSummary,
    SubmittedJob,
)
from server.domain.bulk_order import BulkOrder
from server.domain.download import Export
from server.domain.progress import Report
from server.domain.quote import Quote


class Bulk(Protocol):
    """The caller's uploads and their workspace's jobs. What is not there, or somebody else's, is `InvalidInput`."""

    async def open_upload(self, enrichment: str | None, file_name: str | None) -> BulkUpload:
        """A link under which one file can be brought, once."""
        ...

    async def attach(self, text: str, enrichment: str | None, file_name: str | None) -> BulkUpload:
        """Keep a small CSV file, and tell what can be made of it."""
        ...

    async def examine(
        self, upload_id: str, enrichment: str | None, mapping: Mapping[str, str], per_row: int | None
    ) -> BulkUpload:
        """What can be made of an uploaded file and what that would cost; of one that has not arrived, how to send."""
        ...

    async def submit(self, asked: BulkOrder) -> SubmittedJob:
        """Begin a job; the same order within ten minutes is the same job."""
        ...

    async def submitted(self, job_id: str) -> SubmittedJob:
        """The same of a job that was submitted before."""
        ...

    async def approval_of(self, job_id: str) -> Approval | None:
        """The approval that a job waits for; None where it waits for none."""
        ...

    async def quote(self, asked: BulkOrder) -> Quote:
        """What the job would cost, within its ceiling."""
        ...

    async def jobs(self, status: str | None, enrichment: str | None, cursor: str | None) -> JobPage:
        """A page of the workspace's jobs, newest first."""
        ...

    async def status(self, job_id: str) -> JobStatus:
        """A job as it stands."""
        ...

    async def awaited(self, job_id: str, seconds: float, report: Report) -> JobStatus:
        """A job once it stands still, or after so many seconds; `report` is told how far it is, also where it does."""
        ...

    async def summary(self, job_id: str) -> JobSummary:
        """Its state and counts alone, which takes one look-up."""
        ...

    async def rows(self, job_id: str, first: int, most: int) -> JobRows:
        """Settled rows from the row `first` on."""
        ...

    async def result(self, job_id: str) -> JobResult:
        """The first settled rows, and a link to all of them; `InvalidInput` where there are none yet."""
        ...

    async def errors(self, job_id: str, after: int) -> JobErrors:
        """Failed and skipped rows after the row `after`."""
        ...

    async def events(self, job_id: str, after: int, *, everything: bool) -> JobEvents:
        """What happened after the event `after`; with what only fault-finding needs, if `everything`."""
        ...

    async def control(self, job_id: str, action: str) -> JobStatus:
        """Pause, resume or cancel a job, or retry its failed rows; its submitter and administrators may."""
        ...

    async def export(self, job_id: str, written_as: str) -> Export:
        """The finished file under a link that works once; `written_as` is csv, jsonl or xlsx."""
        ...
