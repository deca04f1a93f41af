"""`/sign-in` and `/sign-out`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.identity.attempts import Attempts
from server.identity.sign_ins import SignIns
from server.web.destination import HOME, local
from server.web.visit import Visit, Visits, go

_WRONG = {"email": "Nobody has this e-mail address and password. Check both."}


class SignInPages:
    """Signing in and out. `provider` names the OpenID provider that people may sign in through as well."""

    def __init__(
        self, sign_ins: SignIns, attempts: Attempts, address: Callable[[Request], str], provider: str | None = None
    ) -> None:
        self._sign_ins = sign_ins
        self._attempts = attempts
        self._address = address
        self._provider = provider

    def routes(self, visits: Visits) -> Sequence[Route]:
        """The pages."""
        return (
            visits.route("/sign-in", self._show, "GET"),
            visits.route("/sign-in", self._sign_in, "POST"),
            visits.route("/sign-out", self._sign_out, "POST"),
        )

    async def _show(self, visit: Visit) -> Response:
        return_to = local(visit.request.query_params.get("return_to", HOME))
        return go(return_to) if visit.sign_in else self._page(visit, return_to)

    async def _sign_in(self, visit: Visit) -> Response:
        fields = await visit.form()
        email, return_to = fields.get("email", ""), local(fields.get("return_to", HOME))
        address = self._address(visit.request)
        # The new token is never the one from before, which somebody else may have put into the browser.
        token = await self._attempts.sign_in(email, fields.get("password", ""), address=address)
        if token is None:
            return self._page(visit, return_to, email)
        if visit.sign_in is not None:
            await self._sign_ins.end(visit.token)
        visit.token = token
        return go(return_to)

    def _page(self, visit: Visit, return_to: str, email: str | None = None) -> Response:
        """The form; with an `email`, after it was tried in vain."""
        return visit.page(
            "sign_in.html",
            200 if email is None else 403,
            errors={} if email is None else _WRONG,
            email=email or "",
            return_to=return_to,
            asked=return_to.partition("?")[0].endswith("/authorize"),
            provider=self._provider,
            openid_query=urlencode({"return_to": return_to}),
        )

    async def _sign_out(self, visit: Visit) -> Response:
        await visit.form()
        await self._sign_ins.end(visit.token)
        visit.token = ""
        return go("/sign-in")
