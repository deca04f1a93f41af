"""Forms of a page, as a browser reads and sends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx2
from playwright.async_api import Page

PASSWORD = "four unrelated words"


@dataclass(slots=True)
class Form:
    """A form: where it goes, and what it holds before anybody touches it."""

    action: str
    fields: dict[str, str | list[str]] = field(default_factory=dict[str, "str | list[str]"])


class _Forms(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(values.get("action", "")))
        elif tag == "input" and values.get("name") and "disabled" not in values:
            self._input(values)

    def _input(self, values: dict[str, str]) -> None:
        fields, name = self.found[-1].fields, values["name"]
        if values.get("type") != "checkbox":
            fields[name] = values.get("value", "")
        elif "checked" in values:
            ticked = fields.setdefault(name, [])
            assert isinstance(ticked, list)
            ticked.append(values["value"])


def forms(page: str) -> list[Form]:
    """The forms of a page, without what `select` elements hold."""
    return _Forms(page).found


def form(page: str, ending: str = "") -> Form:
    """The form that goes to an address with this ending; without one, the form that goes back to its own page."""
    return next(one for one in forms(page) if (one.action.endswith(ending) if ending else not one.action))


async def sign_in(http: httpx2.AsyncClient, email: str) -> httpx2.Response:
    """Sign a client in, as a browser does it."""
    page = await http.get("/sign-in")
    fields = form(page.text, "/sign-in").fields | {"email": email, "password": PASSWORD}
    return await http.post("/sign-in", data=fields)


async def sign_in_with(page: Page, url: str, email: str) -> None:
    """Sign a browser in, by hand."""
    await page.goto(url)
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_load_state()
