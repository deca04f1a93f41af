"""`/account`: a person's password, and the browsers that they are signed in with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.domain.errors import InvalidInput
from server.identity.attempts import Attempts
from server.identity.password import SHORTEST
from server.identity.people import People
from server.identity.sign_ins import SignIns
from server.web.visit import Visit, Visits, go


class AccountPage:
    """Whoever is signed in, and how."""

    def __init__(
        self, people: People, sign_ins: SignIns, attempts: Attempts, address: Callable[[Request], str]
    ) -> None:
        self._people = people
        self._sign_ins = sign_ins
        self._attempts = attempts
        self._address = address

    def routes(self, visits: Visits) -> Sequence[Route]:
        """The page and its forms."""
        return (
            visits.signed_in("/account", self._show, "GET"),
            visits.signed_in("/account/password", self._change, "POST"),
            visits.signed_in("/account/sign-out", self._sign_out, "POST"),
        )

    async def _show(self, visit: Visit) -> Response:
        return _page(visit, {})

    async def _change(self, visit: Visit) -> Response:
        fields = await visit.form()
        address = self._address(visit.request)
        user = await self._attempts.check(visit.user.email, fields.get("current", ""), address)
        if user is None:
            return _page(visit, {"current": "This is not your password."})
        try:
            await self._people.set_password(user.id, fields.get("password", ""))
        except InvalidInput as error:
            return _page(visit, {"password": f"{error.message} {error.fix or ''}".strip()})
        # Whoever knew the old password may sit at another browser.
        await self._sign_ins.end_all(user.id)
        visit.token = await self._attempts.signed_in(user, "password", address=address)
        return go("/account?done=changed")

    async def _sign_out(self, visit: Visit) -> Response:
        await visit.form()
        await self._sign_ins.end_all(visit.user.id)
        visit.token = ""
        return go("/sign-in")


def _page(visit: Visit, errors: Mapping[str, str]) -> Response:
    assert visit.sign_in is not None
    return visit.page(
        "account.html",
        400 if errors else 200,
        errors=errors,
        elsewhere=visit.sign_in.method == "openid",
        changed=visit.request.query_params.get("done") == "changed",
        shortest=SHORTEST,
    )
