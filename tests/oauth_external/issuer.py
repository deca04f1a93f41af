"""An identity provider of the operator's own, over real HTTP."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import uvicorn
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Key = RSAKey | ECKey | OKPKey
SECRET = OctKey.generate_key(256)
"""A shared secret that the provider publishes by mistake."""


@dataclass
class Issuer:
    """Its keys, what it publishes, and how it is at present."""

    url: str
    keys: dict[str, Key]
    """By key id; at first there is one for each algorithm, named like it."""
    openid: bool = True
    """Whether it has OpenID discovery, and not RFC 8414's only."""
    broken: bool = False
    named: str | None = None
    """What its metadata gives as issuer, where that is not its URL."""
    asked: list[str] = field(default_factory=list[str])

    def token(
        self, kid: str = "RS256", /, *, alg: str | None = None, kind: str | None = "at+jwt", **claims: Any
    ) -> str:
        """A token of that `typ`, in order but for what is given; a claim that is None is left out."""
        now = int(time.time())
        usual = {"iss": self.url, "sub": "u-1", "iat": now, "exp": now + 300, "scope": "enrich:read", "azp": "claude"}
        said = {name: value for name, value in (usual | claims).items() if value is not None}
        head = {"alg": alg or kid, "kid": kid} | ({"typ": kind} if kind else {})
        return jwt.encode(head, said, self.keys[kid], algorithms=[alg or kid])

    def published(self) -> dict[str, Any]:
        """The key set, with a shared secret in it that no token may be signed with."""
        public = [key.as_dict(private=False) | {"kid": name, "use": "sig"} for name, key in self.keys.items()]
        return {"keys": [*public, SECRET.as_dict() | {"kid": "HS256"}, {"kty": "future"}, 7]}

    async def answer(self, request: Request) -> Response:
        """Serve one request."""
        path = request.url.path
        self.asked.append(path)
        if self.broken:
            return JSONResponse({}, 500)
        if path == "/realm/jwks":
            return JSONResponse(self.published())
        ours = "/realm/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/realm"
        if path == ours[0 if self.openid else 1]:
            return JSONResponse({"issuer": self.named or self.url, "jwks_uri": f"{self.url}/jwks"})
        return JSONResponse({}, 404)


@cache
def first_keys() -> dict[str, Key]:
    """A key for each algorithm that is accepted, and for one that is not."""
    return {
        "RS256": RSAKey.generate_key(2048),
        "PS256": RSAKey.generate_key(2048),
        "ES256": ECKey.generate_key("P-256"),
        "ES384": ECKey.generate_key("P-384"),
        "EdDSA": OKPKey.generate_key("Ed25519"),
        "RS512": RSAKey.generate_key(2048),
    }


@asynccontextmanager
async def issuing() -> AsyncGenerator[Issuer]:
    """A provider on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    issuer = Issuer(f"http://127.0.0.1:{listener.getsockname()[1]}/realm", dict(first_keys()))
    app = Starlette(routes=[Route("/{path:path}", issuer.answer)])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield issuer
    finally:
        server.should_exit = True
        await running
