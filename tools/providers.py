"""The providers as a subject; free."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain.directory import ProviderList
from server.domain.principal import Scope
from server.edge.tool import Caller, Family

providers = Family("providers", reads=Scope.ACCOUNT)

Provider = Annotated[
    str, Field(description="Name of one provider, for its details.", max_length=100, examples=["leadmagic"])
]


@providers.free("List providers", open_world=True)
async def list_providers(caller: Caller, provider: Provider | None = None) -> ProviderList:
    """Show what each data provider answers, at which price, whether it is configured and healthy, and its hit rate
    and cost per answer in this workspace over 30 days. Free.
    """
    return await caller.providers(provider)
