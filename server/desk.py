"""Bulk jobs as tools ask for them, on behalf of one principal."""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from server.batches import showing
from server.batches.asking import Asking
from server.batches.batches import Batches
from server.batches.export import Exports
from server.batches.intake import Intake, estimate, meant, ordered, table, take_in
from server.batches.kinds import kind_of
from server.batches.progress import Progress
from server.batches.sources import Source
from server.batches.uploads import MOST_BYTES, Upload, Uploads
from server.batches.waiting import MOST as MOST_WAITING
from server.batches.withheld import withheld
from server.domain.approval import Approval
from server.domain.batch import Batch, Estimate, Status
from server.domain.bulk_job import (
    BulkUpload,
    EstimateView,
    JobErrors,
    JobEvent,
    JobEvents,
    JobPage,
    JobResult,
    JobRows,
    JobStatus,
    JobSummary,
    SubmittedJob,
)
from server.domain.bulk_order import INLINE_ROWS, PAGE, BulkOrder
from server.domain.download import Export
from server.domain.errors import InsufficientScope, InvalidInput, WeirError
from server.domain.money import FREE, Cost, Credits, Micros, plain
from server.domain.principal import Principal, Scope
from server.domain.progress import Report
from server.domain.quote import Quote, QuotedStep
from server.engine import Engine
from server.proposals import fingerprint
from server.upstream import Upstream

_PATIENCE = 5.0
"""Seconds that a submission waits for the look at its rows, so that its answer says how many there are."""

_LOOK_AGAIN = 0.05
_PACE = 1.0
"""Seconds between two looks at a job that somebody waits for."""

_STANDING = frozenset({*(status for status in Status if status.over), Status.PAUSED, Status.AWAITING_APPROVAL})
_BRING = (
    "Open upload_url in a browser and drop the file there, or send it with the curl command; then go on with "
    "resolve_bulk_upload_mapping."
)
_NOT_THERE = "The file has not arrived yet. Bring it by the upload link, and ask again."
_REFUSED = "A file was brought that is of no use: {} The same upload link takes another one."
_NOT_WAITED = (
    f"This answer did not wait, because {MOST_WAITING} calls wait for jobs already; once one of those is answered, the "
    "next can wait."
)
_EVENTS = 50
_JOBS = 20


class Office(Protocol):
    """The parts of the product that bulk jobs need."""

    @property
    def engine(self) -> Engine: ...
    @property
    def upstream(self) -> Upstream: ...
    @property
    def batches(self) -> Batches: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def exports(self) -> Exports: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """`server.edge.bulk.Bulk` over the product in this process; `url` is where people reach it."""

    principal: Principal
    office: Office
    url: str

    @property
    def _progress(self) -> Progress:
        return Progress(self.office.batches, self.office.engine, self.office.upstream, self.url)

    async def open_upload(self, enrichment: str | None, file_name: str | None) -> BulkUpload:
        """A link under which one file can be brought."""
        opened = await self.office.uploads.open(self.principal, _kind(enrichment), file_name)
        url = f"{self.url}/uploads/{opened.ticket}"
        return BulkUpload(
            upload_id=opened.upload_id,
            next=_BRING,
            upload_url=url,
            curl=f"curl -T {shlex.quote(file_name or 'rows.csv')} {url}",
            expires_at=opened.expires_at.isoformat(timespec="seconds"),
            max_bytes=MOST_BYTES,
        )

    async def attach(self, text: str, enrichment: str | None, file_name: str | None) -> BulkUpload:
        """Keep a small CSV file, and tell what can be made of it."""
        upload = await self.office.uploads.keep(self.principal, text.encode(), _kind(enrichment), file_name)
        try:
            await self._refuse_long(upload.id)
            return await self.examine(upload.id, None, {}, None)
        except InvalidInput:
            # Nobody learns its id, and it would count as open for a day.
            await self.office.uploads.drop(upload.id)
            raise

    async def _refuse_long(self, upload_id: str) -> None:
        facts = (await self.office.batches.sources.open(upload_id)).facts
        if facts.rows is None or facts.rows > INLINE_ROWS:
            raise InvalidInput(
                f"rows_text has more than {INLINE_ROWS} rows.",
                field="rows_text",
                fix="Leave rows_text out, and bring the file by the upload link.",
            )

    async def examine(
        self, upload_id: str, enrichment: str | None, mapping: Mapping[str, str], per_row: int | None
    ) -> BulkUpload:
        """What can be made of an upload's file, and what it would cost."""
        upload = await self.office.uploads.get(self.principal, upload_id)
        if upload.status.open:
            until = upload.expires_at.isoformat(timespec="seconds")
            said = _REFUSED.format(upload.refusal) if upload.refusal else _NOT_THERE
            return BulkUpload(upload_id=upload.id, next=said, expires_at=until, max_bytes=MOST_BYTES)
        source = await self.office.batches.sources.open(upload.id)
        asked = BulkOrder(Credits(0), upload.id, enrichment=enrichment, mapping=mapping, per_row=per_row)
        intake = take_in(source.facts, asked, upload.kind)
        estimated, found = None, None
        if intake.mapping is not None and (per_row is not None or intake.kind.cap is None):
            order = ordered(asked, intake, upload.name)
            found, in_part = await estimate(self.office.batches, self.principal, order, source)
            estimated = await self._estimated(found, found.total_most, partial=in_part)
        return BulkUpload(
            upload_id=upload.id,
            next=showing.after_look(intake, estimated),
            file=showing.file(upload.name, source.facts),
            mapping=showing.mapping(intake),
            sample=showing.sample(source.facts),
            estimate=estimated,
            warnings=(*source.facts.warnings, *showing.surplus(found)),
        )

    async def submit(self, asked: BulkOrder) -> SubmittedJob:
        """Begin a job, and wait a moment for the look at its rows."""
        request = fingerprint(asdict(asked))
        earlier = await self.office.batches.repeated(self.principal, request)
        batch, new = (earlier, False) if earlier is not None else await self._begin(asked, request)
        warnings = () if new else ("The same job was submitted a moment ago; this is that one, and not a second.",)
        return self._submitted(await self._looked_at(batch), warnings)

    async def submitted(self, job_id: str) -> SubmittedJob:
        """A job that was submitted before."""
        return self._submitted(await self.office.batches.get(self.principal, job_id), ())

    async def approval_of(self, job_id: str) -> Approval | None:
        """The approval that a job waits for."""
        batch = await self.office.batches.get(self.principal, job_id)
        if batch.status is not Status.AWAITING_APPROVAL:
            return None
        return await self.office.engine.books.approvals.get(batch.approval)

    def _submitted(self, batch: Batch, warnings: tuple[str, ...]) -> SubmittedJob:
        estimated = batch.estimate
        return SubmittedJob(
            job_id=batch.id,
            status=batch.status.value,
            enrichment=batch.order.kind,
            max_credits=plain(batch.order.ceiling),
            next=showing.next_step(batch),
            reason=batch.reason or None,
            rows=None if estimated is None else estimated.rows,
            expected_credits=None if estimated is None else plain(estimated.total_expected),
            approval_url=showing.approval_url(batch, self.url),
            warnings=warnings,
        )

    async def quote(self, asked: BulkOrder) -> Quote:
        """What the job would cost; its ceiling bounds what each provider can get."""
        async with self._opened(asked) as (source, intake, name):
            try:
                order = ordered(asked, intake, name)
                found, in_part = await estimate(self.office.batches, self.principal, order, source)
            finally:
                self._discard(asked, source)
        # Of a long file only the beginning was looked at, so that only the ceiling bounds its bill.
        worst = dict.fromkeys(found.most, asked.ceiling) if in_part else _within(asked.ceiling, found.most)
        usual = _within(asked.ceiling, found.expected)
        most = asked.ceiling if in_part else Credits(min(found.total_most, asked.ceiling))
        return Quote(
            tuple(
                QuotedStep(provider, order.kind, usual.get(provider, FREE), amount, miss=FREE)
                for provider, amount in worst.items()
            ),
            self._cost(usual, found.usd_expected),
            self._cost(worst, found.usd_most),
            await self.office.engine.books.budgets.usage(self.principal),
            needs_approval=await self.office.batches.needs_approval(self.principal, most),
        )

    async def jobs(self, status: str | None, enrichment: str | None, cursor: str | None) -> JobPage:
        """A page of the workspace's jobs."""
        kind = "" if enrichment is None else kind_of(product=enrichment).name
        found = await self.office.batches.list(
            self.principal, status=status or "", kind=kind, before=showing.instant_of(cursor), most=_JOBS + 1
        )
        page = found[:_JOBS]
        return JobPage(
            jobs=tuple(map(showing.summary, page)),
            next_cursor=page[-1].created_at.isoformat() if len(found) > _JOBS else None,
        )

    async def status(self, job_id: str) -> JobStatus:
        """A job as it stands."""
        batch = await self.office.batches.get(self.principal, job_id)
        estimated = None if batch.estimate is None else await self._estimated(batch.estimate, batch.order.ceiling)
        return await self._progress.of(batch, estimated)

    async def awaited(self, job_id: str, seconds: float, report: Report) -> JobStatus:
        """A job once it stands still; at once, with a warning, where too many calls of the member wait already."""
        with self.office.batches.waiting.call(self.principal, seconds) as allowed:
            status = await self._awaited(job_id, allowed, report)
        return status if allowed == seconds else status.model_copy(update={"warnings": (_NOT_WAITED,)})

    async def _awaited(self, job_id: str, seconds: float, report: Report) -> JobStatus:
        """Looks once a second."""
        until = time.monotonic() + seconds
        while True:
            batch = await self.office.batches.get(self.principal, job_id)
            await report(batch.settled, batch.rows or None, showing.in_brief(batch))
            left = until - time.monotonic()
            if batch.status in _STANDING or left <= 0:
                return await self.status(job_id)
            await asyncio.sleep(min(_PACE, left))

    async def summary(self, job_id: str) -> JobSummary:
        """A job's state and counts."""
        return showing.summary(await self.office.batches.get(self.principal, job_id))

    async def rows(self, job_id: str, first: int, most: int) -> JobRows:
        """Settled rows, without those of people who have opted out since."""
        batches, suppression = self.office.batches, self.office.engine.suppression
        batch = await batches.get(self.principal, job_id)
        mapping = Asking.of(batch).mapping
        results = await batches.rows(self.principal, job_id, first, most)
        given = await batches.given(batch, first, most)
        shown = tuple(
            showing.row(
                batch,
                mapping,
                result,
                cells,
                hidden=withheld(suppression, batch.workspace, (*cells, *result.cells)),
            )
            for result in results
            if (cells := given.get(result.row)) is not None
        )
        end = first + most
        return JobRows(job_id=batch.id, rows=shown, next_row=end if end <= batch.rows else None)

    async def result(self, job_id: str) -> JobResult:
        """The first settled rows, and a link whose file is written when it is fetched."""
        export = await self.office.exports.link(self.principal, job_id, "csv", self.url, at_once=False)
        batch = await self.office.batches.get(self.principal, job_id)
        return showing.result(batch, export, await self.rows(job_id, 1, PAGE))

    async def errors(self, job_id: str, after: int) -> JobErrors:
        """Failed and skipped rows."""
        batch = await self.office.batches.get(self.principal, job_id)
        found = await self.office.batches.failures(self.principal, job_id, after, PAGE + 1, skipped=True)
        page = found[:PAGE]
        return JobErrors(
            job_id=batch.id,
            failed=batch.failed,
            skipped=batch.skipped,
            errors=tuple(map(showing.error, page)),
            next_row=page[-1].row if len(found) > PAGE else None,
        )

    async def events(self, job_id: str, after: int, *, everything: bool) -> JobEvents:
        """What happened."""
        found = await self.office.batches.events(
            self.principal, job_id, after=after, most=_EVENTS + 1, level="" if everything else "event"
        )
        page = found[:_EVENTS]
        return JobEvents(
            job_id=job_id,
            events=tuple(map(JobEvent.of, page)),
            next_id=page[-1].id if len(found) > _EVENTS else None,
        )

    async def control(self, job_id: str, action: str) -> JobStatus:
        """Steer a job, for its submitter and for administrators."""
        batch = await self.office.batches.get(self.principal, job_id)
        if batch.member != self.principal.member and Scope.ADMIN not in self.principal.grant.scopes:
            raise InsufficientScope(
                "The job was submitted by somebody else.",
                field="job_id",
                fix=f"Ask {batch.member} or an administrator of the workspace.",
            )
        await self.office.batches.steer(self.principal, job_id, "retry" if action == "retry_failed" else action)
        return await self.status(job_id)

    async def export(self, job_id: str, written_as: str) -> Export:
        """The finished file."""
        return await self.office.exports.link(self.principal, job_id, written_as, self.url)

    @asynccontextmanager
    async def _opened(self, asked: BulkOrder) -> AsyncGenerator[tuple[Source, Intake, str]]:
        """The rows of an order, what can be made of them, and what their file is called."""
        sources = self.office.batches.sources
        if asked.upload_id is not None:
            upload = await self._arrived(asked.upload_id)
            source = await sources.open(upload.id)
            yield source, take_in(source.facts, asked, upload.kind), upload.name
            return
        header, cells = table(asked.rows or ())
        if not any(cell.strip() for row in cells for cell in row):
            raise InvalidInput("All rows are blank.", field="rows", fix="Send rows with something to ask about.")
        source = await sources.open(await sources.keep(header, cells))
        try:
            yield source, take_in(source.facts, asked), _counted(len(cells))
        except WeirError:
            self._discard(asked, source)
            raise

    async def _arrived(self, upload_id: str) -> Upload:
        upload = await self.office.uploads.get(self.principal, upload_id)
        if upload.status.open:
            raise InvalidInput("upload_id is of an upload whose file has not arrived.", field="upload_id", fix=_BRING)
        return upload

    def _discard(self, asked: BulkOrder, source: Source) -> None:
        """Let go of rows that were sent along and come to nothing; an upload waits for another try."""
        if asked.rows is not None:
            self.office.batches.sources.forget(source.id)

    async def _begin(self, asked: BulkOrder, request: str) -> tuple[Batch, bool]:
        """A job; False with that of another replica which got the same request in the same moment."""
        async with self._opened(asked) as (source, intake, name):
            order = replace(ordered(asked, intake, name), request=request)
            batch, new = await self.office.batches.submit_once(self.principal, order, source)
        if not new:
            self._discard(asked, source)
        elif asked.upload_id is not None:
            await self.office.uploads.use(asked.upload_id, batch.id)
        return batch, new

    async def _looked_at(self, batch: Batch) -> Batch:
        until = time.monotonic() + _PATIENCE
        while batch.status is Status.CHECKING and time.monotonic() < until:
            await asyncio.sleep(_LOOK_AGAIN)
            batch = await self.office.batches.get(self.principal, batch.id)
        return batch

    async def _estimated(self, found: Estimate, ceiling: Credits, *, partial: bool = False) -> EstimateView:
        most = Credits(min(found.total_most, ceiling))
        return EstimateView.of(
            found,
            self._cost(found.expected, found.usd_expected),
            self._cost(found.most, found.usd_most),
            needs_approval=await self.office.batches.needs_approval(self.principal, most),
            partial=partial,
        )

    def _cost(self, credits: Mapping[str, Credits], usd: Micros) -> Cost:
        per_credit = self.office.engine.catalog.per_credit
        unpriced = frozenset(name for name, amount in credits.items() if amount and per_credit(name) is None)
        return Cost(credits, usd, unpriced)


def _kind(said: str | None) -> str | None:
    """The enrichment that somebody named in words of their own."""
    return None if said is None else meant(said).name


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"


def _within(ceiling: Credits, amounts: Mapping[str, Credits]) -> dict[str, Credits]:
    return {name: Credits(min(amount, ceiling)) for name, amount in amounts.items()}
