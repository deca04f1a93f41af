"""How far a job is, and what holds it up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import isinf

from server.batches import showing
from server.batches.batches import Batches
from server.batches.export import has_rows
from server.batches.standing import standing
from server.domain.batch import Batch, Status
from server.domain.bulk_job import EstimateView, JobStatus, ProviderPace
from server.domain.money import plain
from server.engine import Engine
from server.upstream import Upstream

_EVENTS = 50
"""Among so many of the last events is the beginning of the present run."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Reports on jobs; `url` is where people reach the server."""

    batches: Batches
    engine: Engine
    upstream: Upstream
    url: str

    async def of(self, batch: Batch, estimate: EstimateView | None) -> JobStatus:
        """`batch` as it stands by now."""
        batch, outcomes = await standing(self.batches.store.database, batch)
        rate = showing.per_minute(batch, await self._settled_before(batch), datetime.now(UTC))
        return JobStatus(
            job_id=batch.id,
            name=batch.order.name,
            enrichment=batch.order.kind,
            status=batch.status.value,
            next=showing.next_step(batch),
            submitted_by=batch.member,
            submitted_at=batch.created_at.isoformat(timespec="seconds"),
            rows=batch.rows,
            settled=batch.settled,
            percent=round(100 * batch.settled / batch.rows, 1) if batch.rows else 0.0,
            found=batch.found,
            failed=batch.failed,
            skipped=batch.skipped,
            cached=batch.cached,
            outcomes=outcomes,
            credits=plain(batch.credits),
            usd=batch.usd / 1_000_000,
            max_credits=plain(batch.order.ceiling),
            providers=self._providers(batch),
            reason=batch.reason or None,
            approval_url=showing.approval_url(batch, self.url),
            queue_position=await self.batches.store.ahead_of(batch) if batch.status is Status.QUEUED else None,
            rows_per_minute=rate,
            seconds_left=showing.seconds_left(batch, rate),
            started_at=showing.instant(batch.started_at),
            finished_at=showing.instant(batch.finished_at),
            kept_until=showing.instant(batch.expires_at),
            estimate=estimate,
            resource=f"weir://bulk-jobs/{batch.id}",
            result_resource=f"weir://bulk-jobs/{batch.id}/result" if has_rows(batch) else None,
        )

    async def _settled_before(self, batch: Batch) -> int:
        """How many rows were settled when the present run began."""
        if batch.run <= 1:
            return 0
        events = await self.batches.store.newest_events(batch.id, most=_EVENTS)
        begun = [event for event in events if "settled" in event.detail]
        return int(begun[-1].detail["settled"]) if begun else batch.settled

    def _providers(self, batch: Batch) -> tuple[ProviderPace, ...]:
        """How the providers that the job may ask keep up."""
        names = batch.estimate.most if batch.estimate is not None else ()
        limits = self.engine.per_minute()
        return tuple(self._provider(name, limits.get(name)) for name in names)

    def _provider(self, name: str, limit: float | None) -> ProviderPace:
        health = self.upstream.health(name)
        return ProviderPace(
            provider=name,
            state=health.state.value,
            waits_seconds=round(max(health.retry_in, health.paused_for), 1),
            requests_per_minute=None if limit is None or isinf(limit) else limit,
            # The code alone: what a provider says in words is for operators.
            last_error=None if health.last_error is None else health.last_error.partition(":")[0],
        )
