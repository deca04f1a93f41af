"""The columns that every kind has: how a row ended, how far its answer can be trusted, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from server.domain.csv_text import Cell
from server.domain.errors import WeirError
from server.domain.money import plain
from server.domain.outcome import Outcome
from server.domain.quality import Quality
from server.domain.receipt import Receipt
from server.domain.result import Result
from server.domain.views import ProvenanceView

_SUPPRESSED = "On the suppression list."


def refused(error: WeirError) -> Result[Any]:
    """The result of a row that was refused before anything was asked or spent."""
    return Result(error.outcome, None, Receipt(), error=error)


def _quality(result: Result[Any]) -> Quality | None:
    """None where the provider said nothing about quality."""
    answer = result.answer
    return None if answer is None or answer.quality.basis == "none" else answer.quality


def _status(result: Result[Any]) -> Cell:
    quality = _quality(result)
    return None if quality is None else quality.status.value


def _score(result: Result[Any]) -> Cell:
    quality = _quality(result)
    return None if quality is None else quality.score


def _provider(result: Result[Any]) -> Cell:
    """Who answered; several where the plan has several steps."""
    if result.provenance is not None:
        return result.provenance.provider
    found = (attempt.provider for attempt in result.receipt.attempts if attempt.outcome is Outcome.FOUND)
    return "; ".join(dict.fromkeys(found))


def _reason(result: Result[Any]) -> Cell:
    """Why there is no answer, or what is missing from it."""
    if result.error is not None:
        return result.error.message
    if result.answer is not None:
        return " ".join(result.answer.warnings)
    return _SUPPRESSED if result.outcome is Outcome.SUPPRESSED else None


def _fetched_at(result: Result[Any]) -> Cell:
    return None if result.provenance is None else ProvenanceView.of(result.provenance).fetched_at


COMMON: Mapping[str, Callable[[Result[Any]], Cell]] = {
    "outcome": lambda result: result.outcome.value,
    "quality": _status,
    "score": _score,
    "provider": _provider,
    "credits": lambda result: plain(result.receipt.cost.total),
    "cached": lambda result: result.receipt.cached,
    "reason": _reason,
    "fetched_at": _fetched_at,
}
"""Column name without prefix, and how it is read; credits of several providers are counted together."""
