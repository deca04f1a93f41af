"""JSON values of the shape that a field asks for, or `validation_error`."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from server.sandbox.leadmagic import problem


def texts(name: str, value: Any) -> list[str]:
    """A list of strings; a single string is a list of one, and nothing is an empty one."""
    values = _listed(value)
    if not all(isinstance(one, str) for one in values):
        raise problem.invalid(name, f"{name} must hold strings.")
    return values


def labels(name: str, value: Any) -> list[str]:
    """As `texts`, but ids may be numbers."""
    values = _listed(value)
    if not all(isinstance(one, str | int) for one in values):
        raise problem.invalid(name, f"{name} must hold names or ids.")
    return [str(one) for one in values]


def _listed(value: Any) -> list[Any]:
    return cast("list[Any]", value if isinstance(value, list) else [] if value is None else [value])


def day(name: str, text: str) -> date:
    """A date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise problem.invalid(name, f"{name} must be a date such as 2026-05-01.") from None


def number(name: str, value: Any) -> float | None:
    """A number, or nothing."""
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
        raise problem.invalid(name, f"{name} must be a number.")
    return value


def mapping(name: str, value: Any) -> dict[str, Any]:
    """An object; nothing is an empty one."""
    if value is not None and not isinstance(value, dict):
        raise problem.invalid(name, f"{name} must be an object.")
    return cast("dict[str, Any]", value or {})
