"""Tells clients when a resource that they follow has changed, which bulk jobs do.

In the era of `initialize` a client subscribes to a resource, and is told on its session's stream. Since 2026-07-28 it
opens a stream of its own, which names all that it follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from server.domain.errors import InvalidInput, StorageUnavailable, WeirError
from server.edge import fault
from server.edge.context import CallerOf, Context, principal_of
from server.edge.resource import Follow
from server.edge.resources import Resources
from server.edge.scopes import require
from server.edge.tool import Caller

_PACE = 1.0
"""Seconds between two looks at a resource, and so between two notifications about it."""

_MOST = 1000
"""Resources that are followed at a time, by all clients together: each takes a look-up a second."""

_KEPT = "followed"
"""Where a connection keeps what follows resources for it, by URI."""

Tell = Callable[[str], Awaitable[None]]
"""Tells a client that the resource at a URI has changed."""


@dataclass(frozen=True, slots=True)
class _Followed:
    """A resource that a caller follows, as it was when they began to."""

    uri: str
    name: str
    caller: Caller
    follow: Follow
    seen: object

    async def report(self, tell: Tell) -> None:
        """Tell whenever the resource has changed, until it is gone."""
        seen = self.seen
        while True:
            await asyncio.sleep(_PACE)
            try:
                now = await self.follow(self.caller, self.name)
            except StorageUnavailable:
                continue
            except InvalidInput:
                return
            if now != seen:
                seen = now
                await tell(self.uri)


class Followers:
    """Serves the protocol's methods about changes, in both eras."""

    def __init__(self, resources: Resources, caller: CallerOf) -> None:
        self._resources = resources
        self._caller = caller
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, server: Server[Any]) -> None:
        """Register the methods, and say so."""

        async def discover(ctx: Context, params: types.RequestParams | None) -> types.DiscoverResult:
            return types.DiscoverResult(
                supported_versions=list(MODERN_PROTOCOL_VERSIONS),
                capabilities=_fixed_lists(server.get_capabilities(protocol_version=ctx.protocol_version)),
            )

        server.add_request_handler("server/discover", types.RequestParams, discover)
        server.add_request_handler("resources/subscribe", types.SubscribeRequestParams, self._subscribe)
        server.add_request_handler("resources/unsubscribe", types.UnsubscribeRequestParams, self._unsubscribe)
        server.add_request_handler("subscriptions/listen", types.SubscriptionsListenRequestParams, self._listen)

    async def _subscribe(self, ctx: Context, params: types.SubscribeRequestParams) -> types.EmptyResult:
        connection = _connection(ctx)
        (followed,) = await self._known(ctx, [params.uri])
        kept = _kept(connection)
        if followed.uri not in kept:
            kept[followed.uri] = self._begin(followed, connection.send_resource_updated)
        return types.EmptyResult()

    async def _unsubscribe(self, ctx: Context, params: types.UnsubscribeRequestParams) -> types.EmptyResult:
        task = _kept(_connection(ctx)).pop(params.uri, None)
        if task is None:
            raise fault.no_resource(ctx, params.uri)
        task.cancel()
        return types.EmptyResult()

    async def _listen(
        self, ctx: Context, params: types.SubscriptionsListenRequestParams
    ) -> types.SubscriptionsListenResult:
        uris = list(dict.fromkeys(params.notifications.resource_subscriptions or ()))
        followed = await self._known(ctx, uris)
        bus = InMemorySubscriptionBus()
        stream = ListenHandler(bus)

        async def tell(uri: str) -> None:
            await bus.publish(ResourceUpdated(uri))

        tasks = [self._begin(one, tell) for one in followed]
        # Lists do not change while the server runs: who asks for nothing else is told so, and the stream ends.
        ending = asyncio.create_task(_close_after(tasks, stream))
        heard = types.SubscriptionFilter(resource_subscriptions=uris)
        try:
            return await stream(ctx, params.model_copy(update={"notifications": heard}))
        finally:
            ending.cancel()

    def _begin(self, followed: _Followed, tell: Tell) -> asyncio.Task[None]:
        task = asyncio.create_task(followed.report(tell))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _known(self, ctx: Context, uris: Iterable[str]) -> list[_Followed]:
        """What a client wants to follow; the protocol's error where one of them is not there for the caller."""
        principal = principal_of(ctx)
        caller, found = self._caller(principal), list[_Followed]()
        for uri in uris:
            if len(self._tasks) + len(found) >= _MOST:
                raise MCPError(types.INTERNAL_ERROR, "Too many resources are followed already; read this one instead.")
            if (known := self._resources.followable(uri, caller)) is None:
                raise fault.no_resource(ctx, uri)
            resource, name = known
            assert resource.follow is not None
            try:
                require(principal, frozenset({resource.scope}))
                found.append(_Followed(uri, name, caller, resource.follow, await resource.follow(caller, name)))
            except InvalidInput as gone:
                raise fault.no_resource(ctx, uri) from gone
            except WeirError as error:
                raise fault.failed(error) from error
        return found


async def _close_after(tasks: Iterable[asyncio.Task[None]], stream: ListenHandler) -> None:
    """Close a stream once there is nothing left that it could tell; cancelled, cancels the tasks."""
    try:
        await asyncio.gather(*tasks)
    finally:
        stream.close()


def _connection(ctx: Context) -> Connection:
    """The connection that a request came on.

    A request is over before the first change. The SDK wants what outlives it kept with the connection, to which it
    gives low-level handlers no public way.
    """
    return ctx.session._connection  # pyright: ignore[reportPrivateUsage] - see above


def _kept(connection: Connection) -> dict[str, asyncio.Task[None]]:
    if _KEPT not in connection.state:
        tasks = connection.state[_KEPT] = dict[str, asyncio.Task[None]]()
        connection.exit_stack.callback(_cancel, tasks)
    return connection.state[_KEPT]


def _cancel(tasks: dict[str, asyncio.Task[None]]) -> None:
    for task in tasks.values():
        task.cancel()


def _fixed_lists(capabilities: types.ServerCapabilities) -> types.ServerCapabilities:
    """The SDK's promise, without that of telling when lists change, which it takes to come with any stream."""
    fixed = {
        name: part.model_copy(update={"list_changed": False})
        for name in ("tools", "prompts", "resources")
        if (part := getattr(capabilities, name)) is not None
    }
    return capabilities.model_copy(update=fixed)
