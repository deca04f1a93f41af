"""The protocol's methods about prompts, over the prompts there are."""

from __future__ import annotations

from collections.abc import Iterable

import mcp_types as types

from server.domain.errors import WeirError
from server.edge import fault, schema
from server.edge.context import CallerOf, Context, principal_of
from server.edge.prompt import Prompt
from server.edge.scopes import READING, require


class Prompts:
    """Lists and fills prompts, in the order in which they were given."""

    def __init__(self, prompts: Iterable[Prompt], caller: CallerOf) -> None:
        self._prompts = {prompt.name: prompt for prompt in prompts}
        self._listed = types.ListPromptsResult(prompts=[_wire(prompt) for prompt in self._prompts.values()])
        self._caller = caller

    def require(self, name: str) -> Prompt:
        """The prompt of that name; the protocol's error where there is none."""
        prompt = self._prompts.get(name)
        if prompt is None:
            raise fault.unknown("prompt", name)
        return prompt

    async def list(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListPromptsResult:
        """Every prompt."""
        fault.refuse_cursor(params)
        return self._listed

    async def get(self, ctx: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        """A prompt with its arguments filled in, as one message of the user."""
        prompt, principal = self.require(params.name), principal_of(ctx)
        try:
            require(principal, READING)
            script = prompt.script(params.arguments)
        except WeirError as error:
            raise fault.failed(error) from error
        tools = frozenset(tool.name for tool in self._caller(principal).registry)
        content = types.TextContent(text=script.text(tools))
        return types.GetPromptResult(
            description=prompt.description, messages=[types.PromptMessage(role="user", content=content)]
        )


def _wire(prompt: Prompt) -> types.Prompt:
    described = schema.input_schema(prompt.arguments)
    needed = described.get("required", ())
    return types.Prompt(
        name=prompt.name,
        title=prompt.title,
        description=prompt.description,
        arguments=[
            types.PromptArgument(name=name, description=property_.get("description"), required=name in needed)
            for name, property_ in described["properties"].items()
        ],
    )
