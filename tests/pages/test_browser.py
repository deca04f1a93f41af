"""The pages in a real browser: without scripts, on a phone, by keyboard, and under axe-core."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.pages.client import Program, program
from tests.pages.forms import PASSWORD, sign_in_with
from tests.pages.test_consent import granted
from tests.serving import Served, served

PHONE = {"width": 360, "height": 740}


async def heard(page: Page, claude: Program) -> dict[str, str]:
    """What the program's listener got, once the browser shows its answer.

    The address is looked at now and then: a second click breaks off the page that the first one asked for.
    """
    answer = await claude.heard()
    await expect(page).to_have_url(re.compile(re.escape(claude.onward or f"{claude.redirect_uri}?")))
    return answer


async def signed_in(browser: Browser, weir: Served, email: str = "bob@example.com", **options: Any) -> BrowserContext:
    """A browser of its own in which somebody has signed in."""
    context = await browser.new_context(**options)
    page = await context.new_page()
    await sign_in_with(page, f"{weir.url}/sign-in", email)
    await page.close()
    return context


async def test_a_program_is_connected_without_any_script(weir: Served, browser: Browser, claude: Program) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await sign_in_with(page, claude.url(), "bob@example.com")
    await page.get_by_role("heading", name="Connect Claude Code?").wait_for()
    await page.get_by_label("Workspace", exact=True).select_option("sales")
    await page.get_by_label("Run bulk jobs").uncheck()
    await page.get_by_label("Monthly limit in credits").fill("40")
    await page.get_by_text("Choose which tools it sees").click()
    await page.get_by_label("Ads (").uncheck()
    await page.get_by_role("button", name="Allow").click()
    said = await heard(page, claude)
    assert said["state"] == "a state with ümlauts & signs"
    tokens = await claude.tokens(said["code"])
    assert tokens["scope"].split()[:3] == ["enrich:read", "enrich:spend", "account:read"]
    (connection,) = await granted(weir, "bob@example.com")
    assert (connection.workspace, connection.monthly_limit) == ("sales", 4000)
    assert connection.toolsets is not None
    assert "ads" not in connection.toolsets
    await context.close()


async def test_cancelling_goes_back_as_well(weir: Served, browser: Browser, claude: Program) -> None:
    context = await signed_in(browser, weir)
    page = await context.new_page()
    await page.goto(claude.url())
    await page.get_by_role("button", name="Cancel").click()
    assert (await heard(page, claude))["error"] == "access_denied"
    await context.close()


async def test_a_program_may_lead_on_to_another_site_of_its_own(
    weir: Served, browser: Browser, claude: Program
) -> None:
    """Chrome would hold a redirect after our form against our policy, with every further hop."""
    claude.onward = f"{claude.redirect_uri.rpartition('/')[0].replace('127.0.0.1', 'localhost')}/connected"
    context = await signed_in(browser, weir)
    page = await context.new_page()
    await page.goto(claude.url())
    await page.get_by_role("button", name="Allow").click()
    assert "code" in await heard(page, claude)
    await context.close()


async def test_a_double_click_makes_one_connection(weir: Served, browser: Browser, claude: Program) -> None:
    context = await signed_in(browser, weir)
    page = await context.new_page()
    await page.goto(claude.url())
    await page.get_by_role("button", name="Allow").dblclick()
    assert "access_token" in await claude.tokens((await heard(page, claude))["code"])
    assert len(await granted(weir, "bob@example.com")) == 1
    await context.close()


async def press_until(page: Page, name: str) -> None:
    """Go on with the Tab key to what has this label or text, seeing at each step where the focus is."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        label, outline = await page.evaluate(
            """() => { const at = document.activeElement;
            const label = at.labels && at.labels.length ? at.labels[0].innerText : at.innerText;
            return [label || "", getComputedStyle(at).outlineStyle]; }"""
        )
        assert outline != "none", f"no focus to be seen on {label!r}"
        if name in label:
            return
    pytest.fail(f"the keyboard does not reach {name!r}")


async def test_everything_can_be_done_by_keyboard(weir: Served, browser: Browser, claude: Program) -> None:
    page = await browser.new_page()
    await page.goto(claude.url())
    await press_until(page, "E-mail")
    await page.keyboard.type("ada@example.com")
    await press_until(page, "Password")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Connect Claude Code?").wait_for()
    await press_until(page, "Run bulk jobs")
    await page.keyboard.press("Space")
    await press_until(page, "Choose which tools it sees")
    await page.keyboard.press("Enter")
    await press_until(page, "Ads")
    await page.keyboard.press("Space")
    await press_until(page, "Allow")
    await page.keyboard.press("Enter")
    await claude.tokens((await heard(page, claude))["code"])
    (connection,) = await granted(weir, "ada@example.com")
    assert "bulk:submit" not in connection.scopes
    assert connection.toolsets is not None
    assert "ads" not in connection.toolsets
    await page.close()


async def test_a_mistake_is_named_where_it_was_made_and_a_link_leads_there(
    weir: Served, browser: Browser, claude: Program
) -> None:
    context = await signed_in(browser, weir)
    page = await context.new_page()
    await page.goto(claude.url())
    await page.get_by_label("Monthly limit in credits").fill("9000")
    await page.get_by_role("button", name="Allow").click()
    alert = page.get_by_role("alert")
    await alert.get_by_role("link", name="The workspace may spend 5000 credits a month").click()
    field = page.get_by_label("Monthly limit in credits")
    assert await field.evaluate("at => at === document.activeElement")
    assert await field.get_attribute("aria-invalid") == "true"
    assert await field.input_value() == "9000"
    assert (await page.title()).startswith("Error: ")
    await context.close()


PAGES = [
    "/sign-in",
    "/setup/unknown",
    "/password",
    "/authorize",
    "/authorize again",
    "/connections",
    "/keys",
    "/account",
    "/",
]


async def show(page: Page, weir: Served, claude: Program, name: str) -> None:
    """Open a page of ours, the forms after a mistake as well."""
    identity = weir.weir.identity
    match name:
        case "/password":
            bob = await identity.people.by_email("bob@example.com")
            assert bob is not None
            await page.goto(f"{weir.url}/password/{await identity.invitations.invite(bob.id)}")
        case "/authorize":
            await page.goto(claude.url())
        case "/authorize again":
            await page.goto(claude.url())
            await page.get_by_label("Monthly limit in credits").fill("9000")
            await page.get_by_role("button", name="Allow").click()
            await page.get_by_role("alert").wait_for()
        case _:
            await page.goto(f"{weir.url}{name}")
    for summary in await page.locator("details:not([open]) > summary").all():
        await summary.click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_a_phone_and_passes_axe(
    weir: Served, browser: Browser, claude: Program, axe: str, scheme: str
) -> None:
    strangers = await browser.new_context(viewport=PHONE, color_scheme=scheme)  # pyright: ignore[reportArgumentType] - literals, from above
    members = await signed_in(browser, weir, "bob@example.com", viewport=PHONE, color_scheme=scheme)
    page = await members.new_page()
    await page.goto(claude.url())
    await page.get_by_role("button", name="Allow").click()
    await heard(page, claude)
    await page.goto(f"{weir.url}/keys")
    await page.get_by_label("What it is for").fill("nightly import")
    await page.get_by_role("button", name="Make the key").click()
    await page.get_by_text("Your new key").wait_for()
    problems: list[str] = []
    for name in PAGES:
        context = strangers if name in ("/sign-in", "/password") else members
        page = await context.new_page()
        await show(page, weir, claude, name)
        if await page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            problems.append(f"{name}: wider than the screen")
        await page.evaluate(axe)
        found = await page.evaluate("axe.run().then(result => result.violations)")
        problems += [f"{name}: {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]
        await page.close()
    assert problems == []
    await strangers.close()
    await members.close()


async def test_the_pages_before_anybody_is_signed_in_pass_axe_after_a_mistake_too(
    tmp_path: Path, isolated: None, browser: Browser, axe: str
) -> None:
    async with served(tmp_path / "home", auth="builtin") as weir:
        page = await browser.new_page(viewport={"width": 360, "height": 740})
        link = f"{weir.url}/setup/{await weir.weir.identity.invitations.setup()}"
        await page.goto(link)
        await page.evaluate(axe)
        assert await page.evaluate("axe.run().then(result => result.violations)") == []
        for url, button in [(link, "Create your account"), (f"{weir.url}/sign-in", "Sign in")]:
            await page.goto(url)
            await page.get_by_label("E-mail").fill("ada@example.com")
            await page.get_by_label("Password").fill("a guess")
            await page.get_by_role("button", name=button, exact=True).click()
            await page.get_by_role("alert").wait_for()
            await page.evaluate(axe)
            assert await page.evaluate("axe.run().then(result => result.violations)") == []
        await page.close()


async def test_no_page_is_shown_inside_another(weir: Served, browser: Browser, claude: Program) -> None:
    context = await signed_in(browser, weir)
    page = await context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    for path in (f"/authorize?{claude.query()}", "/sign-in", "/connections", "/keys", "/account"):
        await page.goto(f"{claude.redirect_uri.rpartition('/')[0]}/")
        await page.evaluate(
            """url => new Promise(done => { const frame = document.createElement('iframe');
            frame.onload = done; frame.src = url; document.body.append(frame); })""",
            f"{weir.url}{path}",
        )
        (frame,) = page.frames[1:]
        assert await frame.locator("form, main").count() == 0
    assert len([line for line in refused if "frame-ancestors" in line or "X-Frame-Options" in line]) == 5
    await context.close()


async def test_a_name_full_of_markup_runs_nowhere(weir: Served, browser: Browser) -> None:
    context = await signed_in(browser, weir)
    page = await context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    async with program(weir.url, "<img src=x onerror=alert(1)><svg onload=alert(2)>") as hostile:
        await page.goto(hostile.url())
        assert await page.get_by_role("heading", level=1).inner_text() == (
            "Connect <img src=x onerror=alert(1)><svg onload=alert(2)>?"
        )
        await page.get_by_role("button", name="Allow").click()
        await heard(page, hostile)
    await page.goto(f"{weir.url}/connections")
    assert await page.locator("img, svg").count() == 0
    assert dialogs == []
    await context.close()


async def test_a_form_on_another_site_changes_nothing(weir: Served, browser: Browser, claude: Program) -> None:
    context = await signed_in(browser, weir)
    page = await context.new_page()
    await page.goto(claude.url())
    fields = await page.locator("form[method=post]:not([action]) input[type=hidden]").evaluate_all(
        "inputs => inputs.map(input => [input.name, input.value])"
    )
    await page.goto(f"{claude.redirect_uri.rpartition('/')[0].replace('127.0.0.1', 'localhost')}/")
    async with page.expect_navigation() as navigation:
        await page.evaluate(
            """([url, fields]) => { const form = document.createElement('form');
            form.method = 'post'; form.action = url;
            for (const [name, value] of [...fields, ['decision', 'allow'], ['scope', 'enrich:read'], ['limit', '1']]) {
              const input = document.createElement('input'); input.name = name; input.value = value; form.append(input);
            }
            document.body.append(form); form.submit(); }""",
            [f"{weir.url}/authorize", fields],
        )
    response = await navigation.value
    assert response is not None
    assert urlsplit(response.url).path == "/sign-in", "the cookie stays at home"
    assert await granted(weir, "bob@example.com") == ()
    await context.close()
