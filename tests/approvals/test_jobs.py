"""A job that waits begins when it is approved, whatever happens to the process that was told."""

from __future__ import annotations

import asyncio

from server.domain.approval import Decision
from server.domain.batch import Status
from tests.approvals.spending import addresses, call, finished, found
from tests.serving import Served

JOB = {"rows": addresses(30), "enrichment": "email_validation", "max_credits": 40}


async def test_a_job_begins_whose_approval_was_used_by_a_process_that_died_then(weir: Served) -> None:
    waiting = (await call(weir, "submit_detected_bulk_job", JOB, era="modern"))["data"]
    books = weir.weir.engine.books
    approval_id = waiting["approval_url"].rpartition("/")[2]
    allowed = await books.approvals.decide(approval_id, allowed=True, by="ada", how="page")
    await books.database.write(lambda tx: books.approvals.use(tx, allowed))
    done = await finished(weir, waiting["job_id"])
    assert (done.status, done.done) == (Status.COMPLETED, 30)
    assert await weir.bill() == {"leadmagic": 7.5}


async def test_a_decision_that_several_notice_at_once_begins_the_job_once(weir: Served) -> None:
    waiting = (await call(weir, "submit_detected_bulk_job", JOB, era="modern"))["data"]
    approval_id = waiting["approval_url"].rpartition("/")[2]
    first = weir.weir.batches.decide(approval_id, allowed=True, by="ada", how="page")
    others = [weir.weir.batches.decide(approval_id, allowed=False, by="bob", how="page") for _ in range(4)]
    decided = await asyncio.gather(first, *others, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in decided) == 1
    approval = await found(weir, approval_id)
    done = await finished(weir, waiting["job_id"])
    expected = {Decision.USED: (Status.COMPLETED, 30), Decision.REFUSED: (Status.CANCELLED, 0)}
    assert (done.status, done.done) == expected[approval.decision]
