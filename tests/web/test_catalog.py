"""`GET /`, for people and for programs."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx2
import pytest
from playwright.async_api import Browser

from server import __version__
from tests.browsing import browser, chromium
from tests.serving import Served
from tools import FAMILIES

__all__ = ["browser", "chromium"]

NAMES = [tool.name for family in FAMILIES for tool in family.tools]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/json;q=0.5, text/html", "text/html; charset=utf-8"),
        ("application/json;q=nonsense, text/html;q=0.1", "text/html; charset=utf-8"),
        ("application/json", "application/json"),
        ("APPLICATION/JSON", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/html;q=0.2, application/json", "application/json"),
        ("text/html;q=0, application/*", "application/json"),
    ],
)
async def test_the_accept_header_chooses_the_form(http: httpx2.AsyncClient, accept: str, kind: str) -> None:
    response = await http.get("/", headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, kind)
    assert "Accept" in response.headers["vary"].split(", ")


async def test_the_catalog_as_json_lists_every_tool_and_provider(weir: Served, http: httpx2.AsyncClient) -> None:
    catalog = (await http.get("/", headers={"Accept": "application/json"})).json()
    assert (catalog["service"], catalog["version"]) == ("weir", __version__)
    assert (catalog["endpoint"], catalog["sandbox"]) == (f"{weir.url}/mcp", True)
    assert [tool["name"] for tool in catalog["tools"]] == NAMES
    free = {tool["name"] for tool in catalog["tools"] if not tool["paid"]}
    assert free >= {"preview_cost", "check_credit_balance", "list_job_countries", "create_prospect_list"}
    assert not free & {"find_work_email", "search_jobs", "account_intel"}
    assert {one["name"]: one["configured"] for one in catalog["providers"]} == {
        "leadcontact": False,
        "leadiq": True,
        "leadmagic": True,
        "leadsonar": True,
        "xmagnet": True,
    }


class Tags(HTMLParser):
    """Names of elements and texts of `dt` elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


async def test_the_page_names_every_tool_and_brings_no_script(weir: Served, http: httpx2.AsyncClient) -> None:
    response = await http.get("/")
    assert [name for name in NAMES if f"<code>{name}</code>" not in response.text] == []
    assert f"{weir.url}/mcp" in response.text
    assert {"script", "img", "link", "iframe", "form"}.isdisjoint(Tags(response.text).seen)
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_head_has_the_headers_of_get_and_no_body(http: httpx2.AsyncClient) -> None:
    head, get = await http.head("/"), await http.get("/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))


CONTRASTS = """() => {
  const luminance = colour => {
    const [r, g, b] = colour.match(/[0-9.]+/g).map(Number)
      .map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = luminance(getComputedStyle(document.body).backgroundColor);
  const contrast = element => {
    const ink = luminance(getComputedStyle(element).color);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  };
  return Math.min(...[...document.querySelectorAll('h1, h2, p, code, dt, dd, span, li, a')].map(contrast));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_page_fits_and_can_be_read(weir: Served, browser: Browser, width: int, scheme: str) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # pyright: ignore[reportArgumentType] - a literal, from the parameters above
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    await page.goto(weir.url)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await page.evaluate(CONTRASTS) >= 4.5, "WCAG 2.2 AA for text"
    assert await page.title() == "Weir"
    assert await page.evaluate("document.documentElement.lang") == "en"
    assert [problem for problem in problems if "favicon" not in problem] == []


async def test_the_keyboard_reaches_every_link_and_shows_where_it_is(weir: Served, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(weir.url)
    reached: list[str] = []
    for _ in range(await page.locator("a").count()):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.getAttribute('href')"))
        assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert reached == ["/clients", "/health", "/ready"]
