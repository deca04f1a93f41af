"""The protocol's methods about resources, over the resources there are."""

from __future__ import annotations

from collections.abc import Iterable

import mcp_types as types

from server.domain.errors import WeirError
from server.edge import fault
from server.edge.context import CallerOf, Context, principal_of
from server.edge.resource import Resource


class Resources:
    """Lists and reads resources, in the order in which they were given."""

    def __init__(self, resources: Iterable[Resource], caller: CallerOf) -> None:
        self._resources = tuple(resources)
        self._caller = caller

    def template(self, uri: str) -> Resource | None:
        """The resource whose URI is exactly this, `{name}` included."""
        return next((one for one in self._resources if one.names is not None and uri == one.uri), None)

    async def list(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        """Every resource, those behind a template one by one."""
        fault.refuse_cursor(params)
        caller = self._caller(principal_of(ctx))
        listed: list[types.Resource] = []
        for one in self._resources:
            if one.names is None:
                listed += [_wire(one, uri, one.title) for uri in one.uris]
            else:
                listed += [_wire(one, one.uri_of(name), f"{one.title}: {name}") for name in one.names(caller)]
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
                if one.names is not None
            ]
        )

    async def read(self, ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        """The text behind a URI."""
        caller = self._caller(principal_of(ctx))
        for one in self._resources:
            if (arguments := one.match(params.uri, caller)) is not None:
                try:
                    text = await one.write(caller, **arguments)
                except WeirError as error:
                    raise fault.failed(error) from error
                return _read(one, params.uri, text)
        raise fault.no_resource(ctx, params.uri)


def _wire(one: Resource, uri: str, title: str) -> types.Resource:
    return types.Resource(
        # The name tells resources apart, so that each alias and each member of a template has one of its own.
        name=uri.removeprefix("weir://"),
        title=title,
        uri=uri,
        description=one.description,
        mime_type=one.mime_type,
    )


def _read(one: Resource, uri: str, text: str) -> types.ReadResourceResult:
    return types.ReadResourceResult(
        contents=[types.TextResourceContents(uri=uri, mime_type=one.mime_type, text=text)],
        ttl_ms=round(one.minutes * 60_000),
        cache_scope="public" if one.shared else "private",
    )
