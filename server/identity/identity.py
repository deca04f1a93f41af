"""Everything about who people are, in one place."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime

from server.identity.attempts import Attempts
from server.identity.audit import Audit
from server.identity.ending import Watchers
from server.identity.invitations import Invitations
from server.identity.key_commands import KeyCommands
from server.identity.keys import Keys
from server.identity.password import Passwords
from server.identity.people import People
from server.identity.sign_ins import SignIns
from server.identity.throttle import Throttle
from server.identity.workspaces import Workspaces
from server.storage.database import Database, Transaction


class Identity:
    """People, workspaces, signed-in browsers, links, keys and the audit trail. One per process; `prepare` before use.

    `domains` are e-mail domains whose people need not be added before they sign in through the OpenID provider.
    `timer` counts seconds that do not jump.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        domains: Collection[str] = (),
        passwords: Passwords | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self.audit = Audit(database, clock)
        self.throttle = Throttle(database, clock)
        self.watchers = Watchers()
        self.workspaces = Workspaces(database, clock, self.audit, self.watchers)
        self.people = People(
            database,
            clock,
            self.audit,
            self.workspaces,
            passwords or Passwords(),
            watchers=self.watchers,
            domains=domains,
        )
        self.sign_ins = SignIns(database, clock)
        self.invitations = Invitations(database, clock, self.audit, self.people, self.sign_ins)
        self.attempts = Attempts(self.people, self.sign_ins, self.throttle, self.audit)
        self.keys = Keys(database, clock, self.audit, timer)
        self.watchers.add(self.keys.forget)
        self.key_commands = KeyCommands(self.keys, clock)

    async def prepare(self) -> None:
        """See to what has to be there from the start."""
        await self.workspaces.prepare()

    async def sweep(self) -> None:
        """Forget browsers, links and counts that are over."""
        await self._database.write(self._sweep)

    def _sweep(self, tx: Transaction) -> None:
        for kept in (self.sign_ins, self.invitations, self.throttle):
            kept.sweep_in(tx)
