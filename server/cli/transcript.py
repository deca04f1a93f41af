"""The conversation in the README, made of real calls against the sandbox."""

from __future__ import annotations

import asyncio
import json

from server.cli.conversation import Json, sandboxed, total
from server.domain.principal import LOCAL
from server.edge.server import Edge
from server.sandbox import accounts

_PERSON = {"first_name": "Maya", "last_name": "Chen", "company_domain": "notion.so"}


def transcript() -> str:
    """A question, the calls it takes, their results and what they cost, as a Markdown code block."""
    return asyncio.run(_converse())


async def _converse() -> str:
    accounts.reset()  # what the sandbox has sold before, in this process, may be cheaper now
    async with sandboxed() as weir:
        edge = weir.edge()
        quoted = await _call(edge, "preview_cost", {"tool": "find_work_email", "arguments": _PERSON})
        found = await _call(edge, "find_work_email", _PERSON)
        again = await _call(edge, "find_work_email", _PERSON)
    lines = [
        f"You     What can it cost to find the work email of {_name()} at {_PERSON['company_domain']}?",
        *_shown("preview_cost", {"tool": "find_work_email", "arguments": _PERSON}, _bounds(quoted["data"])),
        f"Claude  Most likely {total(quoted['data']['expected'])}, and at most {total(quoted['data']['max'])}.",
        "",
        "You     Go ahead.",
        *_shown("find_work_email", _PERSON, _facts(found)),
        f"Claude  {found['data']['email']}. {_path(found['receipt'])}",
        "",
        "You     Ask again, to be sure.",
        *_shown("find_work_email", _PERSON, _facts(again)),
        "Claude  The same answer. It was stored, so it cost nothing.",
    ]
    return "\n".join(["```text", *lines, "```"])


async def _call(edge: Edge, tool: str, arguments: Json) -> Json:
    return (await edge.call(tool, arguments, LOCAL))["structuredContent"]


def _name() -> str:
    return f"{_PERSON['first_name']} {_PERSON['last_name']}"


def _bounds(quote: Json) -> Json:
    return {
        "expected.credits": quote["expected"]["credits"],
        "max.credits": quote["max"]["credits"],
        "needs_approval": quote["needs_approval"],
    }


def _facts(result: Json) -> Json:
    """A result without what changes from day to day."""
    receipt = result["receipt"]
    return {
        "outcome": result["outcome"],
        "data": result["data"],
        "receipt.cost": receipt["cost"],
        "receipt.cached": receipt["cached"],
        **{f"receipt.attempts[{index}]": attempt for index, attempt in enumerate(receipt["attempts"])},
    }


def _shown(tool: str, arguments: Json, result: Json) -> list[str]:
    given = ", ".join(f"{name}={json.dumps(value)}" for name, value in arguments.items())
    return [f"Claude  {tool}({given})", *(f"          {name}: {json.dumps(value)}" for name, value in result.items())]


def _path(receipt: Json) -> str:
    *missed, last = [attempt["provider"] for attempt in receipt["attempts"]]
    before = f"Not known to {', '.join(missed)}; " if missed else ""
    return f"{before}{last} had it, for {total(receipt['cost'])} in all."
