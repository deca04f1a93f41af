"""What operators write in commands: scopes and limits."""

from __future__ import annotations

import re

from server.domain.errors import InvalidInput
from server.domain.money import Credits, credits
from server.domain.principal import Scope, scope_text


def scopes_in(text: str) -> frozenset[Scope]:
    """The scopes that a text names; `InvalidInput` where one does not exist, or there is none."""
    words = text.replace(",", " ").split()
    unknown = [word for word in words if word not in list(Scope)]
    if unknown or not words:
        raise InvalidInput(
            f"There is no scope {unknown[0]!r}." if unknown else "Without a scope it opens nothing.",
            field="scopes",
            fix=f"The scopes are {scope_text(Scope)}.",
        )
    return frozenset(map(Scope, words))


def limit_in(text: str) -> Credits | None:
    """A number of credits, None for no text; `InvalidInput` where it is none."""
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", text):
        raise InvalidInput(
            f"limit is {text!r}, which is no number of credits.", field="limit", fix="Write a number such as 50."
        )
    return credits(float(text))
