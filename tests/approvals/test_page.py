"""`/approvals/{id}`, in a real browser and by hand."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import bindparam, update

from server import app
from server.domain.approval import Approval, Decision
from server.domain.batch import Status
from server.domain.principal import LOCAL
from server.settings import load
from server.storage.bulk import approvals
from server.storage.database import Statement
from tests.approvals.spending import COST, THIRTY, addresses, asked, call, finished, found, keyed, spent
from tests.pages.forms import form, forms, sign_in, sign_in_with
from tests.serving import CODE, Served

PHONE = {"width": 360, "height": 740}
_EXPIRE = Statement(update(approvals).where(approvals.c.id == bindparam("which")).values(expires_at=1))


async def at(browser: Browser, weir: Served, approval: Approval, email: str = "", **options: Any) -> Page:
    """The page in a browser of its own without scripts, signed in as somebody."""
    context = await browser.new_context(java_script_enabled=False, **options)
    page = await context.new_page()
    url = f"{weir.url}{approval.path}"
    await (sign_in_with(page, url, email) if email else page.goto(url))
    return page


async def heading(page: Page) -> str:
    """What the page says first."""
    return await page.get_by_role("heading", level=1).inner_text()


async def expire(weir: Served, approval: Approval) -> None:
    """Let an hour pass for a request."""
    await weir.weir.engine.books.database.write(lambda tx: tx.execute(_EXPIRE, which=approval.id))


async def test_a_member_reads_what_is_asked_and_approves_it(firm: Served, browser: Browser) -> None:
    async with keyed(firm, "bob@example.com") as (client, _):
        refused = await client.call_tool("find_company_employees", dict(THIRTY))
        assert refused.structured_content is not None
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await sign_in_with(page, refused.structured_content["error"]["approval_url"], "bob@example.com")
        assert await heading(page) == "Spend up to 33 credits (the price in dollars is not known)?"
        text = await page.get_by_role("main").inner_text()
        for line in (
            "find_company_employees",
            "list employees: leadiq (up to 3 credits) then leadmagic (up to 30 credits)",
            '"company_domain": "stripe.com"',
            "bob@example.com in the workspace default",
            "mcp",
            "500 of 500 credits left",
            "5,000 of 5,000 credits left",
        ):
            assert line in text
        assert await page.get_by_label("Code").count() == 0, "whoever has signed in needs no code"
        await page.get_by_role("button", name="Approve").click()
        assert "repeat the same call" in await page.get_by_role("status").inner_text()
        done = await client.call_tool("find_company_employees", dict(THIRTY))
        assert done.structured_content is not None
        assert done.structured_content["outcome"] == "found"
        await page.reload()
        assert "has been carried out" in await page.get_by_role("status").inner_text()
        await context.close()
    assert await firm.bill() == COST
    (approval_id,) = await spent(firm)
    used = await found(firm, approval_id)
    assert (used.decided_by, used.decided_how) == ("bob@example.com", "page")


async def test_an_administrator_decides_for_members(firm: Served, browser: Browser) -> None:
    approval = await asked(firm, email="bob@example.com")
    page = await at(browser, firm, approval, "ada@example.com")
    await page.get_by_role("button", name="Refuse").click()
    assert await heading(page) == "Refused"
    assert "refused by ada@example.com" in await page.get_by_role("status").inner_text()
    refused = await found(firm, approval.id)
    assert (refused.decision, refused.decided_by) == (Decision.REFUSED, "ada@example.com")
    await page.context.close()


@pytest.mark.parametrize("email", ["eve@example.com", "carl@example.com"])
async def test_nobody_else_sees_or_decides_it(firm: Served, email: str) -> None:
    mine = await asked(firm, email="bob@example.com")
    async with httpx2.AsyncClient(base_url=firm.url) as http:
        await sign_in(http, email)
        page = await http.get(mine.path)
        assert page.status_code == 404
        assert "stripe" not in page.text
        seal = forms((await http.get("/account")).text)[0].fields["seal"]
        sent = await http.post(mine.path, data={"seal": seal, "decision": "approve"})
        assert sent.status_code == 404
    assert (await found(firm, mine.id)).decision is Decision.WAITING


async def test_who_has_not_signed_in_is_sent_to_do_so(firm: Served) -> None:
    approval = await asked(firm, email="bob@example.com")
    async with httpx2.AsyncClient(base_url=firm.url) as http:
        page = await http.get(approval.path)
        assert (page.status_code, page.headers["location"].partition("?")[0]) == (303, "/sign-in")
        sent = await http.post(approval.path, data={"decision": "approve"})
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in")
    assert (await found(firm, approval.id)).decision is Decision.WAITING


async def test_who_has_left_the_workspace_decides_nothing_there(firm: Served) -> None:
    approval = await asked(firm, email="bob@example.com")
    bob = await firm.weir.identity.people.by_email("bob@example.com")
    assert bob is not None
    await firm.weir.identity.workspaces.leave("default", bob.id)
    async with httpx2.AsyncClient(base_url=firm.url) as http:
        await sign_in(http, "bob@example.com")
        assert (await http.get(approval.path)).status_code == 404


async def test_where_nobody_signs_in_the_operators_code_decides(weir: Served, browser: Browser) -> None:
    approval = await asked(weir)
    page = await at(browser, weir, approval)
    await page.get_by_label("Code").fill(CODE.replace("-", " "))
    await page.get_by_role("button", name="Approve").click()
    assert await heading(page) == "Approved"
    allowed = await found(weir, approval.id)
    assert (allowed.decision, allowed.decided_by, allowed.decided_how) == (Decision.ALLOWED, "operator", "page")
    await page.context.close()


async def test_a_wrong_code_is_named_and_decides_nothing(weir: Served, browser: Browser) -> None:
    approval = await asked(weir)
    page = await at(browser, weir, approval)
    await page.get_by_label("Code").fill("0000-0000-0000")
    await page.get_by_role("button", name="Approve").click()
    assert "not the code" in await page.get_by_role("alert").inner_text()
    assert (await found(weir, approval.id)).decision is Decision.WAITING
    await page.get_by_label("Code").fill(CODE)
    await page.get_by_role("button", name="Refuse").click()
    assert await heading(page) == "Refused"
    await page.context.close()


async def test_after_five_wrong_codes_the_request_is_refused_whatever_follows(weir: Served) -> None:
    approval = await asked(weir)
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        fields = {**form((await http.get(approval.path)).text).fields, "decision": "approve"}
        for _ in range(5):
            wrong = await http.post(approval.path, data={**fields, "code": "1111-1111-1111"})
            assert wrong.status_code == 403
        last = await http.post(approval.path, data={**fields, "code": CODE})
        assert last.status_code == 303
        assert "after too many wrong codes" in (await http.get(approval.path)).text
    assert (await found(weir, approval.id)).decision is Decision.REFUSED


async def test_without_a_code_the_page_sends_to_the_command_line(tmp_path: Path, isolated: None) -> None:
    async with app.opened(load(home=tmp_path / "home", providers="sandbox", approval_above=20)) as weir:
        edge, url = weir.edge(), "http://127.0.0.1:8000"
        body = (await edge.call("find_company_employees", THIRTY, LOCAL))["structuredContent"]
        path = body["error"]["approval_url"].removeprefix(url)
        transport = httpx2.ASGITransport(app=app.web(weir, url))
        async with httpx2.AsyncClient(transport=transport, base_url=url) as http:
            page = await http.get(path)
            assert f"weir approvals allow {path.rpartition('/')[2]}" in page.text
            assert "<form" not in page.text
            seal = secrets.token_hex(32)
            assert (await http.post(path, data={"seal": seal, "code": "", "decision": "approve"})).status_code == 403


async def test_an_approved_job_begins_and_the_page_shows_how_far_it_is(weir: Served, browser: Browser) -> None:
    job = {"rows": addresses(30), "enrichment": "email_validation", "max_credits": 40}
    body = await call(weir, "submit_detected_bulk_job", job, era="modern")
    page = await browser.new_page()
    await page.goto(body["data"]["approval_url"])
    text = await page.get_by_role("main").inner_text()
    assert "30, of which 30 have to be asked" in text
    await page.get_by_label("Code").fill(CODE)
    await page.get_by_role("button", name="Approve").click()
    assert "The job has begun" in await page.get_by_role("status").inner_text()
    done = await finished(weir, body["data"]["job_id"])
    assert done.status is Status.COMPLETED
    await page.get_by_role("link", name="See how far it is now").click()
    shown = await page.get_by_role("main").inner_text()
    assert "completed, 30 of 30 rows, 7.5 credits spent" in re.sub(r"\s+", " ", shown)
    await page.close()


async def test_what_was_decided_or_has_expired_is_not_decided_again(weir: Served) -> None:
    used, late = await asked(weir), await asked(weir, {**THIRTY, "limit": 40})
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        fields = {**form((await http.get(used.path)).text).fields, "decision": "approve", "code": CODE}
        assert (await http.post(used.path, data=fields)).status_code == 303
        assert (await call(weir, era="modern"))["outcome"] == "found"
        assert (await http.post(used.path, data=fields)).status_code == 409
        assert (await found(weir, used.id)).decision is Decision.USED
        await expire(weir, late)
        assert "Too late" in (await http.get(late.path)).text
        assert (await http.post(late.path, data=fields)).status_code == 409
        assert (await found(weir, late.id)).decision is Decision.EXPIRED
    assert (await call(weir, era="modern"))["outcome"] == "approval_required", "one approval, one call"
    assert await weir.bill() == COST


async def test_forms_from_elsewhere_decide_nothing(weir: Served) -> None:
    approval = await asked(weir)
    async with httpx2.AsyncClient(base_url=weir.url) as http:
        fields = {**form((await http.get(approval.path)).text).fields, "decision": "approve", "code": CODE}
        unsealed = {name: value for name, value in fields.items() if name != "seal"}
        assert (await http.post(approval.path, data=unsealed)).status_code == 403
        assert (await http.post(approval.path, json=fields)).status_code == 415
        for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            assert (await http.post(approval.path, data=fields, headers=foreign)).status_code == 403
        assert (await http.post(approval.path, data=fields, headers={"Host": "evil.example"})).status_code == 421
        assert (await http.get(f"{approval.path}?decision=approve&code={CODE}")).status_code == 200
    async with httpx2.AsyncClient(base_url=weir.url) as another:
        assert (await another.post(approval.path, data=fields)).status_code == 403, "sealed for another browser"
    assert (await found(weir, approval.id)).decision is Decision.WAITING


async def test_the_page_is_shown_inside_no_other(weir: Served, browser: Browser) -> None:
    approval = await asked(weir)
    page = await browser.new_page()
    await page.goto(f"{weir.url}/health")
    await page.evaluate(
        """url => new Promise(done => { const frame = document.createElement('iframe');
        frame.onload = done; frame.src = url; document.body.append(frame); })""",
        f"{weir.url}{approval.path}",
    )
    (frame,) = page.frames[1:]
    assert await frame.locator("form, main").count() == 0
    await page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_fits_a_phone_and_passes_axe(weir: Served, browser: Browser, axe: str, scheme: str) -> None:
    approval = await asked(weir)
    context = await browser.new_context(viewport=PHONE, color_scheme=scheme)  # pyright: ignore[reportArgumentType] - literals, from above
    page = await context.new_page()
    for press in ("", "Approve", "Refuse"):
        await page.goto(f"{weir.url}{approval.path}")
        if press:
            await page.get_by_label("Code").fill("a guess" if press == "Approve" else CODE)
            async with page.expect_navigation():
                await page.get_by_role("button", name=press).click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await page.evaluate(axe)
        assert await page.evaluate("axe.run().then(result => result.violations)") == []
    assert await heading(page) == "Refused"
    await context.close()


async def test_what_a_caller_writes_is_text_on_the_page(weir: Served, browser: Browser) -> None:
    markup = "<img src=x onerror=alert(1)>"
    approval = await asked(weir, {"company_name": markup, "limit": 30})
    page = await browser.new_page()
    await page.goto(f"{weir.url}{approval.path}")
    assert markup in await page.get_by_role("main").inner_text()
    assert await page.locator("img").count() == 0
    await page.close()
