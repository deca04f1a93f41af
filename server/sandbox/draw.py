"""Chance without chance: every draw is a pure function of what it is drawn for."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Random numbers from the SHA-256 of `identity`; good for about 250 bits of choices, then take another one."""

    __slots__ = ("_left",)

    def __init__(self, *identity: str) -> None:
        self._left = int.from_bytes(sha256("\x1f".join(identity).encode()).digest())

    def below(self, bound: int) -> int:
        """A number from 0 up to, not including, `bound`."""
        self._left, number = divmod(self._left, bound)
        return number

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def some(self, choices: Sequence[T], count: int) -> tuple[T, ...]:
        """`count` different choices, in the order of `choices`."""
        left = list(range(len(choices)))
        chosen = sorted(left.pop(self.below(len(left))) for _ in range(min(count, len(left))))
        return tuple(choices[index] for index in chosen)

    def percent(self, share: float) -> bool:
        """True in `share` percent of all draws."""
        return self.below(10_000) < share * 100
