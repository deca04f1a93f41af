"""Passwords: which are good enough, and argon2id to keep and check them (the defaults of RFC 9106 by argon2-cffi)."""

from __future__ import annotations

import asyncio
import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING

from server.domain.errors import InvalidInput

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 12
LONGEST = 1024
_FEWEST_DIFFERENT = 5
_AT_ONCE = 2
"""Passwords hashed at a time: each takes 64 MiB and a core for a moment."""

_COMMON = frozenset(
    {
        "123456789012",
        "1234567890123",
        "123456789abc",
        "1q2w3e4r5t6y",
        "abcdefghijkl",
        "administrator",
        "changemeplease",
        "correcthorsebatterystaple",
        "iloveyou1234",
        "letmein12345",
        "password1234",
        "password12345",
        "password123456",
        "passwordpassword",
        "qwerty123456",
        "qwertyuiop12",
        "qwertyuiopasdf",
        "welcome12345",
    }
)
"""The commonest of those that are long enough; a longer list would lull more than it protects."""


def refuse_weak(password: str, email: str) -> None:
    """`InvalidInput` where a password is too short, too long, or what anybody would try first."""
    plain = _normal(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise _weak(f"it has {len(plain)} characters; {SHORTEST} to {LONGEST} are allowed")
    if plain.casefold() == email.casefold():
        raise _weak("it is the e-mail address")
    if len(set(plain)) < _FEWEST_DIFFERENT or plain.casefold() in _COMMON:
        raise _weak("it is one of the first that are tried")


def _weak(why: str) -> InvalidInput:
    return InvalidInput(
        f"This password cannot be used: {why}.",
        field="password",
        fix=f"Choose one of at least {SHORTEST} characters, such as four unrelated words.",
    )


def _normal(password: str) -> str:
    """Keyboards differ in how they compose an accented letter."""
    return unicodedata.normalize("NFC", password)


class Passwords:
    """Hashes and checks, beside the event loop and few at a time. One per process."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._given = hasher
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._decoy: str | None = None

    async def hashed(self, password: str) -> str:
        """What is stored of a password: argon2's own text, with salt and parameters."""
        async with self._places:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether `stored` was made of `password`; takes as long where nothing is stored, and is False then."""
        if len(password) > LONGEST:
            password = ""
        async with self._places:
            if self._decoy is None:
                self._decoy = await asyncio.to_thread(self._hasher.hash, "")
            return await asyncio.to_thread(self._verify, stored or self._decoy, password) and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than are used today."""
        return self._hasher.check_needs_rehash(stored)

    @cached_property
    def _hasher(self) -> PasswordHasher:
        # Imported here because a server without passwords never needs it.
        from argon2 import PasswordHasher  # noqa: PLC0415 - see above

        return self._given or PasswordHasher()

    def _verify(self, stored: str, password: str) -> bool:
        from argon2.exceptions import VerificationError  # noqa: PLC0415 - as in `_hasher`

        try:
            return self._hasher.verify(stored, _normal(password))
        except VerificationError:
            return False
