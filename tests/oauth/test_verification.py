"""Which access tokens are believed, and by which keys."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from server.oauth.bearer import TokenRefused
from server.oauth.signing import SigningKeys
from server.storage.database import Database
from tests.databases import Clock
from tests.oauth.door import Door


async def forged(site: Door, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """A token signed with the server's own key, as nobody but the server could, with changes."""
    client_id = (await site.register())["client_id"]
    token = (await site.tokens(client_id))["access_token"]
    real = dict((await site.authorization.keys.current()).key.as_dict(private=True))
    said = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    kid = (await site.authorization.keys.current()).kid
    changed = {name: value for name, value in (said | claims).items() if value is not None}
    return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": kid, **(header or {})}, changed, ECKey.import_key(real))


async def test_the_way_that_tokens_are_forged_here_gives_good_ones(site: Door) -> None:
    await site.authorization.tokens.verify(await forged(site), site.url)


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"typ": "JWT"}, {}),
        ({"typ": "id_token"}, {}),
        ({"kid": "unknown"}, {}),
        ({}, {"iss": "https://elsewhere.example"}),
        ({}, {"aud": "https://elsewhere.example/mcp"}),
        ({}, {"exp": None}),
        ({}, {"exp": 1}),
        ({}, {"iat": 99_999_999_999}),
        ({}, {"sid": "unknown"}),
        ({}, {"sid": None}),
        ({}, {"sub": None}),
        ({}, {"client_id": None}),
    ],
)
async def test_a_token_that_differs_in_anything_opens_nothing(
    site: Door, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    token = await forged(site, header, **claims)
    with pytest.raises(TokenRefused):
        await site.authorization.tokens.verify(token, site.url)


async def test_the_public_key_is_no_secret_to_sign_with(site: Door) -> None:
    good = await forged(site)
    (public,) = (await site.http.get("/.well-known/jwks.json")).json()["keys"]
    claims = json.loads(base64.urlsafe_b64decode(good.split(".")[1] + "=="))
    pem = ECKey.import_key(public).as_pem(private=False)
    header = {"typ": "at+jwt", "kid": public["kid"]}
    signed = f"{_part({**header, 'alg': 'HS256'})}.{_part(claims)}"
    confused = f"{signed}.{_text(hmac.digest(pem, signed.encode(), 'sha256'))}"
    none = ".".join([_part({**header, "alg": "none"}), _part(claims), ""])
    other = jwt.encode({**header, "alg": "ES256"}, claims, ECKey.generate_key("P-256"))
    other_kid = jwt.encode(
        {**header, "alg": "ES256", "jwk": public}, claims, ECKey.generate_key("P-256"), algorithms=["ES256"]
    )
    for token in (confused, none, other, other_kid, good[:-4] + "AAAA"):
        with pytest.raises(TokenRefused):
            await site.authorization.tokens.verify(token, site.url)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "..",
        "a.b.c",
        "eyJ.eyJ.x",
        "ey" + "A" * 5000 + "..",
        base64.urlsafe_b64encode(b"[" * 2500).decode() + ".e30.AA",
        base64.urlsafe_b64encode(b"[1]").decode() + ".e30.AA",
        base64.urlsafe_b64encode(b'"x"').decode() + ".e30.AA",
        base64.urlsafe_b64encode(b"null").decode() + ".e30.AA",
        base64.urlsafe_b64encode(b'{"alg":"ES256","typ":"at+jwt","kid":7}').decode() + ".e30.AA",
        base64.urlsafe_b64encode(b'{"alg":"ES256","typ":"at+jwt","kid":"\\u0000"}').decode() + ".e30.AA",
        "ü.é.ñ",
    ],
)
async def test_what_is_no_token_is_refused_in_words(site: Door, token: str) -> None:
    with pytest.raises(TokenRefused, match="token"):
        await site.authorization.tokens.verify(token, site.url)


async def test_a_token_is_good_under_the_address_it_was_issued_for_only(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    token = (await site.tokens(client_id))["access_token"]
    await site.authorization.tokens.verify(token, site.url)
    with pytest.raises(TokenRefused, match="another address"):
        await site.authorization.tokens.verify(token, site.url.replace("127.0.0.1", "localhost"))


async def test_keys_change_every_thirty_days_and_old_tokens_stay_good(stored_site: Door) -> None:
    site = stored_site
    client_id = (await site.register())["client_id"]
    tokens = await site.tokens(client_id)
    first = (await site.authorization.keys.current()).kid
    site.clock.advance(days=29)
    tokens = (await site.refresh(client_id, tokens["refresh_token"])).json()
    assert (await site.authorization.keys.current()).kid == first
    site.clock.advance(hours=23, minutes=59)
    last = (await site.refresh(client_id, tokens["refresh_token"])).json()
    site.clock.advance(minutes=1)
    new = (await site.refresh(client_id, last["refresh_token"])).json()
    second = (await site.authorization.keys.current()).kid
    assert second != first
    for token in (last, new):
        await site.authorization.tokens.verify(token["access_token"], site.url)
    published = (await site.http.get("/.well-known/jwks.json")).json()["keys"]
    assert [key["kid"] for key in published] == [second, first]
    site.clock.advance(hours=2, minutes=1)
    await site.authorization.sweep()
    published = (await site.http.get("/.well-known/jwks.json")).json()["keys"]
    assert [key["kid"] for key in published] == [second]


async def test_replicas_agree_on_the_key_and_know_each_others(database: Database, clock: Clock) -> None:
    here, there = SigningKeys(database, clock), SigningKeys(database, clock)
    assert (await here.current()).kid == (await there.current()).kid
    clock.advance(days=30)
    changed = await here.current()
    assert await there.find(changed.kid) is not None
    assert (await there.current()).kid == changed.kid


async def test_a_token_that_was_seen_before_costs_microseconds(site: Door) -> None:
    client_id = (await site.register())["client_id"]
    token = (await site.tokens(client_id))["access_token"]
    verify = site.authorization.tokens.verify
    await verify(token, site.url)

    async def spent() -> float:
        started = time.process_time()
        for _ in range(500):
            await verify(token, site.url)
        return (time.process_time() - started) / 500

    assert min([await spent() for _ in range(5)]) < 100e-6


def _part(content: Mapping[str, Any]) -> str:
    return _text(json.dumps(content).encode())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
