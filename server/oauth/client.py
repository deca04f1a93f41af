"""An OAuth client, as people see it and as Authlib asks about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from secrets import compare_digest

from authlib.oauth2.rfc6749 import ClientMixin

from server.identity.secret import digest
from server.oauth import redirects

CODE = "authorization_code"
REFRESH = "refresh_token"
CREDENTIALS = "client_credentials"


class ClientKind(StrEnum):
    """How a client came to be known."""

    REGISTERED = "registered"
    """It registered itself (RFC 7591)."""
    DOCUMENT = "document"
    """Its identifier is the URL of a document about it."""
    MACHINE = "machine"
    """An administrator made it for a program that acts for nobody."""


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What may be shown of a client. All but `domain` is what it says of itself: untrusted text."""

    client_id: str
    name: str
    redirect_host: str
    """Where the answer goes: a host, or a program's scheme with its colon."""
    domain: str | None
    """The domain that is proved to publish the client's document."""
    loopback: bool
    """Whether the answer goes to a program on the person's own computer."""


@dataclass(frozen=True, slots=True)
class Client(ClientMixin):
    """A client that is known here."""

    client_id: str
    kind: ClientKind
    name: str
    uri: str | None = None
    redirect_uris: tuple[str, ...] = ()
    grant_types: frozenset[str] = frozenset({CODE, REFRESH})
    secret_hash: str | None = None
    """Of confidential clients."""
    domain: str | None = None
    workspace: str | None = None
    """Of machines."""

    def facts(self, redirect_uri: str) -> ClientFacts:
        """What a person should know who is asked to let the client in."""
        return ClientFacts(
            self.client_id,
            self.name,
            redirects.host(redirect_uri),
            self.domain,
            redirects.loopback(redirect_uri),
        )

    def get_client_id(self) -> str:
        """The identifier."""
        return self.client_id

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether responses may go there."""
        return any(redirects.same(registered, redirect_uri) for registered in self.redirect_uris)

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is the client's secret; no for one that has none."""
        return self.secret_hash is not None and compare_digest(digest(client_secret), self.secret_hash)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A client with a secret has to show it, in whichever of the two ways."""
        return (method == "none") == (self.secret_hash is None)

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client may use this grant; who may sign people in may also renew what it got."""
        return grant_type in self.grant_types or (grant_type == REFRESH and CODE in self.grant_types)
