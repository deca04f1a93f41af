"""Webhooks: told of every stop, signed, tried again, and led nowhere."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.batches import records
from server.batches import statements as sql
from server.batches.store import Store
from server.batches.webhook_secrets import WebhookSecrets
from server.batches.webhooks import WAITS, Webhooks, telling
from server.domain.batch import Batch, Order, Status
from server.domain.errors import InvalidInput
from server.domain.money import Credits, Micros
from server.domain.principal import LOCAL
from server.storage.database import Database
from server.upstream.notices import NotDelivered, Notices
from tests.batches.jobs import addresses, jobs
from tests.databases import Clock
from tests.exports.receiver import Notice, Receiver, receiving
from tests.oauth.test_documents import certified

LOOPBACK = "127.0.0.1"


def verified(notice: Notice, secret: str) -> dict[str, Any]:
    """The notice's content, once its signature was checked as docs/bulk.md tells receivers to."""
    stamped, signed = notice.headers["x-weir-signature"].split(",")
    expected = hmac.new(secret.encode(), f"{stamped.removeprefix('t=')}.".encode() + notice.body, sha256).hexdigest()
    assert signed == f"v1={expected}"
    content = json.loads(notice.body)
    assert content["id"] == notice.headers["x-weir-id"]
    return content


async def test_whoever_is_named_is_told_that_a_job_is_done_and_nothing_of_its_rows(tmp_path: Path):
    async with receiving() as receiver, jobs(tmp_path, webhook_hosts=LOOPBACK) as bulk:
        (secret,) = await bulk.weir.weir.operator.run("webhook secret", {"workspace": "default"})
        done = await bulk.run(addresses(3), webhook=f"http://{LOOPBACK}:{receiver.port}/hook", name="ada.csv")
        notice = await asyncio.wait_for(receiver.arrived.get(), 60)
    said = verified(notice, secret["secret"])
    assert notice.headers["content-type"] == "application/json"
    assert {name: value for name, value in said.items() if name not in ("id", "at")} == {
        "event": "bulk_job.completed",
        "job_id": done.id,
        "status": "completed",
        "enrichment": "email_validation",
        "rows": 3,
        "settled": 3,
        "found": 3,
        "failed": 0,
        "skipped": 0,
        "cached": 0,
        "credits": 0.75,
        "usd": 0.018375,
        "max_credits": 10_000.0,
    }
    assert not any(word in notice.body for word in (b"@", b"stripe", b"ada", b"local"))


async def test_a_pause_and_a_cancellation_are_told_each_once(tmp_path: Path):
    async with receiving() as receiver, jobs(tmp_path, webhook_hosts=LOOPBACK) as bulk:
        url = f"http://{LOOPBACK}:{receiver.port}/hook"
        paused = await bulk.run(addresses(40), ceiling=5, webhook=url)
        first = json.loads((await asyncio.wait_for(receiver.arrived.get(), 60)).body)
        await bulk.batches.steer(LOCAL, paused.id, "cancel")
        second = json.loads((await asyncio.wait_for(receiver.arrived.get(), 60)).body)
        told = await bulk.batches.events(LOCAL, paused.id, level="log")
    assert (first["event"], second["event"]) == ("bulk_job.paused", "bulk_job.cancelled")
    assert (first["id"] != second["id"], receiver.arrived.qsize()) == (True, 0)
    assert "webhook delivered" in [event.message for event in told]


async def test_a_host_that_the_operator_names_is_told_over_plain_http_and_no_other(tmp_path: Path):
    order = {"rows": [{"Email": "ada@stripe.com"}], "enrichment": "email_validation", "max_credits": 5}
    async with receiving() as receiver, jobs(tmp_path, webhook_hosts=LOOPBACK) as bulk:
        url = f"http://{LOOPBACK}:{receiver.port}/hook"
        job = await bulk.weir.call("submit_detected_bulk_job", {**order, "webhook_url": url})
        notice = await asyncio.wait_for(receiver.arrived.get(), 20)
        assert json.loads(notice.body)["job_id"] == job["data"]["job_id"]
        for other in (f"http://localhost:{receiver.port}/hook", "http://hooks.example/hook"):
            refused = await bulk.weir.call("submit_detected_bulk_job", {**order, "webhook_url": other})
            assert refused["error"]["field"] == "webhook_url"
            assert "does not start with https://" in refused["error"]["message"]


async def test_a_job_that_waits_for_a_person_says_so_and_where_they_decide(tmp_path: Path):
    async with receiving() as receiver, jobs(tmp_path, webhook_hosts=LOOPBACK, approval_above=1) as bulk:
        waiting = await bulk.run(addresses(40), webhook=f"http://{LOOPBACK}:{receiver.port}/hook")
        asked = json.loads((await asyncio.wait_for(receiver.arrived.get(), 20)).body)
        assert (asked["event"], asked["status"]) == ("bulk_job.awaiting_approval", "awaiting_approval")
        assert (asked["rows"], asked["settled"], asked["credits"]) == (40, 0, 0)
        assert asked["approval"] == f"/approvals/{waiting.approval}"
        async with httpx2.AsyncClient() as http:
            page = await http.get(f"{bulk.weir.url}{asked['approval']}")
        assert (page.status_code, "Approve" in page.text) == (200, True)
        await bulk.batches.decide(waiting.approval, allowed=True, by="local", how="page")
        done = json.loads((await asyncio.wait_for(receiver.arrived.get(), 20)).body)
    assert (done["event"], done["settled"], "approval" in done) == ("bulk_job.completed", 40, False)


async def test_a_job_that_could_tell_nobody_is_not_begun(tmp_path: Path):
    async with jobs(tmp_path) as bulk:
        with pytest.raises(InvalidInput, match="its address names a port") as refused:
            await bulk.submit(addresses(1), webhook="https://hooks.example:8443/hook")
        assert refused.value.field == "webhook_url"
        assert await bulk.batches.list(LOCAL) == ()


async def stopped(database: Database, clock: Clock, url: str) -> tuple[Webhooks, Store]:
    """A batch that could not begin, of which nobody has been told yet, and what delivers notices."""
    store = Store(database, clock, telling(clock), kept=timedelta(days=30))
    batch = Batch(
        id="job_1",
        workspace="default",
        member="local",
        order=Order("email_validation", {}, Credits(1), webhook=url),
        header=("Email",),
        titles=("Email",),
        status=Status.CHECKING,
        credits=Credits(0),
        usd=Micros(0),
        created_at=clock(),
        client="",
        connection="",
        reason="",
        approval="",
        estimate=None,
        rows=0,
        chunks=0,
        done=0,
        found=0,
        failed=0,
        skipped=0,
        cached=0,
        run=0,
        started_at=None,
        finished_at=None,
        expires_at=None,
    )
    await database.write(lambda tx: tx.execute(sql.ADD, **records.written(batch)) and None)
    assert await store.move(batch.id, Status.CHECKING, Status.FAILED, "no rows")
    return Webhooks(store, WebhookSecrets(database, clock), Notices([LOOPBACK]), clock), store


def taken(receiver: Receiver) -> list[Notice]:
    """What has arrived since this was asked last."""
    return [receiver.arrived.get_nowait() for _ in range(receiver.arrived.qsize())]


async def test_a_notice_that_is_not_taken_comes_again_until_it_is(database: Database, clock: Clock):
    async with receiving() as receiver:
        receiver.answers = [500, 302, 404]
        receiver.location = f"http://{LOOPBACK}:{receiver.port}/elsewhere"
        webhooks, store = await stopped(database, clock, f"http://{LOOPBACK}:{receiver.port}/hook")
        attempts: list[Notice] = []
        for wait in (timedelta(0), *WAITS[:3]):
            clock.now += wait - timedelta(seconds=1)
            await webhooks.deliver_due()
            assert not (wait and taken(receiver))
            clock.now += timedelta(seconds=1)
            await webhooks.deliver_due()
            attempts += taken(receiver)
        clock.advance(days=2)
        await webhooks.deliver_due()
        assert taken(receiver) == []
        events = await store.events("job_1", level="log")
    assert len(attempts) == 4
    assert len({one.headers["x-weir-id"] for one in attempts}) == len({one.body for one in attempts}) == 1
    assert len({one.headers["x-weir-signature"] for one in attempts}) == 4
    assert [event.message.partition(";")[0] for event in events] == [
        "webhook not delivered, the server answered with status 500",
        "webhook not delivered, the server answered with status 302",
        "webhook not delivered, the server answered with status 404",
        "webhook delivered",
    ]


async def test_a_notice_that_nobody_takes_is_given_up_after_the_sixth_attempt(database: Database, clock: Clock):
    async with receiving() as receiver:
        receiver.answers = [503] * 20
        webhooks, store = await stopped(database, clock, f"http://{LOOPBACK}:{receiver.port}/hook")
        for wait in (timedelta(0), *WAITS, timedelta(days=9)):
            clock.now += wait
            await webhooks.deliver_due()
        assert len(taken(receiver)) == 6
    last = (await store.events("job_1", level="log"))[-1]
    assert last.message == "webhook given up, the server answered with status 503"


async def test_two_processes_send_a_notice_once(database: Database, clock: Clock):
    async with receiving() as receiver:
        webhooks, store = await stopped(database, clock, f"http://{LOOPBACK}:{receiver.port}/hook")
        other = Webhooks(store, WebhookSecrets(database, clock), Notices([LOOPBACK]), clock)
        await asyncio.gather(*(one.deliver_due() for one in (webhooks, other) * 5))
        assert len(taken(receiver)) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://127.0.0.1/hook", "not on the public internet"),
        ("https://10.0.0.8/hook", "not on the public internet"),
        ("https://169.254.169.254/latest/meta-data", "not on the public internet"),
        ("https://[::1]/hook", "not on the public internet"),
        ("https://[::ffff:127.0.0.1]/hook", "not on the public internet"),
        ("https://inside.example/hook", "not on the public internet"),
        ("http://hooks.example/hook", "does not start with https"),
        ("https://hooks.example:8443/hook", "names a port"),
        ("https://ada@hooks.example/hook", "not a plain URL"),
    ],
)
async def test_a_webhook_leads_nowhere_inside(url: str, why: str):
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["192.168.1.20"] if host == "inside.example" else [host]

    with pytest.raises(NotDelivered, match=why):
        await Notices(["allowed.example"], resolve=resolve).post(url, b"{}", {})


async def test_the_operator_can_name_a_host_inside_and_its_certificate_is_checked(tmp_path: Path):
    async def resolve(host: str, port: int) -> Sequence[str]:
        return [LOOPBACK]

    theirs, ours = certified("hooks.example", tmp_path)
    async with receiving((theirs,)) as receiver:
        notices = Notices(["Hooks.example", "other.example"], resolve=resolve, tls=ours)
        await notices.post(f"https://hooks.example:{receiver.port}/hook", b"{}", {"X-Weir-Id": "evt_1"})
        (notice,) = taken(receiver)
        assert (notice.headers["host"], notice.headers["x-weir-id"]) == (f"hooks.example:{receiver.port}", "evt_1")
        with pytest.raises(NotDelivered, match="cannot be reached"):
            await notices.post(f"https://other.example:{receiver.port}/hook", b"{}", {})


async def test_a_new_secret_takes_the_place_of_the_old_one_and_each_workspace_has_its_own(
    database: Database, clock: Clock
):
    secrets = WebhookSecrets(database, clock)
    first = await asyncio.gather(*(WebhookSecrets(database, clock).of("default") for _ in range(5)))
    assert len(set(first)) == 1
    assert first[0].startswith("whsec_")
    renewed = await secrets.renew("default")
    assert renewed != first[0]
    assert [await secrets.of("default"), await secrets.of("other") == renewed] == [renewed, False]
