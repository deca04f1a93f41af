"""Signing in with a password, as often as somebody may try."""

from __future__ import annotations

from datetime import timedelta

from server.identity.audit import Audit
from server.identity.people import People, User
from server.identity.sign_ins import SignIns
from server.identity.throttle import Throttle

PER_ACCOUNT = 10
PER_ADDRESS = 50
WINDOW = timedelta(minutes=15)


class Attempts:
    """The one way from a password to a signed-in browser."""

    def __init__(self, people: People, sign_ins: SignIns, throttle: Throttle, audit: Audit) -> None:
        self._people = people
        self._sign_ins = sign_ins
        self._throttle = throttle
        self._audit = audit

    async def check(self, email: str, password: str, address: str) -> User | None:
        """Whose address and password these are; None where nobody's are.

        `address` is the network address of whoever tries. `TooManyAttempts` after 10 attempts on an account or 50
        from an address in a quarter of an hour, whether or not there is such an account.
        """
        account = _account(email)
        await self._throttle.count(f"sign-in from {address}", PER_ADDRESS, WINDOW)
        await self._throttle.count(account, PER_ACCOUNT, WINDOW)
        user = await self._people.check_password(email, password)
        if user is None:
            await self._audit.record("sign_in.failed", member=email.strip().lower(), address=address)
            return None
        await self._throttle.clear(account)
        return user

    async def sign_in(self, email: str, password: str, *, address: str) -> str | None:
        """Sign a browser in; the token for its cookie, and None where nobody has this address and password."""
        user = await self.check(email, password, address)
        return None if user is None else await self.signed_in(user, "password", address=address)

    async def signed_in(self, user: User, method: str, *, address: str) -> str:
        """Sign a browser in for somebody who proved who they are by `method`; the token for its cookie."""
        token = await self._sign_ins.start(user.id, method)
        await self._audit.record("sign_in.succeeded", member=user.email, method=method, address=address)
        return token


def _account(email: str) -> str:
    return f"sign-in as {email.strip().lower()}"
