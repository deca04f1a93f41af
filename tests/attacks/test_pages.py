"""What other sites, other people and other browsers try with the pages for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from server import app
from server.identity.keys import Key
from server.identity.workspaces import Role
from tests.access.firm import ADA, BOB, EVE, Firm, message
from tests.attacks.attacker import FORM, Connected, attacked, browser, connected, noted, post, program
from tests.pages.forms import PASSWORD, form
from tests.pages.test_consent import answer

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORMS = (
    "/authorize",
    "/mcp/authorize",
    "/connections/end-all",
    "/connections/{id}/end",
    "/connections/{id}/change",
    "/keys",
    "/keys/{key}/end",
    "/account/password",
    "/account/sign-out",
    "/sign-out",
)
SITES: Mapping[str, dict[str, str]] = {
    "no seal": {},
    "the seal of another browser": {},
    "an old browser that names the other site": {"Origin": "https://evil.example"},
    "a frame without an origin": {"Origin": "null"},
    "the same host over https": {"Origin": "https://127.0.0.1"},
    "a neighbour port": {"Origin": "http://127.0.0.1:1"},
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a sister domain": {"Sec-Fetch-Site": "same-site"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bobs(weir: Firm) -> tuple[Connected, Key]:
    """A connection and a key of Bob's."""
    return await connected(weir, BOB), (await weir.key(BOB))[1]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("site", SITES)
async def test_a_form_that_another_site_sends_changes_nothing(
    weir: Firm, bobs: tuple[Connected, Key], path: str, site: str
) -> None:
    one, key = bobs
    place = path.format(id=one.connection.id, key=key.id)
    async with browser(weir, BOB) as http, browser(weir, EVE) as eves:
        seals = [form((await who.get("/account")).text, "/sign-out").fields["seal"] for who in (http, eves)]
        seal = {"no seal": {}, "the seal of another browser": {"seal": seals[1]}}.get(site, {"seal": seals[0]})
        forged = {
            "request": one.program.query(),
            "decision": "allow",
            "workspace": "acme",
            "scope": "enrich:read",
            "limit": "5000",
            "name": "mine",
            "current": PASSWORD,
            "password": "chosen by the attacker",
        }
        refused = await http.post(place, data=forged | seal, headers=FORM | SITES[site])
        assert (refused.status_code, "location" in refused.headers, "set-cookie" in refused.headers) == (
            403,
            False,
            False,
        )
        assert (await http.get("/account")).status_code == 200, "nobody was signed out"
    identity, connections = weir.served.weir.identity, weir.served.weir.authorization.connections
    assert await connections.find(one.connection.id) == one.connection
    assert [kept.name for kept in await identity.keys.of(f"id-{BOB}") if kept.name == "mine"] == []
    assert await identity.keys.standing(key.id) is not None
    assert len(await noted(weir, "password.changed", member=BOB)) == 1, "the one that he began with"


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_is_not_sent_by_an_address_alone(weir: Firm, bobs: tuple[Connected, Key], path: str) -> None:
    """Images and links of other sites come with the cookie; what they can do is look."""
    one, key = bobs
    async with browser(weir, BOB, **{"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"}) as http:
        query = f"{one.program.query()}&decision=allow&workspace=acme&limit=5&_method=POST&name=mine"
        got = await http.get(f"{path.format(id=one.connection.id, key=key.id)}?{query}")
        assert got.status_code in {200, 404, 405}
        assert 'http-equiv="refresh"' not in got.text
        for method in ("PUT", "PATCH", "DELETE", "TRACE"):
            assert (await http.request(method, path)).status_code in {404, 405}
    of_bob = await weir.served.weir.authorization.connections.of(f"id-{BOB}")
    assert [other for other in of_bob if other.client_id == one.program.client_id] == [one.connection]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/clients",
        "/sign-in",
        "/connections",
        "/keys",
        "/account",
        "/authorize",
        "/mcp/authorize",
        "/setup/guess",
        "/password/guess",
    ],
)
@pytest.mark.parametrize("who", [None, ADA], ids=["a stranger", "Ada"])
async def test_no_page_can_be_framed_scripted_or_sniffed(weir: Firm, path: str, who: str | None) -> None:
    async with browser(weir, who, Accept="text/html") as http:
        page = await http.get(path)
        if page.is_redirect and who is None:
            return
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "script-src" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["referrer-policy"] in {"same-origin", "no-referrer"}
    assert "access-control-allow-origin" not in page.headers


EDITS: Mapping[str, tuple[dict[str, str | list[str]], str]] = {
    "admin by a member": ({"scope": ["enrich:read", "admin"]}, "You do not administer"),
    "another workspace": ({"workspace": "globex"}, "Choose one of your workspaces"),
    "a workspace that is SQL": ({"workspace": "acme' OR '1'='1"}, "Choose one of your workspaces"),
    "a workspace with a NUL": ({"workspace": "acme\0"}, "a character that none may hold"),
    "no workspace": ({"workspace": ""}, "Choose one of your workspaces"),
    "unknown scopes": ({"scope": ["root", "*"]}, "Allow at least one thing"),
    "a negative limit": ({"limit": "-5"}, "Give the monthly limit"),
    "an infinite limit": ({"limit": "inf"}, "Give the monthly limit"),
    "a limit that is no number": ({"limit": "NaN"}, "Give the monthly limit"),
    "a limit in exponents": ({"limit": "1e9"}, "Give the monthly limit"),
    "a limit in other digits": ({"limit": "\u0665\u0660\u0660\u0660\u0660"}, "The workspace may spend"),
    "a huge limit": ({"limit": "999999999"}, "The workspace may spend"),
    "a limit of a thousand digits": ({"limit": "9" * 1000}, "Give the monthly limit"),
    "no limit at all": ({"limit": ""}, "Give the monthly limit"),
}


@pytest.mark.parametrize("edit", EDITS)
async def test_an_edited_consent_grants_nothing(weir: Firm, edit: str) -> None:
    changes, said = EDITS[edit]
    asking = await program(weir)
    async with browser(weir, BOB) as http:
        page = await http.get(asking.url(scope="enrich:read enrich:spend admin"))
        fields = form(page.text).fields | {"decision": "allow", "workspace": "acme", "scope": ["enrich:read"]}
        refused = await http.post("/authorize", data=fields | changes)
        made = fields | changes | {"name": "mine", "days": "30"}
        key = await http.post("/keys", data=made)
    assert (refused.status_code, said in refused.text) == (400, True)
    assert await noted(weir, "connection.added", client_id=asking.client_id) == []
    assert (key.status_code, "weir_" in key.text) == (400, False)


async def test_toolsets_outside_the_operators_choice_are_not_granted(tmp_path: Path, isolated: None) -> None:
    async with attacked(tmp_path / "home", toolsets=["contact"]) as weir, browser(weir, BOB) as http:
        asking = await program(weir)
        fields = form((await http.get(asking.url())).text).fields | {"decision": "allow", "workspace": "acme"}
        said = answer(await http.post("/authorize", data=fields | {"toolset": ["jobs", "bulk", "ads", "everything"]}))
        token = (await asking.tokens(said["code"]))["access_token"]
        tools = await post(weir, message("tools/list"), Authorization=f"Bearer {token}")
    names = {tool["name"] for tool in tools.json()["result"]["tools"]}
    assert "check_credit_balance" in names
    assert not {name for name in names if "job" in name or "ads" in name}


async def test_the_cookie_of_somebody_who_is_disabled_opens_nothing_and_does_not_come_back(
    tmp_path: Path, isolated: None
) -> None:
    async with attacked(tmp_path / "home") as weir, browser(weir, BOB) as http:
        people = weir.served.weir.identity.people
        assert (await http.get("/connections")).status_code == 200
        await people.disable(BOB)
        assert (await http.get("/connections")).headers["location"].startswith("/sign-in")
        fields = form((await http.get("/sign-in")).text, "/sign-in").fields
        tried = await http.post("/sign-in", data=fields | {"email": BOB, "password": PASSWORD})
        assert (tried.status_code, "Nobody has this e-mail address" in tried.text) == (403, True)
        await people.enable(BOB)
        assert (await http.get("/connections")).status_code == 303
        assert [entry.member for entry in await noted(weir, "user.disabled")] == [BOB]


async def test_a_cookie_that_was_planted_signs_nobody_in_and_is_worthless_afterwards(weir: Firm) -> None:
    async with browser(weir) as victim, browser(weir) as attacker:
        for who in (victim, attacker):
            who.cookies.set("weir", "planted-by-the-attacker")
        fields = form((await victim.get("/sign-in")).text, "/sign-in").fields
        signed_in = await victim.post("/sign-in", data=fields | {"email": BOB, "password": PASSWORD})
        assert signed_in.status_code == 303
        assert "planted" not in signed_in.headers["set-cookie"]
        assert (await attacker.get("/connections")).status_code == 303


@pytest.mark.parametrize("order", ["theirs first", "theirs last"])
async def test_a_second_cookie_beside_the_own_one_gives_no_third_identity(weir: Firm, order: str) -> None:
    """A sister domain can toss a cookie; a form is then refused, or means whom it was made for."""
    sign_ins = weir.served.weir.identity.sign_ins
    bobs, eves = [await sign_ins.start(f"id-{email}", "password") for email in (BOB, EVE)]
    pair = [f"weir={eves}", f"weir={bobs}"]
    cookies = {"Cookie": "; ".join(pair if order == "theirs first" else reversed(pair))}
    async with browser(weir) as http:
        page = await http.get("/account", headers={"Cookie": f"weir={bobs}"})
        seal = form(page.text, "/sign-out").fields
        answered = await http.post("/sign-out", data=seal, headers=cookies)
    assert answered.status_code == (303 if order == "theirs first" else 403)
    assert (await sign_ins.current(bobs) is None) == (order == "theirs first")
    assert await sign_ins.current(eves) is not None


HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{7*7}}%s\u202egnp.exe"


async def test_names_full_of_markup_run_nowhere(tmp_path: Path, isolated: None) -> None:
    async with attacked(tmp_path / "home") as weir, browser(weir, BOB) as http:
        identity = weir.served.weir.identity
        await identity.workspaces.create("hostile", HOSTILE.replace("\u202e", ""))
        await identity.workspaces.join("hostile", f"id-{BOB}", Role.MEMBER)
        asking = await program(weir, HOSTILE)
        pages = [await http.get(asking.url())]
        fields = form(pages[0].text).fields | {"decision": "allow", "workspace": "hostile"}
        pages.append(await http.post("/authorize", data=fields))
        made = fields | {"name": HOSTILE.replace("\u202e", ""), "days": "30", "scope": ["enrich:read"]}
        pages.append(await http.post("/keys", data=made))
        pages += [await http.get(path) for path in ("/connections", "/keys", "/account")]
    for page in pages:
        assert page.status_code == 200
        assert "<img" not in page.text
        assert "<script" not in page.text
        assert "\u202e" not in page.text
        assert "49" not in re.findall(r"alert\(2\)&lt;/script&gt;(\w*)", page.text)


async def test_nobody_sees_or_ends_what_belongs_to_another_workspace(weir: Firm) -> None:
    one, (_, key) = await connected(weir, ADA), await weir.key(ADA, name="adas")
    async with browser(weir, EVE) as http:
        seal = {"seal": form((await http.get("/account")).text, "/sign-out").fields["seal"], "limit": "1"}
        for path in (f"/connections/{one.connection.id}/end", f"/connections/{one.connection.id}/change"):
            assert (await http.post(path, data=seal)).status_code == 404
        assert (await http.post(f"/keys/{key.id}/end", data=seal)).status_code == 404
        seen = [(await http.get(path)).text for path in ("/connections", "/keys")]
    assert not any(ADA in page or one.connection.id in page or key.id in page for page in seen)
    assert await weir.served.weir.identity.keys.standing(key.id) is not None


async def test_a_cookie_over_https_is_one_that_no_sister_domain_can_set(weir: Firm) -> None:
    public = app.web(weir.served.weir, "https://weir.example")
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=public), base_url="https://weir.example") as http:
        (cookie,) = (await http.get("/sign-in")).headers.get_list("set-cookie")
        sign_in = await weir.served.weir.identity.sign_ins.start(f"id-{BOB}", "password")
        http.cookies.clear()
        tossed = await http.get("/connections", headers={"Cookie": f"weir={sign_in}"})
        own = await http.get("/connections", headers={"Cookie": f"__Host-weir={sign_in}"})
    assert cookie.startswith("__Host-weir=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert (tossed.status_code, own.status_code) == (303, 200)
