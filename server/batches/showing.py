"""Jobs as clients see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from server.batches.detection import Fit
from server.batches.files.facts import FileFacts
from server.batches.intake import Intake
from server.batches.kinds import KINDS, Role
from server.batches.mapping import ColumnMapping, wanted
from server.batches.records import Result
from server.domain import shorten
from server.domain.approval import path_of
from server.domain.batch import Batch, Estimate, RowState, Status
from server.domain.bulk_job import (
    DetectedColumn,
    EstimateView,
    FileView,
    FittingEnrichment,
    JobError,
    JobResult,
    JobRow,
    JobRows,
    JobSummary,
    MappingView,
)
from server.domain.download import Export
from server.domain.errors import InvalidInput
from server.domain.money import plain

_LONGEST_CELL = 200
_LONGEST_NAME = 100
_LONGEST_SAMPLE = 60
_COLUMNS = 40
_SAMPLE = 5
_LONGEST_REASON = 300

_NEXT: Mapping[Status, str] = {
    Status.CHECKING: "Its rows are being looked at; get_bulk_job_status shows in a few seconds what comes of that.",
    Status.AWAITING_APPROVAL: "A person has to approve it at approval_url; nothing is spent before, and then it begins "
    "by itself.",
    Status.QUEUED: "It goes on by itself; get_bulk_job_status shows how far it is.",
    Status.RUNNING: "It goes on by itself; get_bulk_job_status shows how far it is.",
    Status.PAUSED: "control_bulk_job resumes or cancels it, once its reason is out of the way.",
    Status.COMPLETED: "export_bulk_job returns the finished file.",
    Status.CANCELLED: "export_bulk_job returns the rows that were done before.",
    Status.FAILED: "Nothing was spent. Correct what the reason names, and submit again.",
}
_RETRY = " control_bulk_job with retry_failed asks the failed rows again."


def next_step(batch: Batch) -> str:
    """What can be done now, in words."""
    retry = _RETRY if batch.failed and batch.status is Status.COMPLETED else ""
    return _NEXT[batch.status] + retry


def after_look(intake: Intake, estimate: EstimateView | None) -> str:
    """What can be done with a file that was looked at."""
    if intake.missing:
        return (
            f"No column is known to hold {' and '.join(intake.missing)}: say in mapping which one does, or choose one "
            "of the others."
        )
    if estimate is None:
        return "Say with per_row_limit how many answers a row may have at most; then there is an estimate."
    if estimate.problems:
        return "It cannot run as it is: see problems."
    return "submit_detected_bulk_job with this upload_id and max_credits begins the job."


def surplus(estimate: Estimate | None) -> tuple[str, ...]:
    """What to tell of rows that have more than the file has columns."""
    if estimate is None or not estimate.ragged:
        return ()
    rows = "A row has" if estimate.ragged == 1 else f"{estimate.ragged:,} rows have"
    return (f"{rows} more than there are columns for; it comes back in a column of its own, weir_surplus.",)


def file(name: str, facts: FileFacts) -> FileView:
    """What is known of a file."""
    columns = tuple(shorten.text(column, _LONGEST_NAME) or "" for column in facts.columns[:_COLUMNS])
    return FileView(name=name, format=facts.format.value, columns=columns, rows=facts.rows)


def mapping(intake: Intake) -> MappingView:
    """Which column feeds which input; where something is missing, those that are known."""
    kind, detection = intake.kind, intake.detection
    names = {role: column.header for role, column in detection.roles.items() if role in wanted(kind)}
    if intake.mapping is not None:
        names = {role: intake.mapping.header[number] for role, number in intake.mapping.columns.items()}
    others = sorted((fit for fit in detection.fits if fit.suffices and fit.kind is not kind), key=_least_sure_last)
    return MappingView(
        enrichment=kind.name,
        columns=tuple(
            DetectedColumn(role=role.value, column=name, confidence=intake.confidence(role))
            for role, name in names.items()
        ),
        missing=tuple(role.value for role in intake.missing),
        notes=() if intake.mapping is None else intake.mapping.notes,
        adds=kind.columns,
        others=tuple(
            FittingEnrichment(enrichment=fit.kind.name, confidence=round(fit.confidence, 2)) for fit in others
        ),
        needs_per_row_limit=kind.cap is not None,
    )


def _least_sure_last(fit: Fit) -> float:
    return -fit.confidence


def sample(facts: FileFacts) -> tuple[dict[str, str], ...]:
    """The first rows, shortened, with the cells that hold something."""
    return tuple(
        _shown(dict(zip(facts.columns[:_COLUMNS], cells, strict=False)), _LONGEST_SAMPLE)
        for cells in facts.sample[:_SAMPLE]
    )


def approval_url(batch: Batch, url: str) -> str | None:
    """Where a person decides about a batch that waits for that."""
    return f"{url}{path_of(batch.approval)}" if batch.status is Status.AWAITING_APPROVAL else None


def instant(at: datetime | None) -> str | None:
    """ISO 8601."""
    return None if at is None else at.isoformat(timespec="seconds")


def in_brief(batch: Batch) -> str:
    """How far it is, for people."""
    return f"{batch.status.value}: {batch.settled} of {batch.rows} rows, {plain(batch.credits):g} credits"


def instant_of(cursor: str | None) -> datetime | None:
    """Where a page of jobs goes on; `InvalidInput` for what no page has said."""
    if cursor is None:
        return None
    try:
        at = datetime.fromisoformat(cursor)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidInput(
            "cursor was not issued by this tool.", field="cursor", fix="Send next_cursor of the page before, or none."
        )
    return at


def result(batch: Batch, export: Export, page: JobRows) -> JobResult:
    """What came of it so far."""
    return JobResult(
        job_id=batch.id,
        status=batch.status.value,
        rows=batch.rows,
        settled=batch.settled,
        found=batch.found,
        columns=export.columns,
        file=export.file,
        first=page.rows,
        next_row=page.next_row,
    )


def summary(batch: Batch) -> JobSummary:
    """One line of a list."""
    return JobSummary(
        job_id=batch.id,
        name=batch.order.name,
        enrichment=batch.order.kind,
        status=batch.status.value,
        rows=batch.rows,
        settled=batch.settled,
        found=batch.found,
        credits=plain(batch.credits),
        max_credits=plain(batch.order.ceiling),
        submitted_by=batch.member,
        submitted_at=batch.created_at.isoformat(timespec="seconds"),
    )


def per_minute(batch: Batch, settled_before: int, now: datetime) -> float | None:
    """Rows per minute since the present run began, when `settled_before` were settled; None where nothing can tell."""
    if batch.started_at is None or batch.status is Status.AWAITING_APPROVAL:
        return None
    span = (batch.finished_at or now) - batch.started_at
    done = batch.settled - settled_before
    return round(done / (span / timedelta(minutes=1)), 1) if span > timedelta(0) and done > 0 else None


def seconds_left(batch: Batch, rate: float | None) -> float | None:
    """Until a running batch is done, by its own rate, and until it has one by the providers' rate limits."""
    if batch.status not in (Status.QUEUED, Status.RUNNING):
        return None
    left = batch.rows - batch.settled
    if rate:
        return round(60 * left / rate, 1)
    # Nothing is known where no provider sets a limit and no row has an answer yet.
    return round(batch.estimate.seconds, 1) or None if batch.estimate is not None else None


def row(batch: Batch, mapping: ColumnMapping, result: Result, given: Sequence[str], *, hidden: bool) -> JobRow:
    """A settled row; without its cells where somebody in it has opted out since."""
    columns = KINDS[batch.order.kind].columns
    names = {role: mapping.header[number] for role, number in mapping.columns.items()}
    return JobRow(
        row=result.row,
        state=RowState.SKIPPED.value if hidden else result.state.value,
        outcome="suppressed" if hidden else result.outcome,
        credits=plain(result.credits),
        given={} if hidden else _shown({names[role]: _cell(given, mapping, role) for role in names}),
        added={} if hidden else _shown(dict(zip(columns, result.cells, strict=False))),
    )


def _cell(given: Sequence[str], mapping: ColumnMapping, role: Role) -> str:
    number = mapping.columns[role]
    return given[number] if number < len(given) else ""


def _shown(cells: Mapping[str, str], longest: int = _LONGEST_CELL) -> dict[str, str]:
    return {
        shorten.text(name, _LONGEST_NAME) or "": shorten.text(cell, longest) or ""
        for name, cell in cells.items()
        if cell
    }


def error(result: Result) -> JobError:
    """Why a row was not answered."""
    reason = shorten.text(result.reason, _LONGEST_REASON) or result.outcome
    return JobError(row=result.row, state=result.state.value, outcome=result.outcome, reason=reason)
