"""The kinds of bulk enrichment, by name and by the other names that they are known under."""

from __future__ import annotations

from server.batches.kinds.alias import named
from server.batches.kinds.company import COMPANY_KINDS
from server.batches.kinds.contact import CONTACT_KINDS
from server.batches.kinds.kind import Kind, question
from server.batches.kinds.role import Inputs, Role
from server.batches.kinds.verdict import refused
from server.domain.errors import InvalidInput

__all__ = ["KINDS", "Inputs", "Kind", "Role", "kind_of", "question", "refused"]

KINDS = {kind.name: kind for kind in (*COMPANY_KINDS, *CONTACT_KINDS)}
"""Every kind by name."""


def kind_of(*, product: str | None = None, endpoint: str | None = None) -> Kind:
    """The kind that a name means: a kind, a tool, a vendor's product or an API path such as /v1/people/email-finder.

    `InvalidInput` lists the kinds where nothing is given or known, or where the two name different kinds.
    """
    said = {field: text for field, text in (("product", product), ("endpoint", endpoint)) if text and text.strip()}
    meant = {field: _required(field, text) for field, text in said.items()}
    if len(set(meant.values())) == 1:
        return KINDS[next(iter(meant.values()))]
    if not meant:
        raise _unclear("Neither product nor endpoint says what to enrich.", "product")
    raise _unclear(f"product means {meant['product']}, and endpoint means {meant['endpoint']}.", "endpoint")


def _required(field: str, said: str) -> str:
    name = named(said)
    if name is None:
        raise _unclear(f"{field} is {said.strip()[:80]!r}, and no kind of enrichment is known by that name.", field)
    return name


def _unclear(message: str, field: str) -> InvalidInput:
    return InvalidInput(message, field=field, fix=f"Use one of: {', '.join(KINDS)}.")
