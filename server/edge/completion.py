"""Completion of prompt arguments and of names in resource URIs."""

from __future__ import annotations

from collections.abc import Sequence

import mcp_types as types
from mcp.shared.exceptions import MCPError

from server.domain.errors import WeirError
from server.edge import fault
from server.edge.context import CallerOf, Context, principal_of
from server.edge.prompts import Prompts
from server.edge.resources import Resources
from server.edge.scopes import READING, require
from server.edge.tool import Caller

_MOST = 100
"""Values that the protocol allows in one answer."""


class Completion:
    """Suggests what an argument may be, from what was typed of it so far."""

    def __init__(self, prompts: Prompts, resources: Resources, caller: CallerOf) -> None:
        self._prompts = prompts
        self._resources = resources
        self._caller = caller

    async def complete(self, ctx: Context, params: types.CompleteRequestParams) -> types.CompleteResult:
        """At most a hundred suggestions; none where an argument has none, or where its source does not answer now."""
        principal, argument = principal_of(ctx), params.argument
        try:
            require(principal, READING)
        except WeirError as error:
            raise fault.failed(error) from error
        caller = self._caller(principal)
        if isinstance(params.ref, types.PromptReference):
            values = await self._of_prompt(caller, params.ref.name, argument)
        else:
            values = self._of_resource(caller, params.ref.uri, argument)
        shown = list(values[:_MOST])
        return types.CompleteResult(
            completion=types.Completion(values=shown, total=len(values), has_more=len(values) > len(shown))
        )

    async def _of_prompt(self, caller: Caller, name: str, argument: types.CompletionArgument) -> Sequence[str]:
        prompt = self._prompts.require(name)
        if argument.name not in prompt.arguments.model_fields:
            raise MCPError(types.INVALID_PARAMS, f"The prompt {name} has no argument {argument.name[:80]}.")
        suggest = prompt.suggestions.get(argument.name)
        if suggest is None:
            return ()
        try:
            return await suggest(caller, argument.value)
        except WeirError:
            return ()

    def _of_resource(self, caller: Caller, uri: str, argument: types.CompletionArgument) -> Sequence[str]:
        template = self._resources.template(uri)
        if template is None or argument.name != "name":
            raise MCPError(types.INVALID_PARAMS, f"There is no resource template {uri[:80]} with such an argument.")
        typed, names = argument.value.casefold(), template.names
        return () if names is None else [name for name in names(caller) if name.casefold().startswith(typed)]
