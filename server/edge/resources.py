"""The protocol's methods about resources, over the resources there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import mcp_types as types

from server.domain.errors import WeirError
from server.edge import fault
from server.edge.context import CallerOf, Context, principal_of
from server.edge.resource import Resource
from server.edge.scopes import require
from server.edge.tool import Caller


class Resources:
    """Lists and reads resources, in the order in which they were given."""

    def __init__(
        self, resources: Iterable[Resource], caller: CallerOf, widest: Literal["public", "private"] = "public"
    ) -> None:
        self._resources = tuple(resources)
        self._caller = caller
        self._widest: Literal["public", "private"] = widest

    def template(self, uri: str) -> Resource | None:
        """The resource whose URI is exactly this, `{name}` included."""
        return next((one for one in self._resources if one.several and uri == one.uri), None)

    async def list(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        """Every resource, those behind a template one by one where their names are known."""
        fault.refuse_cursor(params)
        caller = self._caller(principal_of(ctx))
        listed: list[types.Resource] = []
        for one in self._resources:
            if not one.several:
                listed += [_wire(one, uri, one.title, caller) for uri in one.uris]
            elif one.names is not None:
                listed += [_wire(one, one.uri_of(name), f"{one.title}: {name}", caller) for name in one.names(caller)]
        return types.ListResourcesResult(resources=listed)

    async def templates(
        self, ctx: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        """The URIs with a `{name}`."""
        fault.refuse_cursor(params)
        return types.ListResourceTemplatesResult(
            resource_templates=[
                types.ResourceTemplate(
                    name=one.slug,
                    title=one.title,
                    uri_template=one.uri,
                    description=one.description,
                    mime_type=one.mime_type,
                )
                for one in self._resources
                if one.several
            ]
        )

    def followable(self, uri: str, caller: Caller) -> tuple[Resource, str] | None:
        """The resource behind a URI and its name there; None where there is nothing that could be followed."""
        for one in self._resources:
            if one.follow is not None and (arguments := one.match(uri, caller)) is not None:
                return one, arguments["name"]
        return None

    async def read(self, ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        """The text behind a URI."""
        principal = principal_of(ctx)
        caller = self._caller(principal)
        for one in self._resources:
            if (arguments := one.match(params.uri, caller)) is not None:
                try:
                    require(principal, frozenset({one.scope}))
                    text = await one.write(caller, **arguments)
                except WeirError as error:
                    raise fault.failed(error) from error
                return types.ReadResourceResult(
                    contents=[
                        types.TextResourceContents(
                            uri=params.uri, mime_type=one.mime_type, text=text, _meta=_meta(one, caller)
                        )
                    ],
                    ttl_ms=round(one.minutes * 60_000),
                    cache_scope=self._widest if one.shared else "private",
                )
        raise fault.no_resource(ctx, params.uri)


def _meta(one: Resource, caller: Caller) -> dict[str, Any] | None:
    return None if one.meta is None else dict(one.meta(caller))


def _wire(one: Resource, uri: str, title: str, caller: Caller) -> types.Resource:
    return types.Resource(
        # The name tells resources apart, so that each alias and each member of a template has one of its own.
        name=uri.removeprefix("weir://"),
        title=title,
        uri=uri,
        description=one.description,
        mime_type=one.mime_type,
        _meta=_meta(one, caller),
    )
