"""A form that a page of ours sent back."""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac

from starlette.datastructures import QueryParams
from starlette.requests import Request

from server.web.refusal import Refusal

_LARGEST = 65_536
"""Bytes; the longest is a consent with the whole query of the client's request."""
_TYPE = "application/x-www-form-urlencoded"
SEAL = "seal"
"""The field that proves that the form was made for the browser that sends it."""


def seal(token: str) -> str:
    """The value of the field `SEAL` for the browser whose cookie holds `token`."""
    return hmac(token.encode(), b"form", sha256).hexdigest()


def click(token: str, *of: str) -> str:
    """A secret that names one press of a button, by what the form holds, in the browser whose cookie holds `token`."""
    return hmac(token.encode(), "\0".join(("click", *of)).encode(), sha256).hexdigest()


async def read(request: Request, base: str, token: str) -> QueryParams:
    """The fields that were sent, in order, each as often as it was.

    `Refusal` where the form is not ours: sent from another site, or made for another browser than that with `token`.
    """
    _refuse_foreign(request, base)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise Refusal(
            "This address takes forms only.", fix="Open the page in a browser, and send its form.", status=415
        )
    fields = QueryParams((await _body(request)).decode("utf-8", "replace"))
    if not token or not compare_digest(fields.get(SEAL, "").encode(), seal(token).encode()):
        raise Refusal(
            "This form was made for another visit, or your browser keeps no cookies.",
            fix="Go back, load the page again, and send the form once more.",
            status=403,
        )
    if any("\0" in value for _, value in fields.multi_items()):
        raise Refusal("The form holds a character that none may hold.", fix="Go back and type the text by hand.")
    return fields


def _refuse_foreign(request: Request, base: str) -> None:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site not in (None, "same-origin", "none") or origin not in (None, base):
        raise Refusal(
            "Another website sent this form, so nothing was done.",
            fix="If you meant it, open the page at Weir itself and send the form there.",
            status=403,
        )


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise Refusal("That is more than this form can hold.", fix="Go back and shorten it.", status=413)
    return body
