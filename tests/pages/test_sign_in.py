"""Signing in and out, and the links that come before it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx2

from tests.pages.forms import PASSWORD, form, sign_in
from tests.serving import Served, served

FOREIGN = [
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "/connections\\..",
    "/\t/evil.example",
    "\r\nLocation: https://evil.example",
    "javascript:alert(1)",
    "/.evil.example",
    "/connections@evil.example",
    "/nowhere",
    "",
]


async def test_whoever_signs_in_comes_to_their_connections(http: httpx2.AsyncClient) -> None:
    response = await sign_in(http, "Ada@Example.com")
    assert (response.status_code, response.headers["location"]) == (303, "/connections")
    assert "ada@example.com" in (await http.get("/connections")).text


async def test_pages_for_people_send_strangers_to_sign_in_and_back(http: httpx2.AsyncClient) -> None:
    for page in ("/connections", "/keys", "/account"):
        response = await http.get(page)
        assert (response.status_code, response.headers["location"]) == (303, f"/sign-in?return_to={quote(page, '')}")
        fields = form((await http.get(response.headers["location"])).text, "/sign-in").fields
        assert fields["return_to"] == page


async def test_nobody_is_sent_to_another_site_after_signing_in(weir: Served) -> None:
    for return_to in FOREIGN:
        async with httpx2.AsyncClient(base_url=weir.url) as http:
            page = await http.get("/sign-in", params={"return_to": return_to})
            fields = form(page.text, "/sign-in").fields
            assert fields["return_to"] == "/connections"
            said = fields | {"email": "ada@example.com", "password": PASSWORD, "return_to": return_to}
            for answer in (
                await http.post("/sign-in", data=said),
                await http.get("/sign-in", params={"return_to": return_to}),
            ):
                assert (answer.status_code, answer.headers["location"]) == (303, "/connections")


async def test_a_wrong_password_and_an_unknown_address_read_alike(http: httpx2.AsyncClient) -> None:
    pages: list[str] = []
    for email, password in [("ada@example.com", "not the password"), ("eve@example.com", PASSWORD)]:
        fields = form((await http.get("/sign-in")).text, "/sign-in").fields
        response = await http.post("/sign-in", data=fields | {"email": email, "password": password})
        assert response.status_code == 403
        assert (await http.get("/connections")).status_code == 303
        pages.append(response.text.replace(email, "somebody"))
    assert pages[0] == pages[1]
    assert "Nobody has this e-mail address and password." in pages[0]
    assert PASSWORD not in pages[1]


async def test_who_guesses_is_told_when_to_try_again(http: httpx2.AsyncClient) -> None:
    fields = form((await http.get("/sign-in")).text, "/sign-in").fields
    guess = fields | {"email": "ada@example.com", "password": "a guess"}
    statuses = [(await http.post("/sign-in", data=guess)).status_code for _ in range(10)]
    assert statuses == [403] * 10
    refused = await http.post("/sign-in", data=guess | {"password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= timedelta(minutes=15).total_seconds()
    assert re.search(r"Try again in \d+ (minutes|seconds)\.", refused.text)


async def test_a_browser_gets_a_new_token_when_it_signs_in(weir: Served) -> None:
    planted = "chosen-by-somebody-else"
    async with httpx2.AsyncClient(base_url=weir.url, cookies={"weir": planted}) as victim:
        page = await victim.get("/sign-in")
        assert "set-cookie" not in page.headers, "a browser that has a token keeps it until it signs in"
        fields = form(page.text, "/sign-in").fields | {"email": "ada@example.com", "password": PASSWORD}
        signed_in = await victim.post("/sign-in", data=fields)
    assert signed_in.headers["location"] == "/connections"
    (cookie,) = signed_in.headers.get_list("set-cookie")
    assert re.fullmatch(r"weir=[\w-]{43,}; HttpOnly; Path=/; SameSite=lax", cookie)
    async with httpx2.AsyncClient(base_url=weir.url, cookies={"weir": planted}) as attacker:
        assert (await attacker.get("/connections")).status_code == 303


async def test_behind_https_the_cookie_belongs_to_this_host_alone(tmp_path: Path, isolated: None) -> None:
    async with (
        served(tmp_path / "home", auth="builtin", allowed_hosts=["weir.example"]) as weir,
        httpx2.AsyncClient(base_url=weir.url) as http,
    ):
        from server import app  # noqa: PLC0415 - the application without a listener, under another URL

        door = httpx2.ASGITransport(app=app.web(weir.weir, "https://weir.example"))
        async with httpx2.AsyncClient(transport=door, base_url="https://weir.example") as people:
            (cookie,) = (await people.get("/sign-in")).headers.get_list("set-cookie")
        assert re.fullmatch(r"__Host-weir=[\w-]{43,}; HttpOnly; Path=/; SameSite=lax; Secure", cookie)
        assert (await http.get("/sign-in", headers={"Host": "other.example"})).status_code == 421


async def test_another_site_cannot_sign_anybody_in(weir: Served, http: httpx2.AsyncClient) -> None:
    """Whoever is signed in as the attacker would work in the attacker's name."""
    credentials = {"email": "bob@example.com", "password": PASSWORD}
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    async with httpx2.AsyncClient(base_url=weir.url) as attacker:
        stolen = form((await attacker.get("/sign-in")).text, "/sign-in").fields
    own = form((await http.get("/sign-in")).text, "/sign-in").fields
    for fields, headers in [
        (credentials, {}),
        (stolen | credentials, {}),
        (own | credentials, {"Origin": "https://evil.example"}),
        (own | credentials, {"Origin": "null"}),
        (own | credentials, {"Sec-Fetch-Site": "cross-site"}),
        (own | credentials, {"Sec-Fetch-Site": "same-site"}),
    ]:
        response = await http.post("/sign-in", data=fields, headers=form_type | headers)
        assert (response.status_code, "set-cookie" in response.headers) == (403, False)
    allowed = {"Origin": weir.url, "Sec-Fetch-Site": "same-origin"}
    assert (await http.post("/sign-in", data=own | credentials, headers=allowed)).status_code == 303


async def test_only_small_forms_are_read(http: httpx2.AsyncClient) -> None:
    plain = "application/x-www-form-urlencoded"
    for kind, size, status in [
        ("application/json", 10, 415),
        ("text/plain", 10, 415),
        ("multipart/form-data; boundary=x", 10, 415),
        (plain, 70_000, 413),
        (f"{plain}; charset=utf-8", 10, 403),
    ]:
        response = await http.post("/sign-in", content=b"a" * size, headers={"Content-Type": kind})
        assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")


async def test_signing_out_ends_the_sign_in_and_not_only_the_cookie(weir: Served, http: httpx2.AsyncClient) -> None:
    await sign_in(http, "ada@example.com")
    kept = http.cookies["weir"]
    fields = form((await http.get("/connections")).text, "/sign-out").fields
    assert (await http.post("/sign-out", data={"seal": "0" * 64})).status_code == 403
    assert (await http.get("/sign-out")).status_code == 405
    signed_out = await http.post("/sign-out", data=fields)
    assert (signed_out.status_code, signed_out.headers["location"]) == (303, "/sign-in")
    assert 'weir=""' in signed_out.headers["set-cookie"]
    async with httpx2.AsyncClient(base_url=weir.url, cookies={"weir": kept}) as later:
        assert (await later.get("/connections")).status_code == 303


async def test_a_changed_password_signs_every_other_browser_out(weir: Served, http: httpx2.AsyncClient) -> None:
    await sign_in(http, "ada@example.com")
    async with httpx2.AsyncClient(base_url=weir.url) as other:
        await sign_in(other, "ada@example.com")
        fields = form((await http.get("/account")).text, "/account/password").fields
        new = {"current": PASSWORD, "password": "five quite unrelated words"}
        wrong = await http.post("/account/password", data=fields | new | {"current": "a guess"})
        assert (wrong.status_code, "This is not your password." in wrong.text) == (400, True)
        weak = await http.post("/account/password", data=fields | new | {"password": "short"})
        assert (weak.status_code, "it has 5 characters" in weak.text) == (400, True)
        changed = await http.post("/account/password", data=fields | new)
        assert changed.headers["location"] == "/account?done=changed"
        assert (await http.get("/account")).status_code == 200
        assert (await other.get("/account")).status_code == 303
        assert (await sign_in(other, "ada@example.com")).status_code == 403


async def test_signing_out_everywhere_reaches_every_browser(weir: Served, http: httpx2.AsyncClient) -> None:
    await sign_in(http, "ada@example.com")
    async with httpx2.AsyncClient(base_url=weir.url) as other:
        await sign_in(other, "ada@example.com")
        fields = form((await http.get("/account")).text, "/account/sign-out").fields
        assert (await http.post("/account/sign-out", data=fields)).status_code == 303
        assert (await other.get("/account")).status_code == 303


async def test_the_first_person_sets_weir_up_once(tmp_path: Path, isolated: None) -> None:
    async with (
        served(tmp_path / "home", auth="builtin") as weir,
        httpx2.AsyncClient(base_url=weir.url) as http,
        httpx2.AsyncClient(base_url=weir.url) as late,
    ):
        link = f"/setup/{await weir.weir.identity.invitations.setup()}"
        fields, others = form((await http.get(link)).text).fields, form((await late.get(link)).text).fields
        person = {"email": "Ada@example.com", "name": "Ada", "password": PASSWORD}
        for changes, said in [
            ({"password": "short"}, "it has 5 characters"),
            ({"email": "nonsense"}, 'href="#email"'),
        ]:
            refused = await http.post(link, data=fields | person | changes)
            assert (refused.status_code, said in refused.text) == (400, True)
        done = await http.post(link, data=fields | person)
        assert (done.status_code, done.headers["location"]) == (303, "/connections")
        assert "ada@example.com" in (await http.get("/connections")).text
        assert (await late.get(link)).status_code == 404
        assert (await late.post(link, data=others | person | {"email": "eve@example.com"})).status_code == 400
        assert [user.email for user in await weir.weir.identity.people.everybody()] == ["ada@example.com"]


async def test_a_link_to_choose_a_password_works_once_and_signs_in(weir: Served, http: httpx2.AsyncClient) -> None:
    bob = await weir.weir.identity.people.by_email("bob@example.com")
    assert bob is not None
    link = f"/password/{await weir.weir.identity.invitations.invite(bob.id)}"
    page = await http.get(link)
    assert "bob@example.com" in page.text
    weak = await http.post(link, data=form(page.text).fields | {"password": "bob@example.com"})
    assert (weak.status_code, 'href="#password"' in weak.text) == (400, True)
    chosen = await http.post(link, data=form(page.text).fields | {"password": "another good password"})
    assert chosen.headers["location"] == "/connections"
    assert "bob@example.com" in (await http.get("/connections")).text
    assert (await http.get(link)).status_code == 404
    assert (await http.get(f"/setup/{link.rpartition('/')[2]}")).status_code == 404


async def test_every_page_says_how_browsers_should_guard_it(http: httpx2.AsyncClient) -> None:
    await sign_in(http, "ada@example.com")
    for path, status in [
        ("/connections", 200),
        ("/keys", 200),
        ("/account", 200),
        ("/authorize", 400),
        ("/setup/x", 404),
    ]:
        response = await http.get(path)
        assert response.status_code == status
        policy = response.headers["content-security-policy"].split("; ")
        assert set(policy) == {
            "default-src 'none'",
            "style-src 'unsafe-inline'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        }
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"
        assert response.headers["cross-origin-opener-policy"] == "same-origin"
        assert response.headers["cache-control"] == "no-store"
        assert "<script" not in response.text
