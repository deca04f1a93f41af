"""A batch: many rows looked up as one durable piece of work. Clients know it as a bulk job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from server.domain.money import Credits, Micros


class Status(StrEnum):
    """Where a batch stands."""

    CHECKING = "checking"
    """Its rows are being read and reckoned; nothing is spent."""
    AWAITING_APPROVAL = "awaiting_approval"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    """By a person, or by a limit; `reason` says which."""
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    """It could not begin: `reason` says why. Nothing was spent."""

    @property
    def over(self) -> bool:
        """Whether nothing happens any more unless somebody asks for it."""
        return self in (Status.COMPLETED, Status.CANCELLED, Status.FAILED)


class RowState(StrEnum):
    """How a row was settled."""

    DONE = "done"
    """Asked and answered, also where nothing was found."""
    FAILED = "failed"
    """Asked, and no provider could answer; it can be retried."""
    SKIPPED = "skipped"
    """Not asked: blank, malformed, suppressed."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What running a batch would come to, found out without spending."""

    rows: int
    """With data; all that follow but `duplicates` add up to it."""
    invalid: int
    duplicates: int
    suppressed: int
    cached: int
    """Answers at hand, as far as anybody can tell now: free."""
    to_ask: int
    """Rows for which providers would be asked."""
    expected: Mapping[str, Credits]
    """By provider: if every row is answered by the first provider asked, less what was paid for before."""
    most: Mapping[str, Credits]
    """By provider: if every provider of every row has to be asked, and charges the most it can."""
    usd_expected: Micros
    usd_most: Micros
    seconds: float
    """What the first providers' rate limits make of `to_ask`, at least."""
    problems: Sequence[str] = ()
    """What keeps the batch from running, such as an unknown price; empty where it can run."""
    ragged: int = 0
    """Rows with something that the columns have no place for, such as surplus cells."""
    unlocked: int = 0
    """Of `to_ask`: rows for which the first provider was paid before and does not charge again, so it is expected to
    answer for nothing, or for what there is more to tell."""

    @property
    def total_expected(self) -> Credits:
        """Credits of all providers together."""
        return Credits(sum(self.expected.values()))

    @property
    def total_most(self) -> Credits:
        """Credits of all providers together."""
        return Credits(sum(self.most.values()))


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants done with the rows of a file."""

    kind: str
    columns: Mapping[str, str]
    """The file's column for each role of the kind."""
    ceiling: Credits
    """Most that all rows together may cost, in hundredths of a credit."""
    most: int | None = None
    """Answers per row, for the kinds where one row can return many."""
    fresh: bool = False
    """Ask again also where an answer is stored."""
    webhook: str | None = None
    name: str = ""
    source: str = ""
    """The id of the file that the rows come from."""
    request: str = ""
    """The same for requests that ask the same, so that a repeated one is recognised; empty for none."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One bulk job as it stands."""

    id: str
    workspace: str
    member: str
    client: str
    connection: str
    order: Order
    header: tuple[str, ...]
    """Names of the file's columns, no two alike."""
    titles: tuple[str, ...]
    """What the file calls them, with blanks and repetitions."""
    status: Status
    reason: str
    """Why it stands where it stands, for people; empty where that needs no explanation."""
    approval: str
    estimate: Estimate | None
    rows: int
    chunks: int
    done: int
    found: int
    failed: int
    skipped: int
    cached: int
    credits: Credits
    usd: Micros
    run: int
    created_at: datetime
    started_at: datetime | None
    """When the present run began."""
    finished_at: datetime | None
    expires_at: datetime | None

    @property
    def settled(self) -> int:
        """Rows that need nothing more."""
        return self.done + self.failed + self.skipped


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of one row."""

    row: int
    """Number of the row in its file, from 1."""
    state: RowState
    outcome: str
    reason: str = ""
    credits: Credits = Credits(0)
    usd: Micros = Micros(0)
    found: bool = False
    cached: bool = False
    cells: tuple[str, ...] = ()
    """What is appended to the row."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A slice of a batch's rows."""

    number: int
    first_row: int
    cells: Sequence[Sequence[str]]
    duplicates: Mapping[int, Sequence[int]] = field(default_factory=dict[int, Sequence[int]])
    """Rows, here or in other chunks, that ask the same as one of this chunk, by that one's number."""
    waiting: frozenset[int] = frozenset()
    """Rows of this chunk that wait for the answer of another row."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a batch."""

    id: int
    at: datetime
    level: str
    """`event` for those who follow the batch, `log` for finding faults."""
    event: str
    message: str
    detail: Mapping[str, Any]
