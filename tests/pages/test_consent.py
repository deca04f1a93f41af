"""Deciding on a program: what is asked, what is granted, and who cannot decide for somebody else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2

from server import app
from server.domain.money import Credits
from server.domain.principal import Scope
from server.oauth.connections import Connection
from server.settings import load
from server.upstream.documents import Documents
from tests.pages.client import Program, program
from tests.pages.forms import PASSWORD, form, sign_in
from tests.serving import Served, listening, served

READS = frozenset({Scope.READ, Scope.SPEND, Scope.BULK, Scope.ACCOUNT})


async def granted(weir: Served, email: str) -> tuple[Connection, ...]:
    """The connections of a person."""
    user = await weir.weir.identity.people.by_email(email)
    assert user is not None
    return await weir.weir.authorization.connections.of(user.id)


def answer(page: httpx2.Response) -> dict[str, str]:
    """What the page that leads back tells the program."""
    assert page.status_code == 200, page.text
    (link,) = (line for line in page.text.splitlines() if 'http-equiv="refresh"' in line)
    url = link.split("url=")[1].split('"')[0].replace("&amp;", "&")
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def test_a_stranger_signs_in_first_and_comes_back_to_the_question(
    http: httpx2.AsyncClient, claude: Program
) -> None:
    response = await http.get(claude.url())
    assert response.status_code == 303
    page = await http.get(response.headers["location"])
    assert "A program wants to connect." in page.text
    assert form(page.text, "/sign-in").fields["return_to"] == f"/authorize?{claude.query()}"


async def test_the_question_can_be_asked_again_and_again(http: httpx2.AsyncClient, claude: Program) -> None:
    await sign_in(http, "ada@example.com")
    pages = [await http.get(claude.url()) for _ in range(3)]
    assert [page.status_code for page in pages] == [200] * 3


async def test_what_is_allowed_becomes_a_connection_with_tokens(
    weir: Served, http: httpx2.AsyncClient, claude: Program
) -> None:
    await sign_in(http, "ada@example.com")
    fields = form((await http.get(claude.url())).text).fields
    said = answer(await http.post("/authorize", data=fields | {"decision": "allow"}))
    assert (said["state"], said["iss"]) == ("a state with ümlauts & signs", weir.url)
    tokens = await claude.tokens(said["code"])
    assert set(tokens["scope"].split()) - {"offline_access"} == {scope.value for scope in READS}
    (connection,) = await granted(weir, "ada@example.com")
    assert (connection.client_name, connection.workspace, connection.member) == (
        "Claude Code",
        "default",
        "ada@example.com",
    )
    assert (connection.scopes, connection.toolsets, connection.monthly_limit) == (READS, None, Credits(50_000))


async def test_less_can_be_allowed_than_was_asked(weir: Served, http: httpx2.AsyncClient, claude: Program) -> None:
    await sign_in(http, "bob@example.com")
    page = await http.get(claude.url())
    assert '<option value="sales">Sales</option>' in page.text
    chosen = {
        "scope": ["enrich:read", "enrich:spend"],
        "toolset": ["contact"],
        "limit": "12,5",
        "workspace": "sales",
        "decision": "allow",
    }
    assert "code" in answer(await http.post("/authorize", data=form(page.text).fields | chosen))
    (connection,) = await granted(weir, "bob@example.com")
    assert (connection.workspace, connection.monthly_limit) == ("sales", Credits(1250))
    assert connection.scopes == {Scope.READ, Scope.SPEND}
    assert connection.toolsets == ("contact", "account")


async def test_more_is_never_granted_than_was_asked(weir: Served, http: httpx2.AsyncClient, claude: Program) -> None:
    await sign_in(http, "ada@example.com")
    fields = form((await http.get(claude.url(scope="enrich:read"))).text).fields
    more = {"scope": ["enrich:read", "enrich:spend", "admin"], "decision": "allow"}
    assert "code" in answer(await http.post("/authorize", data=fields | more))
    (connection,) = await granted(weir, "ada@example.com")
    assert (connection.scopes, connection.monthly_limit) == ({Scope.READ}, Credits(0))


async def test_administering_is_allowed_knowingly_and_by_administrators_only(
    weir: Served, http: httpx2.AsyncClient, claude: Program
) -> None:
    asked = claude.url(scope="enrich:read admin")
    await sign_in(http, "ada@example.com")
    page = await http.get(asked)
    assert form(page.text).fields["scope"] == ["enrich:read"], "nobody allows it by overlooking it"
    await http.post(
        "/authorize", data=form(page.text).fields | {"scope": ["enrich:read", "admin"], "decision": "allow"}
    )
    (connection,) = await granted(weir, "ada@example.com")
    assert connection.scopes == {Scope.READ, Scope.ADMIN}
    async with httpx2.AsyncClient(base_url=weir.url) as bobs:
        await sign_in(bobs, "bob@example.com")
        page = await bobs.get(asked)
        assert 'value="admin"' not in page.text
        forced = form(page.text).fields | {"scope": ["enrich:read", "admin"], "decision": "allow"}
        refused = await bobs.post("/authorize", data=forced | {"workspace": "default"})
    assert (refused.status_code, "You do not administer Default" in refused.text) == (400, True)
    assert await granted(weir, "bob@example.com") == ()


WRONG: list[tuple[dict[str, str | list[str]], str, str]] = [
    ({"limit": ""}, "Give the monthly limit as a number of credits", "#limit"),
    ({"limit": "-1"}, "Give the monthly limit as a number of credits", "#limit"),
    ({"limit": "nan"}, "Give the monthly limit as a number of credits", "#limit"),
    ({"limit": "5000.01"}, "The workspace may spend 5000 credits a month", "#limit"),
    ({"scope": []}, "Allow at least one thing", "#scopes"),
    ({"workspace": "elsewhere"}, "Choose one of your workspaces", "#workspace"),
    ({"workspace": "sales"}, "Choose one of your workspaces", "#workspace"),
]


async def test_what_cannot_be_is_explained_and_nothing_is_granted(
    weir: Served, http: httpx2.AsyncClient, claude: Program
) -> None:
    await sign_in(http, "ada@example.com")
    fields = form((await http.get(claude.url())).text).fields | {"decision": "allow"}
    for changes, message, link in WRONG:
        refused = await http.post("/authorize", data=fields | changes)
        assert (refused.status_code, message in refused.text, f'href="{link}"' in refused.text) == (400, True, True)
        assert f'id="{link[1:]}"' in refused.text
    assert await granted(weir, "ada@example.com") == ()


async def test_cancelling_tells_the_program(weir: Served, http: httpx2.AsyncClient, claude: Program) -> None:
    await sign_in(http, "ada@example.com")
    fields = form((await http.get(claude.url())).text).fields
    for decision in ({"decision": "cancel"}, {}):
        said = answer(await http.post("/authorize", data=fields | decision))
        assert (said["error"], said["state"], said["iss"]) == (
            "access_denied",
            "a state with ümlauts & signs",
            weir.url,
        )
    assert await granted(weir, "ada@example.com") == ()


async def test_both_addresses_answer_in_the_name_of_their_issuer(
    weir: Served, http: httpx2.AsyncClient, claude: Program
) -> None:
    await sign_in(http, "ada@example.com")
    page = await http.get(f"/mcp/authorize?{claude.query()}")
    said = answer(await http.post("/mcp/authorize", data=form(page.text).fields | {"decision": "allow"}))
    assert said["iss"] == f"{weir.url}/mcp"


async def test_a_consent_counts_only_from_the_browser_that_was_asked(
    weir: Served, http: httpx2.AsyncClient, claude: Program
) -> None:
    await sign_in(http, "ada@example.com")
    own = form((await http.get(claude.url())).text).fields | {"decision": "allow"}
    async with httpx2.AsyncClient(base_url=weir.url) as bobs:
        await sign_in(bobs, "bob@example.com")
        bobs_form = form((await bobs.get(claude.url())).text).fields | {"decision": "allow"}
    missing = {name: value for name, value in own.items() if name != "seal"}
    for fields, headers in [
        (missing, {}),
        (own | {"seal": ""}, {}),
        (own | {"seal": "0" * 64}, {}),
        (bobs_form, {}),
        (own, {"Origin": "https://evil.example"}),
        (own, {"Sec-Fetch-Site": "cross-site"}),
    ]:
        response = await http.post("/authorize", data=fields, headers=headers)
        assert response.status_code == 403
        assert "refresh" not in response.text
    async with httpx2.AsyncClient(base_url=weir.url) as stranger:
        nobody = await stranger.post("/authorize", data=own)
        assert (nobody.status_code, nobody.headers["location"]) == (303, "/sign-in")
    assert await granted(weir, "ada@example.com") == await granted(weir, "bob@example.com") == ()


async def test_the_request_is_checked_again_when_it_is_answered(
    weir: Served, http: httpx2.AsyncClient, claude: Program
) -> None:
    await sign_in(http, "ada@example.com")
    own = form((await http.get(claude.url())).text).fields | {"decision": "allow"}
    for changes in ({"redirect_uri": "https://evil.example/"}, {"client_id": "somebody-else"}):
        response = await http.post("/authorize", data=own | {"request": claude.query(**changes)})
        assert (response.status_code, "refresh" in response.text) == (400, False)
    weakened = await http.post("/authorize", data=own | {"request": claude.query(code_challenge_method="plain")})
    assert answer(weakened)["error"] == "invalid_request"
    assert await granted(weir, "ada@example.com") == ()


async def test_two_clicks_make_one_connection(weir: Served, http: httpx2.AsyncClient, claude: Program) -> None:
    await sign_in(http, "ada@example.com")
    fields = form((await http.get(claude.url())).text).fields | {"decision": "allow"}
    pages = await asyncio.gather(*(http.post("/authorize", data=fields) for _ in range(3)))
    assert len({answer(page)["code"] for page in pages}) == 1
    assert len(await granted(weir, "ada@example.com")) == 1
    again = form((await http.get(claude.url())).text).fields | {"decision": "allow"}
    await http.post("/authorize", data=again)
    assert len(await granted(weir, "ada@example.com")) == 2, "another authorization is another connection"


async def test_two_clicks_that_reach_different_replicas_make_one_connection(
    tmp_path: Path, isolated: None, postgres_url: str
) -> None:
    async with served(tmp_path / "a", auth="builtin", database_url=postgres_url) as one:
        settings = load(home=tmp_path / "b", providers="sandbox", auth="builtin", database_url=postgres_url)
        async with (
            app.opened(settings, sandbox_url=one.sandbox_url) as weir,
            listening(weir) as second_door,
            program(one.url) as claude,
            httpx2.AsyncClient(base_url=one.url) as http,
        ):
            await one.weir.identity.people.add("ada@example.com", "Ada", password=PASSWORD)
            await sign_in(http, "ada@example.com")
            fields = form((await http.get(claude.url())).text).fields | {"decision": "allow"}
            places = [f"{door}/authorize" for door in (one.url, second_door) * 2]
            headers = {"Host": urlsplit(one.url).netloc}
            pages = await asyncio.gather(*(http.post(place, data=fields, headers=headers) for place in places))
            (code,) = {answer(page)["code"] for page in pages}
            assert len(await granted(one, "ada@example.com")) == 1
            await claude.tokens(code)
            # Whoever presses the same button again once the program has its tokens means another connection.
            late = answer(await http.post("/authorize", data=fields))
            assert late["code"] != code
            assert len(await granted(one, "ada@example.com")) == 2


async def test_a_request_that_may_not_be_answered_is_explained_to_the_person(
    http: httpx2.AsyncClient, claude: Program
) -> None:
    for changes, words in [
        ({"client_id": "nobody"}, "Start again in the program"),
        ({"redirect_uri": "https://evil.example/callback"}, "an address that it did not announce"),
    ]:
        response = await http.get(claude.url(**changes))
        assert (response.status_code, words in response.text, "location" in response.headers) == (400, True, False)


async def test_a_wrong_request_leads_a_stranger_nowhere_but_to_sign_in(
    http: httpx2.AsyncClient, claude: Program
) -> None:
    """An address of this server that forwards to any site would lend its name to whoever registers one."""
    wrong = claude.url(response_type="token")
    assert (await http.get(wrong)).headers["location"].startswith("/sign-in?return_to=")
    await sign_in(http, "ada@example.com")
    response = await http.get(wrong)
    assert response.headers["location"].startswith(f"{claude.redirect_uri}?error=unsupported_response_type")


async def test_a_program_that_wants_no_page_shown_hears_that_a_person_has_to_decide(
    http: httpx2.AsyncClient, claude: Program
) -> None:
    """By itself it forwards no stranger: an address that does would lend this server's name to any site."""
    silent = claude.url(prompt="none")
    assert (await http.get(silent)).headers["location"].startswith("/sign-in?return_to=")
    await sign_in(http, "ada@example.com")
    told = await http.get(silent)
    assert told.status_code == 303
    assert told.headers["location"].startswith(f"{claude.redirect_uri}?error=consent_required")


async def test_a_program_is_shown_by_what_it_says_and_never_as_more(weir: Served, http: httpx2.AsyncClient) -> None:
    await sign_in(http, "ada@example.com")
    name = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'>"
    async with program(weir.url, name) as hostile:
        page = await http.get(hostile.url())
        assert page.status_code == 200
        assert "<img" not in page.text
        assert "<script" not in page.text
        assert "&lt;img src=x onerror=alert(1)&gt;" in page.text
        assert "It calls itself" in page.text
        assert "a program on this computer (127.0.0.1)" in page.text
        await http.post("/authorize", data=form(page.text).fields | {"decision": "allow"})
    connections = (await http.get("/connections")).text
    assert "&lt;img src=x onerror=alert(1)&gt;" in connections
    assert "<img" not in connections


async def test_where_the_answer_goes_is_said_in_words(weir: Served, http: httpx2.AsyncClient) -> None:
    await sign_in(http, "ada@example.com")
    for uri, words in [
        ("https://claude.ai/api/mcp/auth_callback", "<strong>claude.ai</strong>"),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "that opens <code>cursor:</code> links"),
    ]:
        asking = Program(weir.url, uri)
        await asking.register("An assistant")
        page = await http.get(asking.url())
        assert words in page.text
        left = await http.post("/authorize", data=form(page.text).fields | {"decision": "allow"})
        assert f'content="0;url={uri}?code=' in left.text
        assert f'<a href="{uri}?code=' in left.text


async def test_a_program_with_a_document_is_shown_with_the_domain_that_publishes_it(
    tmp_path: Path, isolated: None
) -> None:
    client_id, uri = "https://programs.example/assistant.json", "http://127.0.0.1:4711/callback"
    document = {"client_id": client_id, "client_name": "An assistant", "redirect_uris": [uri]}

    async def publish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    publisher = await asyncio.start_server(publish, "127.0.0.1", 0)
    place = f"http://127.0.0.1:{publisher.sockets[0].getsockname()[1]}/assistant.json"
    settings = load(home=tmp_path / "home", providers="sandbox", auth="builtin")
    async with (
        publisher,
        app.opened(settings, documents=Documents(allow={client_id: place})) as weir,
        listening(weir) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        await weir.identity.people.add("ada@example.com", "Ada", password=PASSWORD)
        await sign_in(http, "ada@example.com")
        page = await http.get(Program(url, uri, client_id).url())
    assert "<bdi>An assistant</bdi>, published by <strong>programs.example</strong> (checked)" in page.text
    assert "Nobody has checked" not in page.text
