"""A request to the token endpoint or one of its neighbours, as Authlib wants to see it."""

# The stubs of Authlib speak of its mixins where it hands over what it was given, and leave some types out.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false, reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer: a JSON object, or nothing."""

    status: int
    body: Mapping[str, Any]
    headers: Sequence[tuple[str, str]]


class TokenRequest(OAuth2Request):
    """A form, in which no parameter occurs twice, and the headers."""

    payload: BasicOAuth2Payload
    headers: Mapping[str, str]

    def __init__(self, form: Mapping[str, str], headers: Mapping[str, str], base: str) -> None:
        # Authlib looks only at the scheme of the address. Whether plain http will do is settled before: by `Site`.
        super().__init__("POST", "https://localhost", headers=headers)
        self.headers = headers
        self._parameters = dict(form)
        self.payload = BasicOAuth2Payload(self._parameters)
        self.base = base

    @property
    def form(self) -> dict[str, str]:
        """The parameters."""
        return self._parameters
