"""The code by which a page knows the operator where nobody signs in: printed in their terminal, new for every run."""

from __future__ import annotations

import secrets
from hmac import compare_digest

_GROUPS, _DIGITS = 3, 4


def new_code() -> str:
    """Twelve random digits in groups, such as `4821-9037-5526`."""
    return "-".join(f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}" for _ in range(_GROUPS))


def is_same(code: str, given: str) -> bool:
    """Whether somebody typed the code, however they grouped it; takes the same time wherever it differs."""
    return compare_digest(_plain(code), _plain(given))


def _plain(text: str) -> bytes:
    return "".join(character for character in text if character.isalnum()).encode()
