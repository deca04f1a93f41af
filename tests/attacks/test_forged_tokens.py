"""Tokens that somebody made, altered, or got for something else."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

from tests.access.firm import Firm
from tests.attacks.attacker import allowed, attacked, browser, challenged, connected, post, program
from tests.oauth.test_documents import publishing

pytestmark = pytest.mark.asyncio(loop_scope="module")

Forge = Callable[["Blank"], str]


class Blank:
    """A good token, and what it takes to make others like it."""

    def __init__(self, token: str, published: Mapping[str, Any], private: ECKey) -> None:
        self.token, self.published, self.private = token, published, private
        self.header, self.claims = (json.loads(_bytes(part)) for part in token.split(".")[:2])

    def signed(self, header: Mapping[str, Any] | None = None, key: ECKey | None = None, **claims: Any) -> str:
        """As the server would sign it, or by another key, with no library to object; what is None is left out."""
        text = f"{_part(self.header | (header or {}))}.{_part(self.claims | claims)}"
        private = (key or self.private).private_key
        assert private is not None
        r, s = decode_dss_signature(private.sign(text.encode(), ECDSA(SHA256())))
        return f"{text}.{_text(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def unsigned(self, **header: Any) -> str:
        """Header and claims, without a signature."""
        return f"{_part(self.header | header)}.{_part(self.claims)}."

    def keyed(self, secret: bytes) -> str:
        """By HMAC with what everybody knows as the secret."""
        signed = f"{_part(self.header | {'alg': 'HS256'})}.{_part(self.claims)}"
        return f"{signed}.{_text(hmac.digest(secret, signed.encode(), 'sha256'))}"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _part(content: Mapping[str, Any]) -> str:
    return _text(json.dumps({name: value for name, value in content.items() if value is not None}).encode())


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def blank(weir: Firm) -> Blank:
    """A fresh token of Ada's."""
    token = (await connected(weir)).tokens["access_token"]
    async with browser(weir) as http:
        keys = (await http.get("/.well-known/jwks.json")).json()["keys"]
    return Blank(token, keys[0], (await weir.served.weir.authorization.keys.current()).key)


STRANGERS = ECKey.generate_key("P-256")
THEIRS = STRANGERS.as_dict(private=False)


def _public(one: Blank) -> ECKey:
    return ECKey.import_key(dict(one.published))


FORGERIES: dict[str, Forge] = {
    "alg none": lambda one: one.unsigned(alg="none"),
    "alg nOnE": lambda one: one.unsigned(alg="nOnE"),
    "alg none with the old signature": lambda one: one.unsigned(alg="none") + one.token.split(".")[2],
    "no alg": lambda one: one.unsigned(alg=None),
    "no signature": lambda one: one.unsigned(),
    "a signature of zeros": lambda one: one.unsigned() + _text(bytes(64)),
    "an empty DER signature": lambda one: one.unsigned() + _text(b"0\x06\x02\x01\x00\x02\x01\x00"),
    "HS256 with the public key as PEM": lambda one: one.keyed(_public(one).as_pem(private=False)),
    "HS256 with the public key as DER": lambda one: one.keyed(_public(one).as_der(private=False)),
    "HS256 with the public key as JSON": lambda one: one.keyed(json.dumps(one.published).encode()),
    "HS256 with an empty secret": lambda one: one.keyed(b""),
    "another key under the same kid": lambda one: one.signed(key=STRANGERS),
    "another key, embedded as jwk": lambda one: one.signed({"jwk": THEIRS}, STRANGERS),
    "another key under its own kid": lambda one: one.signed({"kid": "mine"}, STRANGERS),
    "a kid that is a path": lambda one: one.signed({"kid": "../../../../dev/null"}),
    "a kid that is SQL": lambda one: one.signed({"kid": "x' UNION SELECT private_key --"}),
    "no kid": lambda one: one.signed({"kid": ""}),
    "typ JWT, as ID tokens have": lambda one: one.signed({"typ": "JWT"}, nonce="n"),
    "typ logout+jwt": lambda one: one.signed({"typ": "logout+jwt"}),
    "no typ": lambda one: one.signed({"typ": ""}),
    "a foreign issuer": lambda one: one.signed(iss="https://elsewhere.example"),
    "the issuer below /mcp": lambda one: one.signed(iss=f"{one.claims['iss']}/mcp"),
    "a foreign audience": lambda one: one.signed(aud="https://elsewhere.example/mcp"),
    "no audience": lambda one: one.signed(aud=None),
    "an audience that begins like ours": lambda one: one.signed(aud=f"{one.claims['aud']}.evil.example"),
    "a list of audiences": lambda one: one.signed(aud=[one.claims["aud"], "https://elsewhere.example"]),
    "expired": lambda one: one.signed(iat=int(time.time()) - 900, exp=int(time.time()) - 60),
    "no exp": lambda one: one.signed(exp=None),
    "issued tomorrow": lambda one: one.signed(iat=int(time.time()) + 86_400, exp=int(time.time()) + 90_000),
    "exp that is no number": lambda one: one.signed(exp="never"),
    "a connection that does not exist": lambda one: one.signed(sid="0" * 32),
    "no connection": lambda one: one.signed(sid=None),
    "more scope in the payload": lambda one: ".".join(
        [one.token.split(".")[0], _part(one.claims | {"scope": "admin"}), one.token.split(".")[2]]
    ),
    "its last characters changed": lambda one: one.token[:-6] + "AAAAAA",
    "five parts, as encrypted tokens have": lambda one: f"{one.token}.e30.e30",
    "two tokens in a row": lambda one: one.token + one.token,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=list(FORGERIES))
async def test_a_token_that_the_server_did_not_issue_like_that_opens_nothing(weir: Firm, forge: Forge) -> None:
    one = await blank(weir)
    assert (await post(weir, Authorization=f"Bearer {one.token}")).status_code == 200
    challenged(weir, await post(weir, Authorization=f"Bearer {forge(one)}"))


@pytest.mark.parametrize("name", ["jku", "x5u", "x5c", "jwk"])
@pytest.mark.parametrize("kid", ["its own kid", "the server's kid"])
async def test_a_header_that_names_other_keys_is_not_followed(weir: Firm, name: str, kid: str) -> None:
    one = await blank(weir)
    async with publishing() as publisher:
        publisher.say({"keys": [{**THEIRS, "kid": "theirs", "use": "sig", "alg": "ES256"}]})
        places = {"jku": publisher.url, "x5u": publisher.url, "x5c": [_text(b"certificate")], "jwk": THEIRS}
        header = {name: places[name], "kid": "theirs" if kid == "its own kid" else one.header["kid"]}
        challenged(weir, await post(weir, Authorization=f"Bearer {one.signed(header, STRANGERS)}"))
        assert publisher.asked == []


async def test_a_token_of_another_weir_is_foreign_even_under_the_same_key_id(weir: Firm, tmp_path: Path) -> None:
    async with attacked(tmp_path / "other") as other:
        theirs = await blank(other)
    ours = await blank(weir)
    for forged in (theirs.token, ours.signed(key=theirs.private)):
        challenged(weir, await post(weir, Authorization=f"Bearer {forged}"))


async def test_what_else_the_server_hands_out_is_no_access_token(weir: Firm) -> None:
    one = await connected(weir)
    asking = await program(weir)
    unused = await allowed(weir, asking)
    for secret in (one.tokens["refresh_token"], one.code, unused, asking.client_id, one.connection.id):
        challenged(weir, await post(weir, Authorization=f"Bearer {secret}"))
    # Being shown at the wrong door did not use it up.
    assert "access_token" in await asking.tokens(unused)
