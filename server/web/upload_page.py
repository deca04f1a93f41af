"""The page on which a person brings a file, and what it shows afterwards.

It works without scripts; the one script it has lets people drop a file and see how far it is.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from starlette.responses import HTMLResponse

from server.batches.kinds import KINDS
from server.batches.uploads import Upload
from server.domain.bulk_job import BulkUpload
from server.domain.errors import InvalidInput
from server.web.pages import PRIVATE, render

_MEGABYTE = 1_000_000
_SHOWN_COLUMNS = 6


def form(upload: Upload, most: int, error: InvalidInput | None = None) -> HTMLResponse:
    """The page to choose a file on, of `most` bytes at most; with an `error`, after one that was of no use."""
    kind = KINDS.get(upload.kind)
    return _page(
        "upload.html",
        422 if error is not None else 200,
        error=error,
        name=upload.name,
        kind=kind.title if kind is not None else upload.kind,
        most=most,
        megabytes=most // _MEGABYTE,
    )


def received(upload: Upload, found: BulkUpload) -> HTMLResponse:
    """What was found in the file that was brought."""
    columns = found.file.columns if found.file is not None else ()
    mapping = found.mapping
    return _page(
        "uploaded.html",
        200,
        found=found,
        size=_size(upload.size),
        shown=columns[:_SHOWN_COLUMNS],
        more=len(columns) - _SHOWN_COLUMNS,
        kind=KINDS[mapping.enrichment].title if mapping is not None else None,
    )


def _page(template: str, status: int, **values: Any) -> HTMLResponse:
    script, headers = _script()
    return HTMLResponse(render(template, script=script, **values), status, headers)


@cache
def _script() -> tuple[str, Mapping[str, str]]:
    """The script, and the headers of a page on which it and no other may run."""
    folder = resources.files("server.web").joinpath("templates")
    parts = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("sending.js", "upload.js"))
    text = "\n".join(('"use strict";', *parts))
    allowed = b64encode(sha256(text.encode()).digest()).decode()
    policy = PRIVATE["Content-Security-Policy"] + f"; script-src 'sha256-{allowed}'; connect-src 'self'"
    return text, {**PRIVATE, "Content-Security-Policy": policy}


def _size(count: int) -> str:
    """A file's size for people."""
    if count < _MEGABYTE:
        return f"{max(1, round(count / 1000))} kB"
    return f"{count / _MEGABYTE:.1f} MB"
