"""Whom a question or an answer is about, in the form in which people opt out.

A subject is a canonical e-mail address, domain, profile URL or E.164 number. A domain stands for itself, for every
host below it and for every address at any of them.
"""

from __future__ import annotations

from server.domain import normalise


def canonical(value: str) -> str:
    """The subject that `value` names. `ValueError` says what is wrong and what to send instead."""
    cleaned = normalise.text(value, 500)
    if "linkedin.com/" in cleaned.lower():
        return normalise.company_url(cleaned) if "/company/" in cleaned.lower() else normalise.person_url(cleaned)
    if cleaned.startswith("+"):
        number = normalise.phone(cleaned)
        if number is None:
            raise ValueError("is not a phone number; send it in E.164 form, such as +14155550100")
        return number
    if "@" in cleaned.strip("@"):
        return normalise.email(cleaned)
    return normalise.domain(cleaned)


def covered_by(subject: str) -> tuple[str, ...]:
    """The subjects whose opt-out covers `subject`: itself and, of an address or host, every domain above it."""
    if subject.startswith(("https://", "+")):
        return (subject,)
    host = subject.rpartition("@")[2]
    labels = host.split(".")
    domains = [".".join(labels[depth:]) for depth in range(len(labels) - 1)]
    return tuple(dict.fromkeys((subject, *domains)))
