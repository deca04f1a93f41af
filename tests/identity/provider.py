"""An OpenID provider over real HTTP, where one person is signed in and always agrees."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "weir"
SECRET = "a secret & more"
ADA: dict[str, Any] = {"sub": "u-1", "email": "Ada@Example.com", "email_verified": True, "name": "Ada Lovelace"}


@cache
def key(name: str) -> RSAKey:
    """A key of that name."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@dataclass
class Provider:
    """Who is signed in there, and in what it deviates from the truth."""

    url: str
    person: dict[str, Any] = field(default_factory=ADA.copy)
    instead: dict[str, Any] = field(default_factory=dict[str, Any])
    """Claims of ID tokens that it gives a wrong value; None leaves a claim out."""
    answer: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    """The same for the parameters that it sends people back with."""
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    """The same for its discovery document."""
    short: bool = False
    """Whether its ID tokens hold the subject only, and userinfo the rest."""
    told_of: str = "u-1"
    """Whom userinfo speaks of."""
    signs_with: str = "published"
    header: dict[str, Any] = field(default_factory=dict[str, Any])
    """What else the header of its ID tokens holds."""
    asked: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    """The authorization requests that came."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    async def discovery(self, request: Request) -> Response:
        said = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "authorization_response_iss_parameter_supported": True,
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return JSONResponse(_changed(said, self.metadata))

    async def jwks(self, request: Request) -> Response:
        return JSONResponse({"keys": [key("published").as_dict(private=False)]})

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        said = _changed({"code": code, "state": asked["state"], "iss": self.url}, self.answer)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(said)}", 302)

    async def token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if _client(request) != (CLIENT, SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self.codes.pop(form["code"], None)
        if asked is None or _challenge(form["code_verifier"]) != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if form["redirect_uri"] != asked["redirect_uri"] or form["grant_type"] != "authorization_code":
            return JSONResponse({"error": "invalid_request"}, 400)
        return JSONResponse({"access_token": "at-1", "token_type": "Bearer", "id_token": self._id_token(asked)})

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        known = {"sub": self.person["sub"]} if self.short else self.person
        usual = {**known, "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        signer = key(self.signs_with)
        return jwt.encode({"alg": "RS256", "kid": "published"} | self.header, _changed(usual, self.instead), signer)

    async def userinfo(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer at-1":
            return JSONResponse({}, 401)
        return JSONResponse({**self.person, "sub": self.told_of})


def _changed(usual: dict[str, Any], instead: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (usual | instead).items() if value is not None}


def _challenge(verifier: str) -> str:
    """Of PKCE, by S256."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _client(request: Request) -> tuple[str, str]:
    """Who asks, by HTTP Basic."""
    given = b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
    name, _, secret = given.partition(":")
    return unquote(name), unquote(secret)


@asynccontextmanager
async def providing() -> AsyncGenerator[Provider]:
    """A provider on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    provider = Provider(f"http://127.0.0.1:{listener.getsockname()[1]}")
    routes = [
        Route("/.well-known/openid-configuration", provider.discovery),
        Route("/jwks", provider.jwks),
        Route("/authorize", provider.authorize),
        Route("/token", provider.token, methods=["POST"]),
        Route("/userinfo", provider.userinfo),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_config=None))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield provider
    finally:
        server.should_exit = True
        await running
