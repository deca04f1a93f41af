"""Personal keys as credentials of the MCP endpoint."""

from __future__ import annotations

from server.domain.principal import Grant, Principal
from server.identity.keys import PREFIX, Key, Keys
from server.oauth.bearer import Bearer, TokenRefused

ISSUER = "weir"
"""Names this server as the issuer of keys, under whichever URL it is reached."""


class PersonalKeys:
    """A `Verifier` over the keys of this server."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def recognises(self, token: str) -> bool:
        """Whether the credential looks like a key."""
        return token.startswith(PREFIX)

    async def verify(self, token: str, base: str) -> Bearer:
        """Who presents the key; keys are valid under every name of the server."""
        key = await self._keys.holder(token)
        if key is None:
            raise TokenRefused("This key is not valid: it is unknown, expired or revoked, or its owner lost access.")
        return _bearer(key)


def _bearer(key: Key) -> Bearer:
    grant = Grant(key.id, key.scopes, key.toolsets, key.monthly_limit)
    return Bearer(
        Principal(key.workspace, key.member, key.name, grant),
        client_id=key.id,
        issuer=ISSUER,
        subject=key.user_id or key.member,
        expires_at=key.expires_at,
    )
