"""Consent to spending above the operator's limit: asked for by the server, given by a person, used once.

An approval is bound to one exact proposal of one member, so whoever repeats a call meets the same request, and whoever
changes it meets a new one. Nothing that a model can send decides anything.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import BigInteger, bindparam, delete, exists, insert, or_, select, update

from server.domain.approval import Approval, Decision, Proposal
from server.domain.errors import ApprovalRequired, InvalidInput
from server.domain.money import Credits, plain
from server.domain.principal import Principal
from server.storage.bulk import approvals, batches
from server.storage.database import Database, Statement, Transaction
from server.storage.instant import from_micros, to_micros
from server.storage.statement import Row

KEPT = timedelta(hours=1)
"""How long a request waits for a decision, and how long a decision waits to be used."""

REMEMBERED = timedelta(days=90)
"""How long it is known who allowed or refused what."""

_a = approvals.c
_NOW = bindparam("now", type_=BigInteger)
_COLUMNS = (
    _a.id,
    _a.workspace,
    _a.member,
    _a.client,
    _a.tool,
    _a.binding,
    _a.most,
    _a.summary,
    _a.created_at,
    _a.expires_at,
    _a.decision,
    _a.decided_by,
    _a.decided_how,
)
_INSERT = Statement(insert(approvals).values({column.name: bindparam(column.name) for column in approvals.columns}))
_BY_ID = Statement(select(*_COLUMNS).where(_a.id == bindparam("id")))
_OF_BINDING = Statement(
    select(*_COLUMNS)
    .where(
        _a.workspace == bindparam("workspace"),
        _a.binding == bindparam("binding"),
        _a.member == bindparam("member"),
        _a.connection == bindparam("connection"),
        or_(_a.decision == Decision.WAITING.value, _a.decision == Decision.ALLOWED.value),
        _a.expires_at > _NOW,
    )
    .order_by(_a.created_at.desc())
    .limit(1)
)
_OF_MEMBER = Statement(
    select(*_COLUMNS)
    .where(
        _a.workspace == bindparam("workspace"),
        _a.member == bindparam("member"),
        _a.decision == Decision.WAITING.value,
        _a.expires_at > _NOW,
    )
    .order_by(_a.created_at)
)
_WAITING = Statement(
    select(*_COLUMNS).where(_a.decision == Decision.WAITING.value, _a.expires_at > _NOW).order_by(_a.created_at)
)
_DECIDE = Statement(
    update(approvals)
    .where(_a.id == bindparam("id"), _a.decision == Decision.WAITING.value, _a.expires_at > _NOW)
    .values(
        decision=bindparam("decided"),
        decided_at=_NOW,
        decided_by=bindparam("by"),
        decided_how=bindparam("how"),
        expires_at=bindparam("until"),
    )
    .returning(_a.id)
)
_USE = Statement(
    update(approvals)
    .where(_a.id == bindparam("id"), _a.decision == Decision.ALLOWED.value, _a.expires_at > _NOW)
    .values(decision=Decision.USED.value, used_at=_NOW)
    .returning(_a.id)
)
_SWEEP = Statement(
    delete(approvals).where(
        _a.expires_at < bindparam("before", type_=BigInteger),
        # A job that still waits for one learns from it that its time is over.
        ~exists().where(batches.c.approval == _a.id, batches.c.status == "awaiting_approval").correlate(approvals),
    )
)


class Approvals:
    """The approvals of all workspaces."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def require(self, proposal: Proposal, principal: Principal) -> Approval:
        """The approval that allows `proposal` now; `ApprovalRequired` with the one that waits where there is none."""
        approval = await self._database.write(partial(self._find_or_ask, proposal=proposal, principal=principal))
        if approval.decision is not Decision.ALLOWED:
            raise refusal(approval)
        return approval

    def use(self, tx: Transaction, approval: Approval) -> None:
        """Spend an approval, in the transaction that holds the money; `ApprovalRequired` where it was used already."""
        if not tx.execute(_USE, id=approval.id, now=to_micros(self._clock())):
            raise refusal(approval)

    async def get(self, approval_id: str) -> Approval | None:
        """The request of that id, expired or not."""
        rows = await self._database.read(_BY_ID, id=approval_id)
        return self._read(rows[0]) if rows else None

    async def waiting(self, workspace: str, member: str) -> tuple[Approval, ...]:
        """What a member is asked to decide."""
        now = to_micros(self._clock())
        rows = await self._database.read(_OF_MEMBER, workspace=workspace, member=member, now=now)
        return tuple(self._read(row) for row in rows)

    async def everywhere(self) -> tuple[Approval, ...]:
        """What waits for a decision in all workspaces, the oldest first."""
        rows = await self._database.read(_WAITING, now=to_micros(self._clock()))
        return tuple(self._read(row) for row in rows)

    async def decide(self, approval_id: str, *, allowed: bool, by: str, how: str) -> Approval:
        """Record what a person decided; `InvalidInput` where there is nothing left to decide."""
        now = self._clock()
        decided = await self._database.write(
            lambda tx: tx.execute(
                _DECIDE,
                id=approval_id,
                now=to_micros(now),
                decided=(Decision.ALLOWED if allowed else Decision.REFUSED).value,
                by=by,
                how=how,
                until=to_micros(now + KEPT),
            )
        )
        approval = await self.get(approval_id)
        if approval is None or not decided:
            raise InvalidInput(
                "There is nothing to decide here: this request was decided already, has expired, or never was.",
                field="approval",
                fix="Repeat the call that asked for it; it makes a new request where one is needed.",
            )
        return approval

    async def sweep(self) -> None:
        """Forget what was decided, or expired, so long ago that nobody asks who spent it."""
        before = to_micros(self._clock() - REMEMBERED)
        await self._database.write(lambda tx: tx.execute(_SWEEP, before=before))

    def _find_or_ask(self, tx: Transaction, *, proposal: Proposal, principal: Principal) -> Approval:
        now = self._clock()
        rows = tx.execute(
            _OF_BINDING,
            workspace=principal.workspace,
            binding=proposal.binding,
            member=principal.member,
            connection=principal.grant.id,
            now=to_micros(now),
        )
        return self._read(rows[0]) if rows else self._ask(tx, proposal, principal, now)

    def _ask(self, tx: Transaction, proposal: Proposal, principal: Principal, now: datetime) -> Approval:
        approval = Approval(
            # No dash in front, which the shell's commands would take for an option.
            id=secrets.token_hex(32),
            workspace=principal.workspace,
            member=principal.member,
            client=principal.client,
            proposal=proposal,
            created_at=now,
            expires_at=now + KEPT,
            decision=Decision.WAITING,
        )
        tx.execute(
            _INSERT,
            id=approval.id,
            workspace=approval.workspace,
            member=approval.member,
            connection=principal.grant.id,
            client=approval.client,
            tool=proposal.tool,
            binding=proposal.binding,
            most=proposal.most,
            summary=json.dumps(dict(proposal.summary), ensure_ascii=False),
            created_at=to_micros(now),
            expires_at=to_micros(approval.expires_at),
            decision=approval.decision.value,
            decided_at=None,
            decided_by=None,
            decided_how=None,
            used_at=None,
        )
        return approval

    def _read(self, row: Row) -> Approval:
        approval_id, workspace, member, client, tool, binding, most, summary, created, expires, decision, by, how = row
        proposal = Proposal(tool, binding, Credits(most), json.loads(summary))
        approval = Approval(
            approval_id,
            workspace,
            member,
            client,
            proposal,
            from_micros(created),
            from_micros(expires),
            Decision(decision),
            by,
            how,
        )
        lapsed = approval.decision in (Decision.WAITING, Decision.ALLOWED) and self._clock() >= approval.expires_at
        return replace(approval, decision=Decision.EXPIRED) if lapsed else approval


def refusal(approval: Approval) -> ApprovalRequired:
    """What the caller is told until a person has decided."""
    return ApprovalRequired(
        f"This may cost up to {plain(approval.proposal.most):g} credits, and a person has to approve it first.",
        approval=approval,
        fix="Give the person the page approval_url, and repeat the same call once they have approved; or ask for less.",
    )
