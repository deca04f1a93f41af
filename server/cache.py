"""Answers that were paid for, per workspace: a bounded memory in front of storage."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from sqlalchemy import BigInteger, ColumnElement, TableValuedAlias, bindparam, delete, select, update

from server.domain.outcome import Outcome
from server.domain.query import Answer, AnyQuery, Query, answer_of
from server.domain.receipt import Provenance
from server.domain.subject import canonical, covered_by
from server.storage.database import Database, Statement, Transaction
from server.storage.instant import from_micros, to_micros
from server.storage.sweep import expired, sweep
from server.storage.tables import answer_subjects, answers

A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a query came to. `answer` is None for a miss; `provenance.cached` is True once it was read back."""

    outcome: Outcome
    answer: Answer | None
    provenance: Provenance
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What is known of a query whose look-up has cost something and is not over."""

    asked: tuple[str, ...]
    """Who has answered, and need not be paid again."""
    best: Stored
    """The best answer so far; a miss where there is none. It goes when this goes."""


_UNFINISHED = "unfinished"
_a, _s = answers.c, answer_subjects.c
_NOW = bindparam("now", type_=BigInteger)
_STORED = (_a.outcome, _a.answer, _a.provider, _a.provider_operation, _a.fetched_at, _a.expires_at)
_GET = Statement(
    select(*_STORED).where(_a.workspace == bindparam("workspace"), _a.key == bindparam("key"), _a.expires_at > _NOW)
)
_PUT = Statement.upsert(
    lambda insert: (
        insert(answers)
        .values({column.name: bindparam(column.name) for column in answers.columns})
        .on_conflict_do_update(
            index_elements=[_a.workspace, _a.key],
            set_={
                name: bindparam(name)
                for name in ("outcome", "answer", "provider", "provider_operation", "fetched_at", "expires_at")
            },
        )
    )
)
_PUT_SUBJECT = Statement.upsert(
    lambda insert: (
        insert(answer_subjects)
        .values({column.name: bindparam(column.name) for column in answer_subjects.columns})
        .on_conflict_do_update(
            index_elements=[_s.workspace, _s.subject, _s.key], set_={"expires_at": bindparam("expires_at")}
        )
    )
)
_ABOUT = select(_s.key).where(_s.workspace == bindparam("workspace"), _s.subject == bindparam("subject"))
_NAMING = Statement(
    select(_a.key, _a.operation, _a.outcome, _a.answer).where(
        _a.workspace == bindparam("workspace"), _a.key.in_(_ABOUT)
    )
)
_REWRITE = Statement(
    update(answers)
    .where(_a.workspace == bindparam("of_workspace"), _a.key == bindparam("of_key"))
    .values(outcome=bindparam("outcome"), answer=bindparam("answer"))
)
_KNOWN = Statement.listed("keys", lambda keys: select(_a.key).where(*_fresh(keys)))
_GET_ALL = Statement.listed("keys", lambda keys: select(_a.key, *_STORED).where(*_fresh(keys)))
_DROP = Statement(delete(answers).where(_a.workspace == bindparam("workspace"), _a.key == bindparam("key")))
_FORGET_WITHHELD = Statement(
    delete(answers).where(_a.workspace == bindparam("workspace"), _a.outcome == Outcome.SUPPRESSED.value)
)
_FORGET_SUBJECT = Statement(
    delete(answer_subjects).where(_s.workspace == bindparam("workspace"), _s.subject == bindparam("subject"))
)
_DOMAINS = Statement(
    select(_s.subject)
    .distinct()
    .where(
        _s.workspace == bindparam("workspace"),
        _s.subject >= bindparam("prefix"),
        _s.subject.like(bindparam("pattern"), escape="\\"),
        *(_s.subject.not_like(other) for other in ("%@%", "https://%", "+%")),
        _s.expires_at > _NOW,
    )
    .order_by(_s.subject)
    .limit(bindparam("most", type_=BigInteger))
)
_RECENT = Statement(
    select(_a.answer)
    .where(
        _a.workspace == bindparam("workspace"),
        _a.operation == bindparam("operation"),
        _a.answer.is_not(None),
        _a.outcome != _UNFINISHED,
        _a.expires_at > _NOW,
    )
    .order_by(_a.fetched_at.desc())
    .limit(bindparam("most", type_=BigInteger))
)


def _fresh(keys: TableValuedAlias) -> tuple[ColumnElement[bool], ...]:
    """Of the answers under `keys`: those of the workspace that are whole and fresh."""
    return (
        _a.workspace == bindparam("workspace"),
        _a.key.in_(select(keys.c.value)),
        _a.outcome != _UNFINISHED,
        _a.expires_at > _NOW,
    )


_SWEEP = expired(answers)
_SWEEP_SUBJECTS = expired(answer_subjects)


class Cache:
    """Stored answers by workspace and query. `query.fresh` plays no part in what identifies an answer."""

    def __init__(self, database: Database, clock: Callable[[], datetime], size: int = 10_000) -> None:
        """`size` bounds the memory, counted in rows: a page of fifty people counts as fifty."""
        self._database = database
        self._clock = clock
        self._size = size
        self._near: OrderedDict[tuple[str, AnyQuery], Stored] = OrderedDict()
        self._rows = 0

    async def known(self, workspace: str, keys: Iterable[str]) -> frozenset[str]:
        """Those of `keys` under which a fresh answer is stored."""
        listed, now = json.dumps(list(keys)), to_micros(self._clock())
        rows = await self._database.report(_KNOWN, workspace=workspace, keys=listed, now=now)
        return frozenset(str(key) for (key,) in rows)

    def peek(self, workspace: str, query: AnyQuery) -> Stored | None:
        """A fresh answer that is in memory: a dictionary look-up, no await."""
        key = (workspace, _plain(query))
        stored = self._near.get(key)
        if stored is None:
            return None
        if stored.expires_at <= self._clock():
            self._drop(key)
            return None
        self._near.move_to_end(key)
        return stored

    async def get_all(self, workspace: str, queries: Iterable[AnyQuery]) -> Mapping[AnyQuery, Stored]:
        """Those of `queries` to which there is a fresh answer in storage; nothing of it is kept in memory."""
        by_key = {query.key: query for query in queries}
        if not by_key:
            return {}
        listed, now = json.dumps(list(by_key)), to_micros(self._clock())
        rows = await self._database.report(_GET_ALL, workspace=workspace, keys=listed, now=now)
        found = {by_key[key]: _read_answer(by_key[key], row) for key, *row in rows}
        return {query: stored for query, stored in found.items() if stored is not None}

    async def get(self, workspace: str, query: AnyQuery) -> Stored | None:
        """A fresh answer from memory or storage."""
        found = await self.find(workspace, query)
        return found if isinstance(found, Stored) else None

    async def find(self, workspace: str, query: AnyQuery) -> Stored | Unfinished | None:
        """A fresh answer from memory or storage, or how far a look-up of it came."""
        near = self.peek(workspace, query)
        if near is not None:
            return near
        rows = await self._database.read(_GET, workspace=workspace, key=query.key, now=to_micros(self._clock()))
        found = _read(query, rows[0]) if rows else None
        if isinstance(found, Stored):
            self.remember(workspace, query, found)
        return found

    def put(self, tx: Transaction, workspace: str, query: AnyQuery, found: Stored | Unfinished) -> None:
        """Store in the caller's transaction, over any older answer; call `remember` once an answer is committed."""
        stored = found.best if isinstance(found, Unfinished) else found
        key, where, expires_at = query.key, stored.provenance, to_micros(stored.expires_at)
        tx.execute(
            _PUT,
            workspace=workspace,
            key=key,
            operation=query.operation(),
            outcome=_UNFINISHED if isinstance(found, Unfinished) else stored.outcome,
            answer=_written(found),
            provider=where.provider,
            provider_operation=where.operation,
            fetched_at=to_micros(where.fetched_at),
            expires_at=expires_at,
        )
        tx.execute_many(
            _PUT_SUBJECT,
            [
                {"workspace": workspace, "subject": subject, "key": key, "expires_at": expires_at}
                for subject in sorted(_subjects(query, stored.answer))
            ],
        )

    def drop(self, tx: Transaction, workspace: str, query: AnyQuery) -> None:
        """Delete what is stored, in the caller's transaction."""
        tx.execute(_DROP, workspace=workspace, key=query.key)

    def remember(self, workspace: str, query: AnyQuery, stored: Stored) -> None:
        """Keep in memory what was committed, so that `peek` finds it."""
        key = (workspace, _plain(query))
        self._drop(key)
        self._near[key] = replace(stored, provenance=replace(stored.provenance, cached=True))
        self._rows += _weight(stored)
        while self._rows > self._size:
            self._drop(next(iter(self._near)))

    async def forget(self, workspace: str, subject: str) -> int:
        """Take `subject` out of every stored answer (a domain stands for every address at it); how many named it.

        A page loses the row. Of any other answer it is kept only that it is withheld, so that nobody pays for it again.
        Each process empties its own memory only. What others still hold is withheld by their suppression lists.
        """
        named = canonical(subject)

        def erase(tx: Transaction) -> int:
            rows = tx.execute(_NAMING, workspace=workspace, subject=named)
            for key, operation, outcome, text in rows:
                left = None if outcome == _UNFINISHED else _without(operation, text, named)
                now = Outcome.SUPPRESSED.value if left is None else outcome
                tx.execute(_REWRITE, of_workspace=workspace, of_key=key, outcome=now, answer=left)
            tx.execute(_FORGET_SUBJECT, workspace=workspace, subject=named)
            return len(rows)

        count = await self._database.write(erase)
        self._clear(workspace)
        return count

    async def forget_withheld(self, workspace: str) -> None:
        """Delete what was kept only as withheld, for when somebody is taken off the suppression list."""
        await self._database.write(lambda tx: tx.execute(_FORGET_WITHHELD, workspace=workspace))
        self._clear(workspace)

    def _clear(self, workspace: str) -> None:
        for key in [key for key in self._near if key[0] == workspace]:
            self._drop(key)

    async def domains(self, workspace: str, prefix: str, most: int) -> tuple[str, ...]:
        """Domains that stored answers are about and that start with `prefix`, in alphabetical order."""
        escaped = re.sub(r"([\\%_])", r"\\\1", prefix)
        rows = await self._database.report(
            _DOMAINS,
            workspace=workspace,
            prefix=prefix,
            pattern=f"{escaped}%",
            now=to_micros(self._clock()),
            most=most,
        )
        return tuple(subject for (subject,) in rows)

    async def recent(self, workspace: str, query: type[Query[A]], most: int) -> tuple[A, ...]:
        """The newest fresh answers to one kind of question."""
        rows = await self._database.report(
            _RECENT, workspace=workspace, operation=query.operation(), now=to_micros(self._clock()), most=most
        )
        read = (_answer(query, text) for (text,) in rows)
        return tuple(answer for answer in read if answer is not None)

    async def sweep(self) -> int:
        """Delete expired answers from storage; how many there were."""
        now = to_micros(self._clock())
        await sweep(self._database, _SWEEP_SUBJECTS, now)
        return await sweep(self._database, _SWEEP, now)

    def _drop(self, key: tuple[str, AnyQuery]) -> None:
        stored = self._near.pop(key, None)
        if stored is not None:
            self._rows -= _weight(stored)


def _plain(query: AnyQuery) -> AnyQuery:
    return query.model_copy(update={"fresh": False}) if query.fresh else query


def _weight(stored: Stored) -> int:
    return max(1, stored.answer.units) if stored.answer is not None else 1


def _subjects(query: AnyQuery, answer: Answer | None) -> frozenset[str]:
    """Whoever could ask for the answer to be forgotten."""
    named = query.subjects() | (frozenset[str]() if answer is None else answer.subjects())
    return frozenset(cover for subject in named for cover in covered_by(subject))


def _without(operation: str, text: str | None, named: str) -> str | None:
    """A stored answer without the entries that `named` covers; None where nothing is left that may be kept."""
    kind = answer_of(operation)
    if text is None or kind is None:
        return None
    try:
        answer = kind.model_validate_json(text)
    except ValidationError:
        return None
    left = answer.without(lambda subjects: any(named in covered_by(subject) for subject in subjects))
    if left is None or left is answer or left.units == 0:
        return None
    return left.model_dump_json(exclude_defaults=True)


def _written(found: Stored | Unfinished) -> str | None:
    stored = found.best if isinstance(found, Unfinished) else found
    answer = None if stored.answer is None else stored.answer.model_dump_json(exclude_defaults=True)
    if isinstance(found, Stored):
        return answer
    return json.dumps({"asked": found.asked, "outcome": stored.outcome, "answer": answer})


def _read(query: AnyQuery, row: tuple[str, str | None, str, str, int, int]) -> Stored | Unfinished | None:
    outcome, text, provider, operation, fetched_at, expires_at = row
    if outcome != _UNFINISHED:
        return _read_answer(query, row)
    known = json.loads(text or "{}")
    best = _read_answer(query, (known["outcome"], known["answer"], provider, operation, fetched_at, expires_at))
    return None if best is None else Unfinished(tuple(known["asked"]), best)


def _read_answer(query: AnyQuery, row: Sequence[Any]) -> Stored | None:
    outcome, text, provider, operation, fetched_at, expires_at = row
    answer = None if text is None else _answer(type(query), text)
    if answer is None and text is not None:
        return None
    provenance = Provenance(provider, operation, from_micros(fetched_at), cached=True)
    return Stored(Outcome(outcome), answer, provenance, from_micros(expires_at))


def _answer(query: type[Query[A]], text: str) -> A | None:
    """The stored answer; None where an older Weir wrote it whose answers looked different: as good as not stored."""
    try:
        return cast("A", query.answer.model_validate_json(text))
    except ValidationError:
        return None
