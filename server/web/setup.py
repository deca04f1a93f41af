"""`/setup/<token>` and `/password/<token>`: links that work once, and end with a signed-in browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.domain.errors import InvalidInput
from server.identity.attempts import Attempts
from server.identity.invitations import Invitation, Invitations, Purpose, unusable
from server.identity.password import SHORTEST
from server.identity.people import User
from server.web.destination import HOME
from server.web.refusal import Refusal
from server.web.visit import Visit, Visits, go


class SetupPages:
    """The first person's page, and the page to choose a password."""

    def __init__(self, invitations: Invitations, attempts: Attempts, address: Callable[[Request], str]) -> None:
        self._invitations = invitations
        self._attempts = attempts
        self._address = address

    def routes(self, visits: Visits) -> Sequence[Route]:
        """The pages."""
        return (
            visits.route("/setup/{token}", self._show_setup, "GET"),
            visits.route("/setup/{token}", self._set_up, "POST"),
            visits.route("/password/{token}", self._show_password, "GET"),
            visits.route("/password/{token}", self._choose, "POST"),
        )

    async def _show_setup(self, visit: Visit) -> Response:
        await self._invitation(visit, Purpose.SETUP)
        return _setup_page(visit, {}, {})

    async def _set_up(self, visit: Visit) -> Response:
        fields = await visit.form()
        email, name, password = (fields.get(field, "") for field in ("email", "name", "password"))
        try:
            user = await self._invitations.use_setup(_token(visit), email, name, password)
        except InvalidInput as error:
            return _setup_page(visit, _wrong(error, ("email", "name", "password")), fields)
        return await self._enter(visit, user, "setup")

    async def _show_password(self, visit: Visit) -> Response:
        invitation = await self._invitation(visit, Purpose.PASSWORD)
        return _password_page(visit, {}, invitation)

    async def _choose(self, visit: Visit) -> Response:
        fields = await visit.form()
        invitation = await self._invitation(visit, Purpose.PASSWORD)
        try:
            user = await self._invitations.use_password(_token(visit), fields.get("password", ""))
        except InvalidInput as error:
            return _password_page(visit, _wrong(error, ("password",)), invitation)
        return await self._enter(visit, user, "password")

    async def _enter(self, visit: Visit, user: User, method: str) -> Response:
        address = self._address(visit.request)
        visit.token = await self._attempts.signed_in(user, method, address=address)
        return go(HOME)

    async def _invitation(self, visit: Visit, purpose: Purpose) -> Invitation:
        found = await self._invitations.look(_token(visit))
        if found is None or found.purpose is not purpose:
            error = unusable()
            raise Refusal(error.message, fix=error.fix or "", status=404)
        return found


def _token(visit: Visit) -> str:
    return visit.request.path_params["token"]


def _wrong(error: InvalidInput, fields: Sequence[str]) -> Mapping[str, str]:
    """What is wrong with a field of the form; anything else is for the whole page."""
    if error.field is None or error.field not in fields:
        raise error
    message = error.message.removeprefix(f"{error.field} ")
    return {error.field: f"{message[:1].upper()}{message[1:]} {error.fix or ''}".strip()}


def _setup_page(visit: Visit, errors: Mapping[str, str], fields: Mapping[str, str]) -> Response:
    email, name = fields.get("email", ""), fields.get("name", "")
    return visit.page("setup.html", 400 if errors else 200, errors=errors, email=email, name=name, shortest=SHORTEST)


def _password_page(visit: Visit, errors: Mapping[str, str], invitation: Invitation) -> Response:
    email = invitation.user.email if invitation.user else ""
    return visit.page("password.html", 400 if errors else 200, errors=errors, email=email, shortest=SHORTEST)
