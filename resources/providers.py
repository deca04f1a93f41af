"""Each provider by itself."""

from __future__ import annotations

from server.domain.principal import Scope
from server.edge.resource import JSON, resource
from server.edge.tool import Caller


@resource(
    "weir://providers/{name}",
    title="Provider",
    mime_type=JSON,
    minutes=1,
    shared=False,
    scope=Scope.ACCOUNT,
    names=lambda caller: caller.provider_names,
)
async def providers(caller: Caller, name: str) -> str:
    """One data provider: what it answers, its prices with their source, its health, and its hit rate in this
    workspace.
    """
    (facts,) = (await caller.providers(name)).providers
    return facts.model_dump_json(exclude_none=True, indent=1)
