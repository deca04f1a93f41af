"""Secrets that browsers and links carry: 256 random bits, of which only the hash is stored."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """43 characters that may stand in a URL."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a secret. It is random, so one round of SHA-256 cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()
