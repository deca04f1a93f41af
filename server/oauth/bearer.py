"""What a bearer credential turns out to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.domain.principal import Principal


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever presented a credential that is in order."""

    principal: Principal
    client_id: str
    """The OAuth client, or the personal key's id."""
    issuer: str
    subject: str
    """Stays the same for a person (or machine) at an issuer; sessions are bound to client, issuer and subject."""
    expires_at: datetime | None


class TokenRefused(Exception):
    """The credential opens nothing; the message says why in words that its bearer may read."""


class Verifier(Protocol):
    """Recognises one kind of credential."""

    def recognises(self, token: str) -> bool:
        """Whether the credential is of this kind, going by its form alone."""
        ...

    async def verify(self, token: str, base: str) -> Bearer:
        """Who presents `token` at the server that is reached under the URL `base`; `TokenRefused` otherwise."""
        ...
