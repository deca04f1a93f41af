"""Every error, read off the classes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from server.domain.errors import WeirError
from server.domain.markdown import table
from server.edge.resource import MARKDOWN, resource
from server.edge.tool import Caller

_INTRODUCTION = """# Errors

A call that failed is a tool result with `isError` and an `error`: its `code`, a `message` for people, whether the same
call may work later (`retryable`), and where there is one the `fix` and the `field` that is wrong. The result's
`outcome` says what it amounts to, and its `receipt` what was spent nevertheless.

A provider that fails does not end a call while another one can answer: its failure is one of the receipt's attempts.
"""


@resource("weir://errors", title="Errors", mime_type=MARKDOWN, minutes=60, shared=True)
async def errors(caller: Caller) -> str:
    """Every error code, what it means, and whether repeating the call can help."""
    heads = ("code", "outcome", "retryable", "meaning")
    rows = [
        (f"`{code}`", f"`{one.outcome}`", "yes" if one.retryable else "no", inspect.getdoc(one) or "")
        for code, one in _by_code().items()
    ]
    return f"{_INTRODUCTION}\n{table(heads, rows)}\n"


def _by_code() -> dict[str, type[WeirError]]:
    """The class that brings each code up; those below it that keep the code are cases of it."""
    found: dict[str, type[WeirError]] = {}
    for one in _tree(WeirError):
        found.setdefault(one.code, one)
    return found


def _tree(root: type[WeirError]) -> Iterator[type[WeirError]]:
    """The class and all below it, in the order of their definition."""
    yield root
    for below in root.__subclasses__():
        yield from _tree(below)
