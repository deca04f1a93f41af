"""`/connections`: what people have let programs do, and how to end it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.routing import Route

from server.budgets import Budgets
from server.identity.audit import Audit
from server.identity.workspaces import Workspaces
from server.oauth.connections import Connection, Connections
from server.web.cards import Cards
from server.web.permissions import Bounds
from server.web.refusal import Refusal
from server.web.visit import Visit, Visits, go

_DONE = {
    "changed": "The connection is changed.",
    "ended": "The connection has ended. The program can do nothing with it any more.",
    "all": "All your connections have ended.",
}


class ConnectionsPage:
    """Everybody's own connections, and for administrators all of their workspace."""

    def __init__(
        self, connections: Connections, workspaces: Workspaces, budgets: Budgets, audit: Audit, bounds: Bounds
    ) -> None:
        self._connections = connections
        self._workspaces = workspaces
        self._audit = audit
        self._bounds = bounds
        self._cards = Cards(budgets, bounds)

    def routes(self, visits: Visits) -> Sequence[Route]:
        """The page and its forms."""
        return (
            visits.signed_in("/connections", self._show, "GET"),
            visits.signed_in("/connections/end-all", self._end_all, "POST"),
            visits.signed_in("/connections/{id}/change", self._change, "POST"),
            visits.signed_in("/connections/{id}/end", self._end, "POST"),
        )

    async def _show(self, visit: Visit) -> Response:
        return await self._page(visit, {}, "", QueryParams())

    async def _page(self, visit: Visit, errors: Mapping[str, str], wrong: str, fields: QueryParams) -> Response:
        """The page; `wrong` is the connection whose form has `errors`."""
        names = {one.workspace: one.name for one in await self._workspaces.of(visit.user.id)}
        own = await self._connections.of(visit.user.id)
        return visit.page(
            "connections.html",
            400 if errors else 200,
            own=await self._cards.of(own, names),
            others=await self._cards.of(await self._of_others(visit), names),
            toolsets=self._bounds.toolsets,
            errors=errors,
            wrong=wrong,
            fields=fields,
            done=_DONE.get(visit.request.query_params.get("done", "")),
        )

    async def _change(self, visit: Visit) -> Response:
        fields = await visit.form()
        connection = await self._mine(visit)
        try:
            limit = self._bounds.limit_in(fields) if "limit" in fields else connection.monthly_limit
        except ValueError as error:
            return await self._page(visit, {f"limit-{connection.id}": str(error)}, connection.id, fields)
        toolsets = self._bounds.toolsets_in(fields)
        await self._connections.change(connection.id, toolsets=toolsets, monthly_limit=limit)
        await self._record(visit, "connection.changed", connection)
        return go("/connections?done=changed")

    async def _end(self, visit: Visit) -> Response:
        await visit.form()
        await self._revoke(visit, await self._mine(visit))
        return go("/connections?done=ended")

    async def _end_all(self, visit: Visit) -> Response:
        await visit.form()
        for connection in await self._connections.of(visit.user.id):
            await self._revoke(visit, connection)
        return go("/connections?done=all")

    async def _revoke(self, visit: Visit, connection: Connection) -> None:
        if await self._connections.revoke(connection.id, f"ended by {visit.user.email}"):
            await self._record(visit, "connection.revoked", connection)

    async def _record(self, visit: Visit, event: str, connection: Connection) -> None:
        await self._audit.record(
            event,
            workspace=connection.workspace,
            member=connection.member,
            client=connection.client_name,
            connection=connection.id,
            by=visit.user.email,
        )

    async def _mine(self, visit: Visit) -> Connection:
        """The connection that the address names, where the person may touch it."""
        own = await self._connections.of(visit.user.id)
        for connection in (*own, *await self._of_others(visit)):
            if connection.id == visit.request.path_params["id"]:
                return connection
        raise Refusal("There is no such connection any more.", fix="Look at the list again.", status=404)

    async def _of_others(self, visit: Visit) -> Sequence[Connection]:
        """Other people's and machines' connections to the workspaces that the person administers."""
        return [
            connection
            for workspace in await self._workspaces.administered(visit.user.id)
            for connection in await self._connections.in_workspace(workspace)
            if connection.user_id != visit.user.id
        ]
