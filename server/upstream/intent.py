"""What somebody wants to write down of a call before it happens."""

from __future__ import annotations

from typing import Protocol


class Intent(Protocol):
    """The books of one call, as far as the network has to know. Whatever it raises ends the call, and nothing is sent.

    It is told as late as possible: of a call that waits for its turn, nothing says that it may have been charged.
    """

    async def waits(self) -> None:
        """The call may have to wait before it is sent. May be called any number of times."""
        ...

    async def leaves(self) -> None:
        """A request has its turn and is about to leave. Called before each of a call's requests."""
        ...


class Unwritten:
    """The intent of a call that costs nothing."""

    async def waits(self) -> None:
        """Nothing is set aside."""

    async def leaves(self) -> None:
        """Nothing is written down."""


UNWRITTEN = Unwritten()
