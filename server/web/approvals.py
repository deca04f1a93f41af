"""`/approvals/{id}`: a person decides about one exact piece of spending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from server.approvals import Approvals
from server.batches.batches import Batches
from server.budgets import PER_CALL, PER_MEMBER_DAY, PER_WORKSPACE_MONTH, Budgets
from server.domain import consent as words
from server.domain.approval import Approval, Decision, path_of
from server.domain.batch import Batch
from server.domain.errors import InvalidInput
from server.domain.money import plain
from server.domain.principal import Principal
from server.domain.quote import LimitUse
from server.web.judges import Judge, WrongCode
from server.web.pages import moment
from server.web.refusal import Refusal
from server.web.visit import Visit, Visits, go

_LIMITS = {
    PER_CALL: "One call",
    PER_MEMBER_DAY: "Member, today (UTC)",
    PER_WORKSPACE_MONTH: "Workspace, this month (UTC)",
}
_WRONG = {"code": "This is not the code in the terminal of the server that runs now."}


@dataclass(frozen=True, slots=True)
class Job:
    """How far the bulk job is that an approval is about."""

    id: str
    status: str
    settled: int
    rows: int
    credits: float

    @classmethod
    def of(cls, batch: Batch) -> Job:
        """The job as the page shows it."""
        return cls(batch.id, batch.status.replace("_", " "), batch.settled, batch.rows, plain(batch.credits))


class ApprovalPage:
    """One page for each request; `judge` tells who may decide."""

    def __init__(self, approvals: Approvals, batches: Batches, budgets: Budgets, judge: Judge) -> None:
        self._approvals = approvals
        self._batches = batches
        self._budgets = budgets
        self._judge = judge

    def routes(self, visits: Visits) -> Sequence[Route]:
        """The page and its form."""
        return self._judge.routes(visits, path_of("{id}"), self._show, self._decide)

    async def _show(self, visit: Visit) -> Response:
        return await self._page(visit, await self._found(visit))

    async def _decide(self, visit: Visit) -> Response:
        approval = await self._found(visit)
        fields = await visit.form()
        decision = fields.get("decision")
        if decision not in ("approve", "refuse"):
            raise Refusal("The form says neither yes nor no.", fix="Load the page again.")
        if approval.decision is not Decision.WAITING:
            return await self._page(visit, approval, 409)
        try:
            by = await self._judge.name(visit, approval, fields)
        except WrongCode as wrong:
            if not wrong.last:
                return await self._page(visit, approval, 403, _WRONG)
            decision, by = "refuse", "nobody, after too many wrong codes"
        try:
            await self._batches.decide(approval.id, allowed=decision == "approve", by=by, how="page")
        except InvalidInput:
            return await self._page(visit, await self._found(visit), 409)
        return go(approval.path)

    async def _found(self, visit: Visit) -> Approval:
        approval = await self._approvals.get(visit.request.path_params["id"])
        if approval is None or not await self._judge.may_see(visit, approval):
            raise Refusal(
                "There is nothing here that you could decide.",
                fix="Check the address, and that you are signed in as whoever is asked.",
                status=404,
            )
        return approval

    async def _page(
        self, visit: Visit, approval: Approval, status: int = 200, errors: Mapping[str, str] | None = None
    ) -> Response:
        return visit.page(
            "approval.html",
            status,
            approval=approval,
            title=words.title(approval),
            worst=words.worst_case(approval),
            facts=words.facts(approval)[1:],
            limits=await self._limits(approval),
            until=moment(approval.expires_at),
            asks_code=self._judge.asks_code,
            on_page=self._judge.on_page,
            job=await self._job(approval),
            errors=errors or {},
        )

    async def _limits(self, approval: Approval) -> Sequence[tuple[str, str]]:
        """What the limits leave, in words."""
        used = await self._budgets.usage(Principal(approval.workspace, approval.member, approval.client))
        return [(_LIMITS[one.name], _left(one)) for one in used]

    async def _job(self, approval: Approval) -> Job | None:
        job = approval.proposal.summary.get("batch")
        batch = await self._batches.store.get(str(job)) if job else None
        return None if batch is None else Job.of(batch)


def _left(use: LimitUse) -> str:
    if use.limit is None or use.left is None:
        return "no limit"
    return f"{plain(use.left):,g} of {plain(use.limit):,g} credits left"
