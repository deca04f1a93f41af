"""Authorization codes and refresh tokens as they are stored: by their hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin
from sqlalchemy import bindparam, delete, insert, select, update

from server.identity.secret import digest
from server.oauth.client import Client
from server.oauth.connections import Connection
from server.storage.database import Statement, Transaction
from server.storage.identity import oauth_codes, refresh_tokens
from server.storage.statement import Row

CODE_LIFE = timedelta(seconds=60)
_SAME_CLICK = timedelta(seconds=10)
"""A second click comes soon; whoever comes back later means it."""
_MICROSECOND = timedelta(microseconds=1)

_c, _r = oauth_codes.c, refresh_tokens.c
_ADD_CODE = Statement(
    insert(oauth_codes).values({column.name: bindparam(column.name) for column in oauth_codes.columns})
)
_CODE = Statement(
    select(_c.grant_id, _c.client_id, _c.redirect_uri, _c.scope, _c.challenge, _c.expires_at, _c.used_at).where(
        _c.code_hash == bindparam("code_hash")
    )
)
_USE_CODE = Statement(update(oauth_codes).where(_c.code_hash == bindparam("key")).values(used_at=bindparam("now")))
_ADD_REFRESH = Statement(
    insert(refresh_tokens).values({column.name: bindparam(column.name) for column in refresh_tokens.columns})
)
_REFRESH = Statement(
    select(_r.grant_id, _r.client_id, _r.scope, _r.issued_at, _r.expires_at, _r.replaced_at).where(
        _r.token_hash == bindparam("token_hash")
    )
)
_REPLACE = Statement(
    update(refresh_tokens)
    .where(_r.token_hash == bindparam("key"), _r.replaced_at.is_(None))
    .values(replaced_at=bindparam("now"))
)
_EXPIRE_CODES = Statement(delete(oauth_codes).where(_c.expires_at < bindparam("before")))
_EXPIRE_REFRESH = Statement(delete(refresh_tokens).where(_r.expires_at < bindparam("now")))
_KEPT_MICROS = 600 * 1_000_000
"""How long a code that has expired is still recognised, should it come a second time."""


@dataclass(frozen=True, slots=True)
class Code(AuthorizationCodeMixin):
    """An authorization code that was issued."""

    code_hash: str
    grant_id: str
    client_id: str
    redirect_uri: str
    scope: str
    code_challenge: str
    expires_at: int
    used_at: int | None
    connection: Connection | None = None

    def just_issued(self, now: int) -> bool:
        """Whether somebody who clicks at `now` has clicked twice: it is new, and nobody has exchanged it yet."""
        return self.used_at is None and now < self.expires_at - (CODE_LIFE - _SAME_CLICK) // _MICROSECOND

    def get_redirect_uri(self) -> str:
        """Where the code was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return self.scope


@dataclass(frozen=True, slots=True)
class RefreshToken(TokenMixin):
    """A refresh token that was issued."""

    token_hash: str
    grant_id: str
    client_id: str
    scope: str
    issued_at: int
    expires_at: int
    replaced_at: int | None
    connection: Connection | None = None

    def check_client(self, client: ClientMixin) -> bool:
        """Whether the token was issued to this client."""
        return isinstance(client, Client) and client.client_id == self.client_id

    def get_scope(self) -> str:
        """What was granted."""
        return self.scope


def add_code(
    tx: Transaction, code: str, connection: Connection, *, redirect_uri: str, scope: str, challenge: str, now: int
) -> None:
    """Store a code that is good for `CODE_LIFE`."""
    tx.execute(
        _ADD_CODE,
        code_hash=digest(code),
        grant_id=connection.id,
        client_id=connection.client_id,
        redirect_uri=redirect_uri,
        scope=scope,
        challenge=challenge,
        expires_at=now + CODE_LIFE // _MICROSECOND,
        used_at=None,
    )


def find_code(tx: Transaction, code: str) -> Code | None:
    """The code, also one that was used or has just expired."""
    code_hash = digest(code)
    rows = tx.execute(_CODE, code_hash=code_hash)
    return Code(code_hash, *rows[0]) if rows else None


def use_code(tx: Transaction, code: Code, now: int) -> None:
    """Note that the code was exchanged."""
    tx.execute(_USE_CODE, key=code.code_hash, now=now)


def add_refresh(tx: Transaction, token: str, connection: Connection, *, scope: str, now: int, life: timedelta) -> None:
    """Store a refresh token."""
    tx.execute(
        _ADD_REFRESH,
        token_hash=digest(token),
        grant_id=connection.id,
        client_id=connection.client_id,
        scope=scope,
        issued_at=now,
        expires_at=now + life // _MICROSECOND,
        replaced_at=None,
    )


def find_refresh(tx: Transaction, token: str) -> RefreshToken | None:
    """The refresh token, also one that was replaced."""
    token_hash = digest(token)
    rows = tx.execute(_REFRESH, token_hash=token_hash)
    return _refresh(token_hash, rows[0]) if rows else None


def replace_refresh(tx: Transaction, token: RefreshToken, now: int) -> None:
    """Note that the token was exchanged for another; the first time counts."""
    tx.execute(_REPLACE, key=token.token_hash, now=now)


def sweep_in(tx: Transaction, now: int) -> None:
    """Forget what has expired."""
    tx.execute(_EXPIRE_CODES, before=now - _KEPT_MICROS)
    tx.execute(_EXPIRE_REFRESH, now=now)


def _refresh(token_hash: str, row: Row) -> RefreshToken:
    grant_id, client_id, scope, issued_at, expires_at, replaced_at = row
    return RefreshToken(token_hash, grant_id, client_id, scope, issued_at, expires_at, replaced_at)
