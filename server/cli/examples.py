"""The pages of `docs/examples/`: questions that people ask, answered by real calls against the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from server.cli.conversation import Conversation, sandboxed
from server.cli.questions import QUESTIONS, Question
from server.domain.principal import LOCAL, Principal
from server.sandbox import accounts


def examples() -> Mapping[str, str]:
    """Every page by file name, the index included."""
    return asyncio.run(_pages())


async def _pages() -> Mapping[str, str]:
    pages = {f"{question.name}.md": "" for question in QUESTIONS}
    by_settings = groupby(sorted(QUESTIONS, key=_settings), key=_settings)
    for _, questions in by_settings:
        pages |= await _held(list(questions))
    return {"README.md": _index(), **pages}


def _settings(question: Question) -> list[tuple[str, Any]]:
    return sorted(question.settings.items())


async def _held(questions: Sequence[Question]) -> Mapping[str, str]:
    """The pages of conversations with one and the same Weir, as building its server takes longer than they do."""
    async with sandboxed(**questions[0].settings) as weir:
        edge = weir.edge()
        talks = [(one, Conversation(edge, weir.operator, _caller(one))) for one in questions]
        return {f"{one.name}.md": await _page(one, talk) for one, talk in talks}


def _caller(question: Question) -> Principal:
    return Principal(question.workspace, LOCAL.member, client="weir-docs")


async def _page(question: Question, conversation: Conversation) -> str:
    accounts.reset()  # what the sandbox has sold before, in this process, may be cheaper now
    await question.script(conversation)
    return conversation.page(question.title)


def _index() -> str:
    lines = [
        "# Examples",
        "",
        "Conversations with an assistant that has Weir. Every call in them was really made, against the sandbox:",
        "`weir docs` makes them and writes these pages, `weir docs --check` makes them again and fails where a page is",
        "stale. People, companies and figures are invented.",
        "",
        *(f"- [{question.title}]({question.name}.md)" for question in QUESTIONS),
    ]
    return "\n".join(lines) + "\n"
