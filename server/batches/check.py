"""The free look at every row before anything is spent: what would be asked, what it can cost, what will not run."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import inf

from server.batches.asking import Asking
from server.batches.duplicates import Duplicates
from server.batches.kinds import question
from server.domain.batch import Chunk, Estimate, Settled
from server.domain.errors import InvalidInput, NoOffer, PriceUnknown, Suppressed, WeirError
from server.domain.money import Cost, Credits, Micros
from server.engine import Engine

Cells = Sequence[str]

_AT_ONCE = 500
_PROBLEMS_SHOWN = 5


Price = tuple[tuple[tuple[str, Credits], ...], tuple[tuple[str, Credits], ...], Micros, Micros, str | None]
"""Expected and most credits by provider, the same in dollars, and the provider that is asked first."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the first look at one row found."""

    question: str | None
    key: str | None = None
    """Under which its answer would be stored, where it is a single question."""
    refused: WeirError | None = None
    price: Price = ((), (), Micros(0), Micros(0), None)
    ragged: bool = False
    """Whether it has something that the columns have no place for."""


_FREE = 0
"""The price class of rows for which nobody is asked."""


@dataclass(slots=True)
class Check:
    """Everything that the look at the rows found.

    Rows have few different prices, so a row is noted with the number of its price, and the prices are added up at the
    end, when it is known which rows repeat others.
    """

    invalid: int = 0
    suppressed: int = 0
    cached: int = 0
    ragged: int = 0
    problems: list[str] = field(default_factory=list[str])
    duplicates: Duplicates = field(default_factory=Duplicates)
    repeated: int = 0
    _prices: dict[Price, int] = field(default_factory=dict[Price, int])
    _price_of: array[int] = field(default_factory=lambda: array("I"))

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self._price_of)

    def count(self, looked: _Looked, stored: frozenset[str]) -> None:
        """Take in what the look at the next row found; `stored` are the keys of answers at hand."""
        self.duplicates.add(looked.question)
        self.ragged += looked.ragged
        price = _FREE
        match looked.refused:
            case Suppressed():
                self.suppressed += 1
            case InvalidInput():
                self.invalid += 1
            case WeirError() as problem:
                self._note(problem.message)
            case None if looked.key in stored:
                self.cached += 1
            case None:
                price = self._prices.setdefault(looked.price, len(self._prices) + 1)
        self._price_of.append(price)

    def _note(self, problem: str) -> None:
        if problem not in self.problems and len(self.problems) < _PROBLEMS_SHOWN:
            self.problems.append(problem)

    def compare(self) -> None:
        """Find out which rows repeat others; to be called once, after the last `count`."""
        self.repeated = self.duplicates.compare()

    def estimate(self, per_minute: Mapping[str, float]) -> Estimate:
        """The result in figures; `per_minute` are the providers' rate limits."""
        asked = Counter(
            price for index, price in enumerate(self._price_of) if price and not self.duplicates.first_of(index + 1)
        )
        numbered = {number: price for price, number in self._prices.items()}
        expected, most, first = Counter[str](), Counter[str](), Counter[str]()
        usd_expected = usd_most = 0
        for number, times in asked.items():
            by_expected, by_most, dollars, dollars_most, provider = numbered[number]
            expected.update({name: amount * times for name, amount in by_expected})
            most.update({name: amount * times for name, amount in by_most})
            usd_expected += dollars * times
            usd_most += dollars_most * times
            first[provider or ""] += times
        return Estimate(
            rows=self.rows,
            invalid=self.invalid,
            duplicates=self.repeated,
            suppressed=self.suppressed,
            cached=self.cached,
            to_ask=asked.total(),
            expected={name: Credits(amount) for name, amount in expected.items()},
            most={name: Credits(amount) for name, amount in most.items()},
            usd_expected=Micros(usd_expected),
            usd_most=Micros(usd_most),
            seconds=max((60 * times / per_minute.get(name, inf) for name, times in first.items()), default=0.0),
            problems=tuple(self.problems),
            ragged=self.ragged,
        )


class Checker:
    """Looks at the rows of one batch."""

    def __init__(self, engine: Engine, asking: Asking, workspace: str) -> None:
        self._engine = engine
        self._asking = asking
        self._workspace = workspace

    async def check(self, rows: Callable[[], Iterable[Cells]]) -> Check:
        """Read all rows once; costs are counted for the first of those that ask the same."""
        check, groups = Check(), _groups(rows())
        while group := await asyncio.to_thread(_next, groups, self._look):
            stored = await self._stored(group)
            for looked in group:
                check.count(looked, stored)
        await asyncio.to_thread(check.compare)
        return check

    async def chunks(self, rows: Callable[[], Iterable[Cells]], check: Check, size: int) -> AsyncIterator[Chunk]:
        """The rows a second time, in chunks that know their duplicates."""
        slices, first = iter(rows()), 1
        for number in range(-(-check.rows // size)):
            cells = await asyncio.to_thread(lambda: [list(row) for row in islice(slices, size)])
            end = first + len(cells)
            waiting = frozenset(row for row in range(first, end) if check.duplicates.first_of(row))
            yield Chunk(number, first, cells, check.duplicates.copies_of(first, end), waiting)
            first = end

    def refusals(self, chunk: Chunk) -> list[Settled]:
        """The rows of a chunk that will not be asked, settled."""
        rows = ((chunk.first_row + index, self._look(cells)) for index, cells in enumerate(chunk.cells))
        return [
            self._asking.refused(row, looked.refused)
            for row, looked in rows
            if isinstance(looked.refused, InvalidInput | Suppressed)
        ]

    def _look(self, cells: Cells) -> _Looked:
        ragged = len(cells) > len(self._asking.mapping.header)
        try:
            plan = self._asking.plan(cells)
            expected, most, first = self._engine.reckon(plan, self._workspace)
        except (InvalidInput, Suppressed, NoOffer, PriceUnknown) as refused:
            # The tracebacks of an error and its cause would keep the whole group of rows alive, in a circle.
            refused.__cause__ = refused.__context__ = None
            return _Looked(None, refused=refused.with_traceback(None), ragged=ragged)
        alone = plan.steps[0].query if len(plan.steps) == 1 else None
        key = alone.key if alone is not None and not alone.fresh else None
        price = _amounts(expected), _amounts(most), expected.usd, most.usd, first
        return _Looked(question(plan), key, None, price, ragged)

    async def _stored(self, looked: Iterable[_Looked]) -> frozenset[str]:
        keys = {one.key for one in looked if one.key is not None}
        return await self._engine.books.cache.known(self._workspace, keys) if keys else frozenset()


def _groups(rows: Iterable[Cells]) -> Iterator[list[Cells]]:
    rest = iter(rows)
    while group := list(islice(rest, _AT_ONCE)):
        yield group


def _next(groups: Iterator[list[Cells]], look: Callable[[Cells], _Looked]) -> list[_Looked]:
    return [look(cells) for cells in next(groups, list[Cells]())]


def _amounts(cost: Cost) -> tuple[tuple[str, Credits], ...]:
    return tuple(sorted(cost.credits.items()))
