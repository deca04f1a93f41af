"""What a process remembers of the pieces of durable work that it has begun."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from server.batches.pieces import Pieces, Unfinished
from server.domain.errors import StorageUnavailable


def _leave(
    pieces: Pieces, piece: str, why: Exception | None = None, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Begin a piece, do something `meanwhile`, and leave the piece unfinished."""
    with pieces.begun(piece):
        meanwhile()
        raise why or Unfinished


@pytest.mark.parametrize("why", [Unfinished(), StorageUnavailable("The database is away.")])
def test_what_is_left_of_a_piece_is_to_be_begun_again_once(why: Exception):
    pieces = Pieces()
    with pytest.raises(asyncio.CancelledError):
        _leave(pieces, "job:1:1", why)
    dropped = pieces.dropped
    assert pieces.still(dropped) == {"job:1:1"}
    pieces.forget(dropped)
    assert not pieces.dropped


def test_what_ended_is_not_begun_again():
    pieces = Pieces()
    with pieces.begun("job:1:1"):
        pass
    with pytest.raises(KeyError):
        _leave(pieces, "job:1:2", KeyError())
    assert not pieces.dropped


def test_a_piece_that_was_begun_again_meanwhile_belongs_to_the_later_beginning():
    pieces, later = Pieces(), ExitStack()
    with pytest.raises(asyncio.CancelledError):
        _leave(pieces, "job:1:1", meanwhile=lambda: later.enter_context(pieces.begun("job:1:1")))
    assert not pieces.dropped
    later.close()
    assert not pieces.dropped


def test_a_piece_whose_later_beginning_has_ended_is_not_begun_again():
    pieces = Pieces()

    def finish() -> None:
        with pieces.begun("job:1:1"):
            pass

    with pytest.raises(asyncio.CancelledError):
        _leave(pieces, "job:1:1", meanwhile=finish)
    assert not pieces.dropped


def test_a_piece_that_is_under_way_again_or_was_dropped_anew_is_not_taken_for_the_earlier_one():
    pieces = Pieces()
    with pytest.raises(asyncio.CancelledError):
        _leave(pieces, "job:1:1")
    seen, under_way = pieces.dropped, list[frozenset[str]]()
    with pytest.raises(asyncio.CancelledError):
        _leave(pieces, "job:1:1", meanwhile=lambda: under_way.append(pieces.still(seen)))
    assert under_way == [frozenset()]
    pieces.forget(seen)
    assert pieces.still(seen) == frozenset()
    assert set(pieces.dropped) == {"job:1:1"}
