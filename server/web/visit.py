"""One request of a person's browser, and what every page does with it."""

from __future__ import annotations

import math
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from server.domain.errors import StorageUnavailable, TooManyAttempts, WeirError
from server.domain.site import Site
from server.identity.people import User
from server.identity.sign_ins import SignIn, SignIns
from server.web import cookie, form
from server.web.pages import PRIVATE, private, refused
from server.web.refusal import Refusal, not_here


@dataclass(slots=True)
class Visit:
    """Who asks for what, from where."""

    request: Request
    base: str
    """The URL of this server as the browser sees it."""
    token: str
    """What the browser's cookie holds when it has its answer; empty to forget it."""
    sign_in: SignIn | None

    @property
    def user(self) -> User:
        """Whoever is signed in; for pages that nobody else sees."""
        assert self.sign_in is not None
        return self.sign_in.user

    @property
    def here(self) -> str:
        """Path and query of the request, to come back to."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    async def form(self) -> QueryParams:
        """The fields of a form of ours; `Refusal` for any other."""
        return await form.read(self.request, self.base, self.token)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page with a seal for its forms, and the person whom it is for."""
        user = self.sign_in.user if self.sign_in else None
        return private(template, status, seal=form.seal(self.token), user=user, **values)


Handler: TypeAlias = Callable[[Visit], Awaitable[Response]]


class Visits:
    """Turns handlers of visits into routes."""

    def __init__(self, site: Site, sign_ins: SignIns) -> None:
        self._site = site
        self._sign_ins = sign_ins

    def route(self, path: str, handler: Handler, *methods: str) -> Route:
        """A route for anybody."""

        async def answer(request: Request) -> Response:
            base = self._site.base(request.headers.get("host", ""))
            if base is None:
                return refused(not_here())
            return await self._answer(request, base, handler)

        return Route(path, answer, methods=list(methods))

    def signed_in(self, path: str, handler: Handler, *methods: str) -> Route:
        """A route for who has signed in; everybody else is sent to do so, and comes back."""

        async def only(visit: Visit) -> Response:
            return to_sign_in(visit) if visit.sign_in is None else await handler(visit)

        return self.route(path, only, *methods)

    async def _answer(self, request: Request, base: str, handler: Handler) -> Response:
        sent = cookie.read(request, base)
        try:
            signed_in = await self._sign_ins.current(sent) if sent else None
            visit = Visit(request, base, sent or secrets.token_urlsafe(32), signed_in)
            response = await handler(visit)
        except Refusal as refusal:
            return refused(refusal)
        except TooManyAttempts as error:
            return _too_many(error)
        except StorageUnavailable as error:
            return refused(Refusal(error.message, fix="Try again in a minute.", status=503))
        except WeirError as error:
            return refused(Refusal(error.message, fix=error.fix or ""))
        if visit.token and visit.token != sent:
            cookie.keep(response, base, visit.token)
        elif not visit.token:
            cookie.drop(response, base)
        return response


def go(path: str) -> Response:
    """Another page of this server, by GET."""
    return RedirectResponse(path, 303, PRIVATE)


def to_sign_in(visit: Visit) -> Response:
    """The page to sign in on, which leads back here; a form that was sent is not sent again."""
    if visit.request.method == "POST":
        return go("/sign-in")
    return go(f"/sign-in?{urlencode({'return_to': visit.here})}")


def _too_many(error: TooManyAttempts) -> Response:
    response = refused(Refusal(error.message, fix=error.fix or "", status=429))
    response.headers["Retry-After"] = str(math.ceil(error.retry_after.total_seconds()))
    return response
