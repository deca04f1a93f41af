"""Which column plays which role: header and content of every column weighed against each other."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from server.batches.content import SHAPES, Content
from server.batches.header import Header
from server.batches.kinds.role import Role

LEAST = 0.35
"""A claim below this is no claim."""

_PERSONAL = frozenset({Role.FIRST_NAME, Role.LAST_NAME, Role.EMAIL, Role.PROFILE_URL, Role.JOB_TITLE})
_SURE = 0.7
_HEADER_ALONE = 0.7
"""How far a header is trusted over a column without values."""


def claims(headers: Sequence[Header], contents: Sequence[Content]) -> dict[Role, tuple[int, float]]:
    """The column and the confidence, from 0 to 1, of every role that some column plays; no column plays two."""
    read = _in_context(headers, contents)
    scored = [
        (score, content.filled, -number, role)
        for number, (header, content) in enumerate(zip(read, contents, strict=True))
        for role in Role
        if (score := _score(role, header, content)) >= LEAST
    ]
    taken: dict[Role, tuple[int, float]] = {}
    used: set[int] = set()
    for score, _, minus, role in sorted(scored, reverse=True):
        if role not in taken and -minus not in used:
            taken[role] = (-minus, round(score, 2))
            used.add(-minus)
    return _with_last_name(taken, read, contents)


def _score(role: Role, header: Header, content: Content) -> float:
    named = header.scores.get(role, 0.0)
    if not content.filled:
        return _HEADER_ALONE * named
    if role is Role.PERSONAL_EMAIL:
        return _personal(named, header, content)
    return _shaped(role, named, header, content) if role in SHAPES else _worded(role, named, header, content)


def _shaped(role: Role, named: float, header: Header, content: Content) -> float:
    """A role whose values can be told by their form: the form decides, the header confirms."""
    share = content.shapes[role]
    if named:
        return 0.6 + 0.25 * named + 0.14 * share if share >= 0.5 else named * share
    if header.foreign:
        return 0.25 * share
    if role is Role.EMAIL and Role.PERSONAL_EMAIL in header.scores:
        return 0.45 * share
    return (0.8 if header.silent else 0.7) * share if share >= 0.5 else 0.0


def _personal(named: float, header: Header, content: Content) -> float:
    share = content.shapes[Role.EMAIL]
    if named:
        return 0.6 + 0.25 * named + 0.14 * share if share >= 0.5 else named * share
    return 0.5 * content.free_mail if header.silent and content.free_mail >= 0.8 else 0.0


def _worded(role: Role, named: float, header: Header, content: Content) -> float:
    """A role of plain words: the header decides, the form of the values can only speak against it."""
    if header.foreign or content.words < 0.5:
        return 0.0
    if named:
        fits = _plausible(role, content, sure=named >= _SURE)
        return named * (0.55 + 0.44 * fits) if fits > 0.2 else 0.3 * named
    return _guessed(role, content) * (1.0 if header.silent else 0.6)


def _plausible(role: Role, content: Content, *, sure: bool) -> float:
    """How well plain words go with the role; a vague header needs people's names below it to mean people."""
    match role:
        case Role.FIRST_NAME | Role.LAST_NAME:
            return content.name_like
        case Role.FULL_NAME:
            return content.two_names * (1 - content.company_like) * (1.0 if sure else min(1.0, 2 * content.given_first))
        case Role.COMPANY_NAME:
            return 1.0 if content.given_first < 0.5 else 0.6
        case _:
            return content.words


def _guessed(role: Role, content: Content) -> float:
    """How much plain words without a header look like the role."""
    person = content.given_first >= 0.4 and content.company_like < 0.2 and content.title_like < 0.2
    if role is Role.FULL_NAME and person and content.two_names >= 0.6:
        return 0.5 + 0.25 * content.given_first
    if role is Role.FIRST_NAME and person and content.two_names < 0.4:
        return 0.5 + 0.25 * content.given_first
    if role is Role.COMPANY_NAME and content.company_like >= 0.25 and content.given_first < 0.4:
        return 0.5 + 0.25 * content.company_like
    if role is Role.JOB_TITLE and content.title_like >= 0.5:
        return 0.45 + 0.25 * content.title_like
    return 0.0


def _in_context(headers: Sequence[Header], contents: Sequence[Content]) -> list[Header]:
    """Headers that only say "name" read by what stands beside them."""
    named = {role for header in headers for role, score in header.scores.items() if score >= 0.6}
    shaped = {role for content in contents for role, share in content.shapes.items() if share >= 0.5}
    return [
        replace(header, scores=_whose_name(named | shaped, content)) if header.just_name else header
        for header, content in zip(headers, contents, strict=True)
    ]


def _whose_name(others: Set[Role], content: Content) -> dict[Role, float]:
    if Role.FIRST_NAME in others and Role.LAST_NAME not in others:
        return {Role.LAST_NAME: 0.9}
    if Role.LAST_NAME in others and Role.FIRST_NAME not in others:
        return {Role.FIRST_NAME: 0.9}
    if Role.COMPANY_NAME in others:
        return {Role.FULL_NAME: 0.9}
    is_of_company = content.company_like >= 0.15 or not (others & _PERSONAL or content.given_first >= 0.3)
    return {Role.COMPANY_NAME: 0.8} if is_of_company else {Role.FULL_NAME: 0.9, Role.COMPANY_NAME: 0.3}


def _with_last_name(
    taken: dict[Role, tuple[int, float]], headers: Sequence[Header], contents: Sequence[Content]
) -> dict[Role, tuple[int, float]]:
    """A column of single names without a header, right beside the given names, holds the family names."""
    first = taken.get(Role.FIRST_NAME)
    if first is None or Role.LAST_NAME in taken:
        return taken
    used = {number for number, _ in taken.values()}
    for number in (first[0] + 1, first[0] - 1):
        free = 0 <= number < len(headers) and number not in used and headers[number].silent
        if free and contents[number].name_like >= 0.8 and contents[number].company_like < 0.2:
            return {**taken, Role.LAST_NAME: (number, 0.5)}
    return taken
