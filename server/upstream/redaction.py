"""What may be said about an exchange: nothing that names a person or opens a door."""

from __future__ import annotations

import re

LONGEST = 300

_EMAIL = re.compile(r"[^\s@<>\"'(),:;]+@[^\s@<>\"'(),:;]+")
_PHONE = re.compile(r"\+\d[\d\s().-]{5,}\d|(?<![\w-])(?!\d{4}-\d\d-\d\d)\(?\d(?:[\s().-]{0,2}\d){8,}(?!\w)")
_HIDDEN = re.compile(r"[^\x20-\x7e\u00a1-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\ud7ff\uf900-\ufdff]")
_NOT_AN_ID = re.compile(r"[^\w.:/+=-]", re.ASCII)


def redacted(text: str, *secrets: str) -> str:
    """`text` without the secrets, e-mail addresses, phone numbers and control characters, and not too long."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[key]")
    text = _EMAIL.sub("[email]", _HIDDEN.sub(" ", text))
    text = _PHONE.sub("[phone]", text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def request_id(said: str) -> str:
    """A provider's id of a request, safe to print."""
    return _NOT_AN_ID.sub("", said)[:80]
