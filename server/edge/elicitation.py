"""Asks the person in front of a client for their approval, where the client can show them a form.

Since 2026-07-28 the call is answered with the question, and the client repeats the call with the person's answer and a
sealed state. In the era of `initialize` the question is a request of the server's, while the call waits.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Protocol

import mcp_types as types
from mcp.shared.exceptions import MCPError

from server.approvals import refusal
from server.domain import consent as words
from server.domain.approval import Approval
from server.domain.bulk_job import SubmittedJob
from server.domain.bulk_order import BulkOrder
from server.domain.errors import ApprovalRefused
from server.edge.bulk import Bulk
from server.edge.context import Context, is_modern, is_widgets, principal_of
from server.edge.sealing import VALID, Seals

_KEY = "approval"
_FIELD = "approve"

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        _FIELD: {
            "type": "boolean",
            "title": "Approve this spending",
            "description": "Yes lets exactly this call run once. No refuses it.",
        }
    },
    "required": [_FIELD],
}


class Decide(Protocol):
    """Records what a person decided; `InvalidInput` where there is nothing left to decide."""

    async def __call__(self, approval_id: str, *, allowed: bool, by: str, how: str) -> Approval:
        """Record it, and let go on what waited for it."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client brings back from an earlier round: the state that was sealed for it, and the person's answer."""

    state: str
    answer: types.ElicitResult


def reply_in(params: types.CallToolRequestParams) -> Reply | None:
    """The reply that a call carries; None for a first round, and for an answer to nothing that was asked."""
    answer = (params.input_responses or {}).get(_KEY)
    if params.request_state is None or not isinstance(answer, types.ElicitResult):
        return None
    return Reply(params.request_state, answer)


class Question(Exception):
    """The call is answered with a question; `result` is what the client gets."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__("a person is asked")
        self.result = result


class Consent(Protocol):
    """What a person may be asked about one call."""

    @property
    def possible(self) -> bool:
        """Whether anybody can be asked."""
        ...

    async def settle(self) -> str:
        """Record the answer that the call brings, if it brings one; the bulk job that the question was about, or "".

        `ApprovalRefused` where the person does not want it, `InvalidInput` where there is nothing left to decide.
        """
        ...

    async def ask(self, approval: Approval, job: str = "") -> None:
        """Return once the person has approved; `Question` where the client has to be answered with the question.

        `ApprovalRefused` where they have refused, `ApprovalRequired` where nobody answers. `job` is the bulk job that
        waits for it.
        """
        ...


class _Nobody:
    """There is no client, such as on the command line."""

    possible = False

    async def settle(self) -> str:
        return ""

    async def ask(self, approval: Approval, job: str = "") -> None:
        raise refusal(approval)


NOBODY: Consent = _Nobody()


class _Client:
    """Whoever is in front of the client that sent a request."""

    def __init__(self, decide: Decide, ctx: Context, reply: Reply | None) -> None:
        self._decide = decide
        self._ctx = ctx
        self._reply = reply

    @property
    def possible(self) -> bool:
        session = self._ctx.session
        if is_widgets(self._ctx):
            # The widget has a link to the page of approvals; a question would reach neither it nor the host's model.
            return False
        return _shows_forms(session.client_capabilities) and (is_modern(self._ctx) or session.can_send_request)

    async def settle(self) -> str:
        reply = self._reply
        if reply is None or not is_modern(self._ctx) or not self.possible:
            return ""
        approval_id, job = json.loads(reply.state)
        await self._record(approval_id, reply.answer)
        return job

    async def ask(self, approval: Approval, job: str = "") -> None:
        ctx = self._ctx
        if is_modern(ctx):
            raise Question(_asked(approval, job))
        try:
            async with asyncio.timeout(VALID):
                answer = await ctx.session.elicit_form(question(approval), _SCHEMA, ctx.request_id)
        except (TimeoutError, MCPError) as nobody:
            raise refusal(approval) from nobody
        await self._record(approval.id, answer)

    async def _record(self, approval_id: str, answer: types.ElicitResult) -> None:
        allowed = answer.action == "accept" and (answer.content or {}).get(_FIELD) is True
        await self._decide(approval_id, allowed=allowed, by=principal_of(self._ctx).member, how="elicitation")
        if not allowed:
            raise ApprovalRefused(
                "A person was asked and did not approve this call. Nothing was spent.",
                fix="Do not repeat it unless they ask for it; or ask for less.",
            )


@dataclass(frozen=True, slots=True)
class Elicitation:
    """How people are asked: on forms that their client shows, and on pages under `url`."""

    url: str
    decide: Decide
    seals: Seals

    def consent(self, ctx: Context, reply: Reply | None) -> Consent:
        """What the person behind a request may be asked; `reply` is what the request brings from an earlier round."""
        return _Client(self.decide, ctx, reply)


async def consented(bulk: Bulk, order: BulkOrder, consent: Consent) -> SubmittedJob:
    """Submit a bulk job, and have the person asked where it waits for them and they are there."""
    submitted = await bulk.submit(order)
    approval = await bulk.approval_of(submitted.job_id) if consent.possible else None
    if approval is None:
        return submitted
    await consent.ask(approval, submitted.job_id)
    return await bulk.submitted(submitted.job_id)


def question(approval: Approval) -> str:
    """What the person is asked, line by line."""
    lines = [f"{name}: {'; '.join(found)}" for name, found in words.facts(approval)]
    return "\n".join(["An assistant wants to spend provider credits. Approve?", "", *lines])


def _asked(approval: Approval, job: str) -> dict[str, Any]:
    form = {"mode": "form", "message": question(approval), "requestedSchema": _SCHEMA}
    return {
        "resultType": "input_required",
        "inputRequests": {_KEY: {"method": "elicitation/create", "params": form}},
        "requestState": json.dumps([approval.id, job]),
    }


def _shows_forms(declared: types.ClientCapabilities | None) -> bool:
    elicitation = None if declared is None else declared.elicitation
    # An empty declaration, from before there were modes, means forms.
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)
