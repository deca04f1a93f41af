"""Who may decide about spending on a page: whoever signed in for it, or whoever has the operator's code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from starlette.datastructures import QueryParams
from starlette.routing import Route

from server.domain.approval import Approval
from server.domain.errors import TooManyAttempts
from server.identity.throttle import Throttle
from server.identity.workspaces import Role, Workspaces
from server.web.approval_code import is_same
from server.web.visit import Handler, Visit, Visits

OPERATOR = "operator"
_GUESSES = 5
_DAY = timedelta(days=1)


class WrongCode(Exception):
    """Somebody typed a code that is not the operator's; with `last`, for the last time."""

    def __init__(self, *, last: bool) -> None:
        super().__init__("wrong code")
        self.last = last


class Judge(Protocol):
    """Tells who may decide."""

    @property
    def asks_code(self) -> bool:
        """Whether the page has a field for the code."""
        ...

    @property
    def on_page(self) -> bool:
        """Whether anybody can decide on a page at all."""
        ...

    def routes(self, visits: Visits, path: str, show: Handler, decide: Handler) -> Sequence[Route]:
        """The routes of a page, for whom this judge lets see it."""
        ...

    async def may_see(self, visit: Visit, approval: Approval) -> bool:
        """Whether the visitor may see the request."""
        ...

    async def name(self, visit: Visit, approval: Approval, fields: QueryParams) -> str:
        """Who decides, of those who may see it; `WrongCode` where that is nobody who may."""
        ...


class People:
    """The member who asks, and the administrators of the workspace, once they have signed in."""

    asks_code = False
    on_page = True

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    def routes(self, visits: Visits, path: str, show: Handler, decide: Handler) -> Sequence[Route]:
        """For who has signed in."""
        return visits.signed_in(path, show, "GET"), visits.signed_in(path, decide, "POST")

    async def may_see(self, visit: Visit, approval: Approval) -> bool:
        """Whether it is about the visitor's own spending, or that of a workspace that they administer."""
        memberships = {one.workspace: one.role for one in await self._workspaces.of(visit.user.id)}
        role = memberships.get(approval.workspace)
        return role is Role.ADMIN or (role is not None and visit.user.email == approval.member)

    async def name(self, visit: Visit, approval: Approval, fields: QueryParams) -> str:
        """Whoever has signed in."""
        return visit.user.email


class Code:
    """Whoever types the code in the operator's terminal: the link is no proof, because the assistant has it too.

    Without a `code` nobody can decide on a page.
    """

    asks_code = True

    def __init__(self, code: str | None, throttle: Throttle) -> None:
        self._code = code
        self._throttle = throttle

    @property
    def on_page(self) -> bool:
        """Whether this process printed a code."""
        return self._code is not None

    def routes(self, visits: Visits, path: str, show: Handler, decide: Handler) -> Sequence[Route]:
        """For anybody who has the link."""
        return visits.route(path, show, "GET"), visits.route(path, decide, "POST")

    async def may_see(self, visit: Visit, approval: Approval) -> bool:
        """Whoever has the link may look."""
        return True

    async def name(self, visit: Visit, approval: Approval, fields: QueryParams) -> str:
        """The operator, if the form holds the code; five guesses for a request, and no more."""
        try:
            await self._throttle.count(f"approval:{approval.id}", _GUESSES, _DAY)
        except TooManyAttempts:
            raise WrongCode(last=True) from None
        if self._code is None or not is_same(self._code, fields.get("code", "")):
            raise WrongCode(last=False)
        return OPERATOR
