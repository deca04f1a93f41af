"""Reads the bodies of requests to the authorization server, none of which is large."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import OAuth2Error
from starlette.requests import Request

MOST_BYTES = 65_536
_MOST_FIELDS = 50


async def body(request: Request, kind: str) -> bytes:
    """The body, which has to be of the media type `kind`, whatever parameters follow it.

    `OAuth2Error` where it is not, or is longer than 64 KiB; reading stops there.
    """
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != kind:
        raise OAuth2Error(error="invalid_request", description=f"The body has to be {kind}.", status_code=415)
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MOST_BYTES:
            raise OAuth2Error(error="invalid_request", description="The body is too long.", status_code=413)
    return bytes(read)


async def form(request: Request) -> Mapping[str, str]:
    """The fields of a form, each of which may occur once; `OAuth2Error` where that is not so. Empty ones are absent."""
    sent = await body(request, "application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(
            sent.decode(),
            keep_blank_values=True,
            strict_parsing=bool(sent),
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise _invalid("The body is not a form.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise _invalid("A parameter occurs more than once.")
    if any("\0" in value for value in fields.values()):
        raise _invalid("A parameter holds a character that none may hold.")
    return {name: value for name, value in fields.items() if value}


def _invalid(description: str) -> OAuth2Error:
    return OAuth2Error(error="invalid_request", description=description)
