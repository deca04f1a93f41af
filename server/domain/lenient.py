"""Reading what providers send, leniently: one value that does not parse must not lose a paid answer.

`Said` and `Spoken` are the types of a wire model's text; `Reader` turns such text into canonical forms, drops what it
cannot read and says so in `warnings`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, JsonValue, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from server.domain import normalise
from server.domain.person import Place


def _said(value: Any) -> Any:
    """Clean text; empty text and null are the same absence, and a bare number is its digits."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    return normalise.clean(str(value)) or None


Said = Annotated[str | None, BeforeValidator(_said)]
"""Text of a provider without invisible characters; None where it is missing, null or empty."""

Spoken = Annotated[str, BeforeValidator(_said)]
"""As `Said`, but an answer without it makes no sense."""


def _all_said(value: Any) -> tuple[str, ...]:
    match value:
        case str():
            said = map(_said, value.split(","))
        case [*rows]:
            said = map(_said, rows)
        case _:
            return ()
    return tuple(text for text in said if isinstance(text, str))


AllSaid = Annotated[tuple[str, ...], BeforeValidator(_all_said)]
"""A list of texts, or one text with commas; entries that are no text are left out."""


def _count(value: Any) -> int | None:
    try:
        return int(float(str(value).replace(",", "")))
    except (ValueError, OverflowError):
        return None


Count = Annotated[int | None, BeforeValidator(_count)]
"""A whole number, also from text such as `1,250`; None where it cannot be read."""


def _number(value: Any) -> float | None:
    try:
        number = float(str(value).replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


Number = Annotated[float | None, BeforeValidator(_number)]
"""A number, also from text; None where it cannot be read."""


def _flag(value: Any) -> bool | None:
    return {"true": True, "false": False}.get(str(value).lower())


Flag = Annotated[bool | None, BeforeValidator(_flag)]
"""A yes or no; None where it is neither."""


def _or_none(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


OR_NONE = WrapValidator(_or_none)
"""On a part of an answer that is welcome and not essential: None where its shape is not the expected one."""


def _json_said(value: Any) -> Any:
    match value:
        case str():
            return normalise.clean(value)
        case [*items]:
            return [_json_said(item) for item in items]
        case {**entries}:
            return {normalise.clean(str(name)): _json_said(entry) for name, entry in entries.items()}
        case _:
            return value


SaidObject = Annotated[dict[str, JsonValue], BeforeValidator(_json_said)]
"""An object whose shape the provider does not document, every text in it cleaned."""


def brief(value: Any) -> str:
    """A vendor's message for our errors: clean, one line, at most 200 characters; empty where it is no text."""
    said = _said(value)
    return " ".join(said.split())[:200].rstrip(" .") if isinstance(said, str) else ""


class Reader:
    """Reads the values of one answer and collects what was lost."""

    def __init__(self) -> None:
        self._lost: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence per kind of value that was left out."""
        return tuple(self._lost)

    def warn(self, sentence: str) -> None:
        """Add a sentence, once."""
        self._lost[sentence] = None

    def email(self, value: str | None) -> str | None:
        """A canonical address."""
        return self._read(normalise.email, value, "e-mail address")

    def domain(self, value: str | None) -> str | None:
        """A host name from a domain or a URL."""
        return self._read(normalise.domain, value, "domain")

    def person_url(self, value: str | None) -> str | None:
        """The canonical profile URL of a person."""
        return self._read(normalise.person_url, value, "profile URL")

    def company_url(self, value: str | None) -> str | None:
        """The canonical profile URL of a company."""
        return self._read(normalise.company_url, value, "company page URL")

    def web_url(self, value: str | None) -> str | None:
        """An http or https address."""
        return self._read(normalise.web_url, value, "web address")

    def country(self, value: str | None) -> str | None:
        """ISO 3166-1 alpha-2."""
        return self._read(normalise.country, value, "country")

    def phone(self, value: str | None, country: str | None = None) -> str | None:
        """E.164; `country` is the code that a national number is read with."""
        if value is None:
            return None
        number = normalise.phone(value, country)
        if number is None:
            self.warn("A phone number is not complete, so it has no E.164 form.")
        return number

    def instant(self, value: str | None) -> str | None:
        """ISO 8601 in UTC from ISO text or UNIX milliseconds."""
        return self._read(_instant, value, "date")

    def place(self, text: str | None, city: str | None, region: str | None, country: str | None) -> Place | None:
        """A location with its country code; None where nothing is known."""
        if not (text or city or region or country):
            return None
        code = self.country(country)
        return Place(text=text, city=city, region=region, country=country, country_code=code)

    def _read(self, parse: Callable[[str], str], value: str | None, what: str) -> str | None:
        if value is None:
            return None
        try:
            return parse(value)
        except (ValueError, OverflowError):
            self.warn(f"A {what} could not be read and was left out.")
            return None


_MILLISECONDS = re.compile(r"^\d{9,14}$")


def _instant(value: str) -> str:
    if _MILLISECONDS.match(value):
        moment = datetime.fromtimestamp(int(value) / 1000, UTC)
    else:
        moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).isoformat().replace("+00:00", "Z")
