"""A bulk job as somebody asks for it, before anybody has looked at its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from server.domain import normalise
from server.domain.errors import InvalidInput
from server.domain.money import Credits

INLINE_ROWS = 200
"""Most rows in an argument; more come as a file."""

PAGE = 25
"""Most rows of a job in one result."""

_JOB = re.compile(r"job_[A-Za-z0-9_-]{8,40}")
_UPLOAD = re.compile(r"[A-Za-z0-9_-]{8,64}")


def _job_id(value: str) -> str:
    if not _JOB.fullmatch(value):
        raise ValueError("is not the id of a bulk job, such as list_bulk_jobs names them")
    return value


def _upload_id(value: str) -> str:
    if not _UPLOAD.fullmatch(value):
        raise ValueError("is not the id of an upload, such as create_bulk_upload_session returns it")
    return value


def _webhook(value: str) -> str:
    parts = urlsplit(normalise.text(value, 2000))
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        raise ValueError("is not an https:// URL without a user name")
    return parts.geturl()


JobId = Annotated[str, AfterValidator(_job_id), Field(examples=["job_8Zk3vTq0LxW5mYb2nRcd"])]
UploadId = Annotated[str, AfterValidator(_upload_id)]
Enrichment = Annotated[
    str,
    AfterValidator(lambda value: normalise.text(value, 200)),
    Field(
        description="Such as email_validation, or in words; otherwise what the columns suggest.",
        min_length=1,
        examples=["email_validation"],
    ),
]
FileName = Annotated[str, AfterValidator(lambda value: normalise.text(value, 200)), Field(min_length=1)]
RowsText = Annotated[str, Field(description=f"CSV text: {INLINE_ROWS} rows, 60 KB.", min_length=1, max_length=60_000)]
Rows = Annotated[
    tuple[dict[str, Any], ...],
    Field(
        description=f"In place of an upload: up to {INLINE_ROWS}.",
        min_length=1,
        max_length=INLINE_ROWS,
        examples=[[{"Email": "ada@example.com"}]],
    ),
]
Columns = Annotated[
    dict[str, str],
    Field(
        description="Corrections: column by role, such as {email: Work Email}.",
        max_length=20,
        examples=[{"email": "Work Email"}],
    ),
]
MaxCredits = Annotated[float, Field(description="Ceiling of the whole job.", ge=0.01, le=10_000_000, examples=[50])]
PerRow = Annotated[int, Field(description="Needed by company_jobs and employee_finder.", ge=1, le=100)]
Webhook = Annotated[str, AfterValidator(_webhook), Field(description="Told when the job ends.")]
JobName = Annotated[str, AfterValidator(lambda value: normalise.text(value, 200)), Field(min_length=1)]
FirstRow = Annotated[int, Field(description="Row of the file, from 1.", ge=1)]
AfterRow = Annotated[int, Field(description="next_row of the page before.", ge=0)]
AfterEvent = Annotated[int, Field(description="next_id of the page before.", ge=0)]
Wait = Annotated[float, Field(description="Until the job stands still, at most.", ge=0, le=50)]
PageSize = Annotated[int, Field(ge=1, le=PAGE)]
Action = Literal["pause", "resume", "cancel", "retry_failed"]


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """What is wanted. The rows are an upload's, or `rows` themselves."""

    ceiling: Credits
    upload_id: str | None = None
    rows: tuple[Mapping[str, Any], ...] | None = None
    enrichment: str | None = None
    """A kind, or what somebody said they want; None for what the columns suggest."""
    product: str | None = None
    """A kind, tool or vendor's product by its exact name."""
    endpoint: str | None = None
    """An API path that names the kind, for requests that were written for one."""
    mapping: Mapping[str, str] = field(default_factory=dict[str, str])
    """Corrections of what is detected: column by role."""
    per_row: int | None = None
    fresh: bool = False
    webhook: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        """`InvalidInput` unless the rows come from one place."""
        if (self.upload_id is None) == (self.rows is None):
            said = "upload_id and rows are both given" if self.rows is not None else "upload_id is missing"
            raise InvalidInput(
                f"{said}: the rows of a job are those of an upload, or those in rows.",
                field="upload_id",
                fix="Send upload_id or rows, and not both.",
            )
