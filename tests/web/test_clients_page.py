"""`GET /clients`: how assistants are connected, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from server.settings import Auth
from server.web.assistants.door import Door
from server.web.assistants.guides import guides
from tests.browsing import axe, browser, chromium
from tests.serving import Served, served

__all__ = ["axe", "browser", "chromium"]

PUBLIC = "https://weir.example.com"


@pytest_asyncio.fixture
async def asking(tmp_path: Path, isolated: None) -> AsyncIterator[Served]:
    """A Weir that asks who calls, and has another name on the internet."""
    async with served(tmp_path / "home", auth="builtin", allowed_hosts=["weir.internal:*"]) as running:
        yield running


async def told(url: str, **headers: str) -> dict[str, Any]:
    async with httpx2.AsyncClient() as http:
        answer = await http.get(f"{url}/clients", headers={"Accept": "application/json"} | headers)
    assert (answer.status_code, answer.headers["vary"]) == (200, "Accept, Host")
    return answer.json()


async def shown(url: str) -> httpx2.Response:
    async with httpx2.AsyncClient() as http:
        return await http.get(f"{url}/clients")


async def test_programs_get_every_client_with_this_servers_address(weir: Served) -> None:
    page = await told(weir.url)
    assert (page["service"], page["endpoint"], page["auth"]) == ("weir", f"{weir.url}/mcp", "open")
    clients = {one["client"]: one for one in page["clients"]}
    assert [*clients] == [one.slug for one in guides(Door(page["endpoint"]))]
    assert json.loads(clients["cursor"]["file"]["text"]) == {"mcpServers": {"weir": {"url": page["endpoint"]}}}
    assert clients["claude-code"]["command"][-1] == page["endpoint"]
    assert {name for name, one in clients.items() if not one["reaches_this_server"]} == {"claude", "chatgpt"}


async def test_the_page_speaks_of_the_name_that_its_visitor_uses(asking: Served) -> None:
    port = asking.url.rpartition(":")[2]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", "weir.internal:1234"):
        assert (await told(asking.url, Host=host))["endpoint"] == f"http://{host}/mcp"
    async with httpx2.AsyncClient() as http:
        answer = await http.get(f"{asking.url}/clients", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.text) == (421, "This server is not known by that host name.")


class Page(HTMLParser):
    """The links and the elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links += [value for name, value in attrs if name == "href" and value]


async def test_people_get_every_way_and_no_script(weir: Served) -> None:
    answer = await shown(weir.url)
    page = Page(answer.text)
    assert {"script", "img", "link", "iframe", "form"}.isdisjoint(page.seen)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    known = guides(Door(f"{weir.url}/mcp"))
    assert [one.name for one in known if f'id="{one.slug}"' not in answer.text] == []
    assert {link.partition(":")[0] for link in page.links if ":" in link} == {"cursor", "vscode", "goose"}
    assert any(f"{weir.url}/mcp" in unquote(link) for link in page.links)


async def test_an_address_on_this_machine_says_that_web_assistants_cannot_come(weir: Served) -> None:
    text = (await shown(weir.url)).text
    assert "Only programs on the machine that runs Weir" in text
    assert text.count("needs a public") == 2


@pytest.mark.parametrize(
    ("auth", "said"), [("builtin", "this server's sign-in page"), ("external", "your organisation")]
)
async def test_who_has_to_sign_in_reads_how(tmp_path: Path, isolated: None, auth: str, said: str) -> None:
    settings = {"external_issuer": "https://sso.example.com"} if auth == "external" else {}
    async with served(tmp_path / "home", auth=auth, **settings) as weir:
        text = (await shown(weir.url)).text
    assert said in text
    assert text.count("With a personal key") == sum(one.takes_keys for one in guides(Door("", Auth(auth))))
    assert "Authorization: Bearer YOUR_KEY" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_page_fits_and_passes_axe(
    asking: Served, browser: Browser, axe: str, width: int, scheme: str
) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # pyright: ignore[reportArgumentType] - a literal, from the parameters above
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    await page.goto(f"{asking.url}/clients")
    for details in await page.locator("summary").all():
        await details.click()
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await page.title() == "Connect an assistant to Weir"
    assert [problem for problem in problems if "favicon" not in problem] == []
    await page.evaluate(axe)
    assert await page.evaluate("axe.run().then(result => result.violations)") == []


async def test_a_click_selects_a_whole_snippet(weir: Served, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{weir.url}/clients")
    await page.locator("section[aria-labelledby=cursor] pre").click()
    selected = await page.evaluate("getSelection().toString()")
    assert json.loads(selected) == {"mcpServers": {"weir": {"url": f"{weir.url}/mcp"}}}
