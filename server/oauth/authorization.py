"""The authorization server: what pages, commands and the guard of the endpoint need of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import bindparam, select
from starlette.datastructures import QueryParams

from server.domain.errors import InvalidInput
from server.domain.money import Credits
from server.domain.principal import Scope, scope_text
from server.identity.audit import Audit
from server.identity.secret import new_secret
from server.identity.throttle import Throttle
from server.identity.workspaces import Role
from server.oauth import authorization_request, stored
from server.oauth.authorization_request import Asked, AuthorizationRefused
from server.oauth.client import Client
from server.oauth.client_documents import ClientDocuments, UnknownClient
from server.oauth.clients import Clients
from server.oauth.connections import Connection, Connections, add_in
from server.oauth.grants import OFFLINE
from server.oauth.signing import SigningKeys
from server.oauth.token_request import Reply, TokenRequest
from server.oauth.token_server import TokenServer
from server.oauth.tokens import Tokens
from server.oauth.work import Lives, Surroundings, Work
from server.storage.database import Database, Statement, Transaction
from server.storage.identity import memberships, users
from server.storage.instant import from_micros, to_micros
from server.upstream.documents import Documents

_ROLE = Statement(
    select(memberships.c.role)
    .join(users, users.c.id == memberships.c.user_id)
    .where(
        memberships.c.workspace == bindparam("workspace"),
        memberships.c.user_id == bindparam("user_id"),
        users.c.disabled_at.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person allows."""

    user_id: str
    member: str
    """How the ledger calls them: their address in lower case."""
    workspace: str
    scopes: frozenset[Scope]
    toolsets: tuple[str, ...] | None = None
    """None for all that the operator serves."""
    monthly_limit: Credits | None = None
    """In hundredths; None for no limit of the connection's own."""


class Authorization:
    """Issues codes and tokens for one server. One per process."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        throttle: Throttle,
        clock: Callable[[], datetime],
        *,
        lives: Lives,
        documents: Documents | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self.audit = audit
        self.throttle = throttle
        self.lives = lives
        self.keys = SigningKeys(database, clock)
        self.clients = Clients(database, ClientDocuments(documents or Documents(), timer), clock, keep=lives.refresh)
        self.connections = Connections(database, clock, timer)
        self.tokens = Tokens(self.keys, self.connections, clock)

    async def request(self, params: Mapping[str, list[str]] | QueryParams, issuer: str, base: str) -> Asked:
        """The request that the parameters of `/authorize` make, `issuer` being the one that named the endpoint.

        May be asked as often as wished: nothing is stored. `AuthorizationRefused` where a page has to tell the person;
        `Redirect` where the client is told.
        """
        lists = {name: params.getlist(name) for name in params} if isinstance(params, QueryParams) else params
        client = await self._client(authorization_request.only(lists, "client_id"))
        redirect_uri = authorization_request.redirect_of(lists, client)
        return authorization_request.read(lists, client, redirect_uri, issuer=issuer, base=base)

    async def approve(self, asked: Asked, decision: Decision, click: str | None = None) -> str:
        """Make the connection and return where to send the browser, with a code that is good for a minute.

        `click` is a secret of the browser's that names the press of a button: pressed twice within ten seconds, on
        whichever replicas, it makes one connection and gets one code. A decision without any of the scopes that were
        asked for is a refusal. `InvalidInput` where the person does not belong to the workspace,
        `AuthorizationRefused` where the client is not known any more.
        """
        client = await self._client(asked.client.client_id)

        def unit(tx: Transaction) -> str | None:
            earlier = stored.find_code(tx, click) if click else None
            if click and earlier and earlier.just_issued(to_micros(self._clock())):
                return click
            code = click if click and earlier is None else new_secret()
            return code if self._approve(tx, client, asked, decision, code) else None

        code = await self._database.write(unit)
        return self.refuse(asked) if code is None else asked.answer(code=code)

    def refuse(self, asked: Asked) -> str:
        """Where to send the browser of a person who said no."""
        return asked.answer(error="access_denied", error_description="The person did not allow it.")

    async def answer(
        self,
        handle: Callable[[TokenServer, TokenRequest], Reply],
        form: Mapping[str, str],
        headers: Mapping[str, str],
        base: str,
    ) -> Reply:
        """The reply to a request to the token endpoint or one of its neighbours, carried out as one unit of work."""
        around = Surroundings(self.clients, self.audit, self.lives, await self.keys.current(), self._clock())

        def unit(tx: Transaction) -> tuple[Reply, Sequence[str]]:
            work = Work(tx, around)
            return handle(TokenServer(work), TokenRequest(form, headers, base)), work.ended

        reply, ended = await self._database.write(unit)
        for connection in ended:
            self.connections.forget(connection)
        return reply

    async def remove_machine(self, client_id: str) -> None:
        """Forget a machine; its tokens open nothing any more."""
        for connection in await self.clients.remove_machine(client_id):
            self.connections.forget(connection)

    def now(self) -> datetime:
        """The time by the server's clock."""
        return self._clock()

    async def sweep(self) -> None:
        """Forget what is over, and write down what was used. Every minute or so."""
        await self.connections.sweep()
        await self.clients.sweep()
        await self.keys.sweep()
        now = to_micros(self._clock())
        await self._database.write(lambda tx: stored.sweep_in(tx, now))

    async def _client(self, client_id: str | None) -> Client:
        if client_id is None:
            raise AuthorizationRefused("The program that sent you here did not say who it is: client_id is missing.")
        try:
            return await self.clients.find(client_id)
        except UnknownClient as error:
            raise AuthorizationRefused(str(error)) from None

    def _approve(self, tx: Transaction, client: Client, asked: Asked, decision: Decision, code: str) -> bool:
        now = to_micros(self._clock())
        rows = tx.execute(_ROLE, workspace=decision.workspace, user_id=decision.user_id)
        if not rows:
            raise InvalidInput(
                "You do not belong to that workspace.", field="workspace", fix="Choose one of your workspaces."
            )
        scopes = decision.scopes & asked.scopes
        if rows[0][0] != Role.ADMIN:
            scopes -= {Scope.ADMIN}
        if not scopes:
            return False
        connection = Connection(
            id=uuid4().hex,
            workspace=decision.workspace,
            user_id=decision.user_id,
            member=decision.member,
            client_id=client.client_id,
            client_name=client.name,
            scopes=scopes,
            resource=asked.resource,
            created_at=from_micros(now),
            toolsets=decision.toolsets,
            monthly_limit=decision.monthly_limit,
        )
        add_in(tx, connection)
        self.clients.remember_in(tx, client, now)
        scope = f"{scope_text(scopes)} {OFFLINE}" if asked.offline else scope_text(scopes)
        stored.add_code(
            tx,
            code,
            connection,
            redirect_uri=asked.redirect_uri,
            scope=scope,
            challenge=asked.challenge,
            now=now,
        )
        self.audit.record_in(
            tx,
            "connection.added",
            workspace=decision.workspace,
            member=decision.member,
            client=client.name,
            connection=connection.id,
            client_id=client.client_id,
            scope=scope,
        )
        return True
