"""What a client says of itself, in a registration (RFC 7591) or in a metadata document."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from authlib.oauth2.rfc6749 import OAuth2Error
from authlib.oauth2.rfc7591 import InvalidClientMetadataError, InvalidRedirectURIError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from server.oauth import redirects
from server.oauth.client import CODE, REFRESH

_MOST_REDIRECTS = 20
_LONGEST_NAME = 80
_UNNAMED = "A client without a name"


def _web_page(uri: str | None) -> str | None:
    """A home page is decoration: one that may not be linked is left out."""
    return uri if uri and uri.startswith("https://") and redirects.fault(uri) is None else None


class ClientMetadata(BaseModel):
    """The fields that matter here; others are ignored, as both standards ask."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    client_id: str | None = None
    redirect_uris: list[str] = Field(default=[])
    client_name: str | None = None
    client_uri: Annotated[str | None, AfterValidator(_web_page)] = None
    grant_types: list[str] | None = None
    response_types: list[str] | None = None
    token_endpoint_auth_method: str | None = None
    client_secret: str | None = None
    client_secret_expires_at: int | None = None

    @property
    def name(self) -> str:
        """The name on one line, without characters that change how others are shown."""
        seen = "".join(
            " " if unicodedata.category(sign).startswith("Z") else sign
            for sign in self.client_name or ""
            if not unicodedata.category(sign).startswith("C")
        )
        return " ".join(seen.split())[:_LONGEST_NAME] or _UNNAMED

    @property
    def grants(self) -> tuple[str, ...]:
        """The grants that the client will use and that exist here; renewing tokens comes with signing in."""
        return (
            (CODE, REFRESH) if self.grant_types is None else tuple(g for g in (CODE, REFRESH) if g in self.grant_types)
        )


def read(body: bytes) -> ClientMetadata:
    """What the JSON says; `OAuth2Error` where it cannot be accepted, with the code that RFC 7591 gives it."""
    try:
        metadata = ClientMetadata.model_validate_json(body)
    except ValidationError as error:
        raise _explained(error) from None
    _check_redirects(metadata.redirect_uris)
    if CODE not in metadata.grants:
        raise InvalidClientMetadataError("grant_types has to contain authorization_code.")
    if metadata.response_types is not None and "code" not in metadata.response_types:
        raise InvalidClientMetadataError("response_types has to contain code.")
    return metadata


def _check_redirects(uris: list[str]) -> None:
    if not 0 < len(uris) <= _MOST_REDIRECTS:
        raise InvalidRedirectURIError(f"redirect_uris has to list between 1 and {_MOST_REDIRECTS} URIs.")
    for position, uri in enumerate(uris):
        if fault := redirects.fault(uri):
            raise InvalidRedirectURIError(f"redirect_uris[{position}] is refused: {fault}.")


def _explained(error: ValidationError) -> OAuth2Error:
    """Without the client's own words: Authlib takes only ASCII without quotes."""
    problem = error.errors(include_url=False, include_input=False)[0]
    where = str(problem["loc"][0]) if problem["loc"] else "The body"
    if where == "redirect_uris":
        return InvalidRedirectURIError("redirect_uris has to be a list of URIs.")
    return InvalidClientMetadataError(f"{where} is not what it should be, or not JSON.")
