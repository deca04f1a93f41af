"""Clients whose identifier is the URL of a document about them (OAuth Client ID Metadata Documents)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import OAuth2Error

from server.oauth import metadata, redirects
from server.oauth.client import Client, ClientKind
from server.upstream.documents import Document, Documents, NoDocument

_SHORTEST = 300.0
_LONGEST = 86_400.0
_FAILURE = 30.0
"""Seconds for which a document is kept at least and at most, and for which a failure is remembered."""

_MOST_KEPT = 1000


class UnknownClient(Exception):
    """There is no such client; the message says why in words for a person."""


@dataclass(frozen=True, slots=True)
class _Kept:
    outcome: Client | str
    until: float


class ClientDocuments:
    """Reads documents of clients, and keeps them for as long as their servers say. `timer` counts seconds."""

    def __init__(self, documents: Documents, timer: Callable[[], float] = time.monotonic) -> None:
        self._documents = documents
        self._timer = timer
        self._kept: dict[str, _Kept] = {}

    async def find(self, client_id: str) -> Client:
        """The client that the document at `client_id` describes; `UnknownClient` where there is no sound one."""
        kept = self._kept.get(client_id)
        if kept is None or kept.until <= self._timer():
            kept = await self._fetch(client_id)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[client_id] = kept
        if isinstance(kept.outcome, str):
            raise UnknownClient(kept.outcome)
        return kept.outcome

    async def _fetch(self, client_id: str) -> _Kept:
        try:
            document = await self._documents.json(client_id)
            client = _client(client_id, document)
        except NoDocument as error:
            return _Kept(f"The document that should describe the client cannot be used: {error}.", self._in(_FAILURE))
        except OAuth2Error as error:
            return _Kept(f"The document that describes the client is wrong: {error.description}", self._in(_FAILURE))
        asked = _SHORTEST if document.max_age is None else document.max_age
        return _Kept(client, self._in(min(max(asked, _SHORTEST), _LONGEST)))

    def _in(self, seconds: float) -> float:
        return self._timer() + seconds


def is_document(client_id: str) -> bool:
    """Whether a client identifier is the URL of a document, by its form."""
    if not client_id.startswith("https://") or redirects.fault(client_id):
        return False
    path = urlsplit(client_id).path
    return path not in ("", "/") and not {".", ".."} & set(path.split("/"))


def _client(client_id: str, document: Document) -> Client:
    said = metadata.read(document.body)
    if said.client_id != client_id:
        raise OAuth2Error("its client_id is not the address it was read from.")
    if said.token_endpoint_auth_method not in (None, "none"):
        raise OAuth2Error("its token_endpoint_auth_method has to be none.")
    if said.client_secret is not None or said.client_secret_expires_at is not None:
        raise OAuth2Error("it may not hold a client secret.")
    return Client(
        client_id,
        ClientKind.DOCUMENT,
        said.name,
        said.client_uri,
        tuple(said.redirect_uris),
        frozenset(said.grants),
        domain=urlsplit(client_id).hostname,
    )
