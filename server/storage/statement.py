"""SQL that is built once with SQLAlchemy Core and compiled once per database.

Going through SQLAlchemy for every execution costs more than the query itself. Columns hold only integers and text,
so values pass to the drivers as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeAlias, cast

from sqlalchemy import JSON, Dialect, Table, TableValuedAlias, bindparam, func
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

Row: TypeAlias = tuple[Any, ...]
Parameters: TypeAlias = Mapping[str, str | int | None]


class Engine(StrEnum):
    """The databases that Weir runs on."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Sql:
    """Text for one driver, and what has to be bound to it."""

    text: str
    names: frozenset[str]
    """The parameters that a caller has to give."""
    constants: Parameters
    """Values that the construct itself contains."""

    def bind(self, params: Parameters) -> Parameters:
        """`params` with the constants; `TypeError` where the names are not exactly those that are asked for."""
        if len(params) != len(self.names) or not self.names.issuperset(params):
            raise TypeError(f"the statement takes {sorted(self.names)}, and was given {sorted(params)}: {self.text}")
        return {**self.constants, **params} if self.constants else params


class Statement:
    """One SQL statement with named parameters. Create it once, at import."""

    __slots__ = ("_construct", "_sql")

    def __init__(self, construct: ClauseElement | Mapping[Engine, Callable[[], ClauseElement]]) -> None:
        self._construct = construct
        self._sql: dict[Engine, Sql] = {}

    @classmethod
    def upsert(cls, build: Callable[[Callable[[Table], sqlite.Insert]], ClauseElement]) -> Statement:
        """A statement with `ON CONFLICT`. `build` gets the database's own `insert`; both spell the clause alike."""
        return cls({engine: partial(_upsert, build, engine) for engine in Engine})

    @classmethod
    def listed(cls, name: str, build: Callable[[TableValuedAlias], ClauseElement]) -> Statement:
        """A statement with a list of texts, bound as JSON under `name`; `build` gets it as a table of one column."""
        return cls(
            {
                Engine.SQLITE: lambda: build(func.json_each(bindparam(name)).table_valued("value")),
                Engine.POSTGRESQL: lambda: build(
                    func.json_array_elements_text(cast_to(bindparam(name), JSON)).table_valued("value")
                ),
            }
        )

    def sql(self, engine: Engine) -> Sql:
        """The compiled form for `engine`."""
        found = self._sql.get(engine)
        if found is None:
            construct = self._construct
            found = self._sql[engine] = _compile(
                construct[engine]() if isinstance(construct, Mapping) else construct, engine
            )
        return found


def _upsert(build: Callable[[Callable[[Table], sqlite.Insert]], ClauseElement], engine: Engine) -> ClauseElement:
    if engine is Engine.SQLITE:
        return build(sqlite.insert)
    # A tenth of a second of start-up that nobody needs who runs on SQLite.
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - see above

    return build(cast("Callable[[Table], sqlite.Insert]", postgresql.insert))


def _compile(construct: ClauseElement, engine: Engine) -> Sql:
    compiled = construct.compile(dialect=_dialect(engine))
    assert isinstance(compiled, SQLCompiler)
    bound = {compiled.bind_names[parameter]: parameter for parameter in compiled.bind_names}
    return Sql(
        text=str(compiled),
        names=frozenset(name for name, parameter in bound.items() if parameter.required),
        constants={name: parameter.effective_value for name, parameter in bound.items() if not parameter.required},
    )


@cache
def _dialect(engine: Engine) -> Dialect:
    match engine:
        case Engine.SQLITE:
            return sqlite.dialect(paramstyle="named")
        case Engine.POSTGRESQL:
            from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg  # noqa: PLC0415 - as in `_upsert`

            return PGDialect_psycopg()
