"""The free look at every row before anything is spent: what would be asked, what it can cost, what will not run."""

from __future__ import annotations

import asyncio
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import inf
from typing import NamedTuple

from server.batches.asking import Asking
from server.batches.duplicates import Duplicates
from server.batches.kinds import question
from server.batches.spells import Spells
from server.catalog import Offer
from server.domain.batch import Chunk, Estimate, Settled
from server.domain.errors import InvalidInput, NoOffer, Suppressed, WeirError
from server.domain.money import Cost, Credits, Micros
from server.engine import Engine
from server.unlocks import Unlocked

Cells = Sequence[str]

_AT_ONCE = 500
_PROBLEMS_SHOWN = 5


Amounts = tuple[tuple[str, Credits], ...]
"""Credits by provider."""


class Price(NamedTuple):
    """What a row would cost."""

    expected: Amounts = ()
    most: Amounts = ()
    usd_expected: Micros = Micros(0)
    usd_most: Micros = Micros(0)
    first: str | None = None
    """The provider that is asked first."""
    unlocked: bool = False
    """Whether that one was paid for it before and does not charge it again."""


_NOTHING = Price()


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the first look at one row found."""

    question: str | None
    key: str | None = None
    """Under which its answer would be stored, where it is a single question."""
    refused: WeirError | None = None
    price: Price = _NOTHING
    once: Offer | None = None
    """Who is asked first, where they do not charge twice for a single question."""
    ragged: bool = False
    """Whether it has something that the columns have no place for."""

    def price_after(self, before: Unlocked | None) -> Price:
        """The price where `before` was paid already."""
        if self.once is None or before is None:
            return self.price
        expected = self.once.cost(before.left(self.once.expected))
        return self.price._replace(expected=_amounts(expected), usd_expected=expected.usd, unlocked=True)


@dataclass(frozen=True, slots=True)
class _Paid:
    """What is known of a group of rows before anybody is asked."""

    stored: frozenset[str] = frozenset()
    """Keys of answers at hand."""
    unlocked: Mapping[tuple[str, str], Unlocked] = field(default_factory=dict[tuple[str, str], Unlocked])
    """By provider and key."""


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

    def count(self, looked: _Looked, paid: _Paid) -> None:
        """Take in what the look at the next row found."""
        self.duplicates.add(looked.question)
        self.ragged += looked.ragged
        price = _FREE
        match looked.refused:
            case Suppressed():
                self.suppressed += 1
            case InvalidInput():
                self.invalid += 1
            case WeirError() as problem:
                self._note(f"{problem.message} {problem.fix or ''}".strip())
            case None if looked.key in paid.stored:
                self.cached += 1
            case None:
                before = paid.unlocked.get((looked.price.first or "", looked.key or ""))
                price = self._prices.setdefault(looked.price_after(before), len(self._prices) + 1)
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
        usd_expected = usd_most = unlocked = 0
        for number, times in asked.items():
            price = numbered[number]
            expected.update({name: amount * times for name, amount in price.expected})
            most.update({name: amount * times for name, amount in price.most})
            usd_expected += price.usd_expected * times
            usd_most += price.usd_most * times
            first[price.first or ""] += times
            unlocked += times if price.unlocked else 0
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
            unlocked=unlocked,
        )


class Checker:
    """Looks at the rows of one batch."""

    def __init__(self, engine: Engine, asking: Asking, workspace: str) -> None:
        self._engine = engine
        self._asking = asking
        self._workspace = workspace

    async def check(self, rows: Callable[[], Iterable[Cells]]) -> Check:
        """Read all rows once; costs are counted for the first of those that ask the same."""
        check, groups, spells = Check(), _groups(rows()), Spells()
        while group := await asyncio.to_thread(next, groups, list[Cells]()):
            found = list[_Looked]()
            for cells in group:
                found.append(self._look(cells))
                await spells.pause()
            paid = await self._paid(found)
            for looked in found:
                check.count(looked, paid)
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
        except (InvalidInput, Suppressed, NoOffer) as refused:
            # The tracebacks of an error and its cause would keep the whole group of rows alive, in a circle.
            refused.__cause__ = refused.__context__ = None
            return _Looked(None, refused=refused.with_traceback(None), ragged=ragged)
        alone = plan.steps[0].query if len(plan.steps) == 1 else None
        once = first if alone is not None and first is not None and first.unlocked_for is not None else None
        asked = question(plan)
        # The question of a single step is its key.
        key = asked if alone is not None and (once is not None or not alone.fresh) else None
        price = Price(_amounts(expected), _amounts(most), expected.usd, most.usd, first and first.provider)
        return _Looked(asked, key, None, price, once, ragged)

    async def _paid(self, group: Iterable[_Looked]) -> _Paid:
        """One look at storage for all answers at hand, and one for all that each provider has unlocked."""
        books, alone = self._engine.books, [(looked.key, looked.once) for looked in group if looked.key is not None]
        keys = {key for key, _ in alone} if not self._asking.fresh else set[str]()
        stored = await books.cache.known(self._workspace, keys) if keys else frozenset[str]()
        asked = dict[str, set[str]]()
        for key, once in alone:
            if once is not None and key not in stored:
                asked.setdefault(once.provider, set()).add(key)
        unlocked = {
            (provider, key): one
            for provider, keys in asked.items()
            for key, one in (await books.unlocks.known(self._workspace, provider, keys)).items()
        }
        return _Paid(stored, unlocked)


def _groups(rows: Iterable[Cells]) -> Iterator[list[Cells]]:
    rest = iter(rows)
    while group := list(islice(rest, _AT_ONCE)):
        yield group


def _amounts(cost: Cost) -> Amounts:
    return tuple(sorted(cost.credits.items()))
