"""`/keys`: personal keys, for command lines and scripts that sign nobody in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.routing import Route

from server.budgets import Budgets
from server.domain.errors import InvalidInput
from server.domain.money import FREE, Credits
from server.domain.principal import USUAL, Scope
from server.identity.keys import Key, Keys, NewKey
from server.identity.workspaces import Workspaces
from server.web.cards import Cards
from server.web.permissions import Bounds, number, offered, scopes_in
from server.web.refusal import Refusal
from server.web.visit import Visit, Visits, go

_DAYS = {"30": "30 days", "90": "90 days", "365": "a year", "": "until it is ended"}
_USUAL_DAYS = "90"


class KeysPage:
    """Everybody's own keys, and for administrators all of their workspace."""

    def __init__(
        self, keys: Keys, workspaces: Workspaces, budgets: Budgets, bounds: Bounds, clock: Callable[[], datetime]
    ) -> None:
        self._keys = keys
        self._workspaces = workspaces
        self._bounds = bounds
        self._cards = Cards(budgets, bounds)
        self._clock = clock

    def routes(self, visits: Visits) -> Sequence[Route]:
        """The page and its forms."""
        return (
            visits.signed_in("/keys", self._show, "GET"),
            visits.signed_in("/keys", self._create, "POST"),
            visits.signed_in("/keys/{id}/end", self._end, "POST"),
        )

    async def _show(self, visit: Visit) -> Response:
        return await self._page(visit, QueryParams(), {}, None)

    async def _create(self, visit: Visit) -> Response:
        fields = await visit.form()
        wanted, errors = self._wanted(visit, fields)
        if not errors:
            try:
                text, _ = await self._keys.create(wanted)
                return await self._page(visit, QueryParams(), {}, text)
            except InvalidInput as error:
                # Whoever is signed in is somebody, so it is the workspace that they do not belong to.
                errors = {"workspace" if error.field == "member" else error.field or "": error.message}
        return await self._page(visit, fields, errors, None)

    def _wanted(self, visit: Visit, fields: QueryParams) -> tuple[NewKey, dict[str, str]]:
        """What the form says, and what is wrong with it by field."""
        errors: dict[str, str] = {}
        name, days = fields.get("name", "").strip(), fields.get("days", _USUAL_DAYS)
        scopes = scopes_in(fields, Scope)
        if not name:
            errors["name"] = "Give the key a name, so that you know later what it is for."
        if not scopes:
            errors["scopes"] = "Allow at least one thing."
        if days not in _DAYS:
            errors["days"] = "Choose how long the key is valid."
        until = self._clock() + timedelta(days=int(days)) if days and days in _DAYS else None
        workspace, toolsets = fields.get("workspace", ""), self._bounds.toolsets_in(fields)
        limit = self._limit(fields, errors)
        return NewKey(name, workspace, visit.user.email, scopes, toolsets, limit, until), errors

    def _limit(self, fields: QueryParams, errors: dict[str, str]) -> Credits:
        try:
            return self._bounds.limit_in(fields)
        except ValueError as error:
            errors["limit"] = str(error)
            return FREE

    async def _end(self, visit: Visit) -> Response:
        await visit.form()
        own, others = await self._own(visit), await self._of_others(visit)
        key = next((one for one in (*own, *others) if one.id == visit.request.path_params["id"]), None)
        if key is None:
            raise Refusal("There is no such key any more.", fix="Look at the list again.", status=404)
        await self._keys.revoke(key.id, by=visit.user.email)
        return go("/keys?done=ended")

    async def _own(self, visit: Visit) -> Sequence[Key]:
        return self._live(await self._keys.of(visit.user.id))

    async def _of_others(self, visit: Visit) -> Sequence[Key]:
        administered = await self._workspaces.administered(visit.user.id)
        keys = [key for workspace in administered for key in await self._keys.of_workspace(workspace)]
        return self._live([key for key in keys if key.user_id != visit.user.id])

    def _live(self, keys: Sequence[Key]) -> Sequence[Key]:
        now = self._clock()
        return [key for key in keys if key.revoked_at is None and (key.expires_at is None or key.expires_at > now)]

    async def _page(self, visit: Visit, fields: QueryParams, errors: Mapping[str, str], new: str | None) -> Response:
        memberships = await self._workspaces.of(visit.user.id)
        names = {one.workspace: one.name for one in memberships}
        return visit.page(
            "keys.html",
            400 if errors else 200,
            own=await self._cards.of(await self._own(visit), names),
            others=await self._cards.of(await self._of_others(visit), names),
            new=new,
            endpoint=f"{visit.base}/mcp",
            ended=visit.request.query_params.get("done") == "ended",
            errors=errors,
            fields=fields,
            memberships=memberships,
            scopes=offered(Scope, memberships),
            ticked=fields.getlist("scope") if errors else [scope.value for scope in USUAL],
            toolsets=self._bounds.toolsets,
            toolsets_ticked=fields.getlist("toolset") if errors else [one.name for one in self._bounds.toolsets],
            limit=fields.get("limit", number(self._bounds.usual_limit)),
            days=_DAYS,
            chosen_days=fields.get("days", _USUAL_DAYS),
        )
