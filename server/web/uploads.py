"""`/uploads/<ticket>`: the page on which a person brings a file, and where the file is sent.

The ticket is the authority, so that a terminal and the widget inside an assistant can bring a file without signing in.
A browser in which somebody else has signed in is refused all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import PurePath

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.batches.uploads import MOST_BYTES, Brought, Ticket, Uploads, UploadStatus
from server.domain import normalise
from server.domain.errors import InvalidInput, StorageUnavailable
from server.domain.principal import Grant
from server.domain.site import Site
from server.identity.sign_ins import SignIns
from server.web import cookie, multipart, pages, upload_page
from server.web.found import found
from server.web.incoming import Incoming, on_disk, too_large
from server.web.refusal import Refusal, not_here

Grants = Callable[[str], Awaitable[Grant | None]]

_SILENCE = 60.0
"""Seconds without a byte after which a connection is taken to be broken."""
_FORM = 65_536
"""Bytes around the file that a form may have."""
_REST = 32_000_000
"""Bytes of a file for which there is no use that are read all the same: browsers show no answer before."""
_NAME = 200
_GONE = "Ask your assistant for a new upload link."
_OPEN_DOOR: Mapping[str, str] = {
    # No cookies come with it, and without the ticket nothing can be done. Widgets have origins of their own, or none.
    "Access-Control-Allow-Origin": "*",
}
_PREFLIGHT: Mapping[str, str] = {
    **_OPEN_DOOR,
    "Access-Control-Allow-Methods": "PUT, POST",
    "Access-Control-Allow-Headers": "Content-Type, Accept",
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Max-Age": "3600",
}


class UploadPages:
    """Takes files in. `sign_ins` knows the signed-in browsers, where people sign in at all."""

    def __init__(self, uploads: Uploads, site: Site, grants: Grants, sign_ins: SignIns | None) -> None:
        self._uploads = uploads
        self._site = site
        self._grants = grants
        self._sign_ins = sign_ins
        self._arriving: set[str] = set()

    def routes(self) -> Sequence[Route]:
        """The page, the door for the file, and leave for other sites to use that."""
        path = "/uploads/{ticket}"
        return (
            Route(path, self._answering(self._show), methods=["GET"]),
            Route(path, self._answering(self._bring), methods=["PUT", "POST"]),
            Route(path, _preflight, methods=["OPTIONS"]),
        )

    def _answering(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                response = await handler(request)
            except Refusal as refusal:
                response = _refused(request, refusal)
            except StorageUnavailable as error:
                response = _refused(request, Refusal(error.message, fix="Try again in a minute.", status=503))
            except ClientDisconnect:
                # Nobody hears it.
                return Response(status_code=400)
            return response if request.method == "GET" else _heard(response)

        return answer

    async def _show(self, request: Request) -> Response:
        ticket = await self._admitted(request)
        return upload_page.form(ticket.upload, MOST_BYTES)

    async def _bring(self, request: Request) -> Response:
        try:
            ticket = await self._admitted(request)
            self._refuse_second(ticket)
        except Refusal:
            await _read_rest(request)
            raise
        self._arriving.add(ticket.upload.id)
        try:
            return await self._take_in(request, ticket)
        finally:
            self._arriving.discard(ticket.upload.id)

    async def _admitted(self, request: Request) -> Ticket:
        """The ticket of the request's path; `Refusal` unless a file may be brought by it here and now."""
        ticket = await self._uploads.find(str(request.path_params["ticket"]))
        if ticket is None:
            raise Refusal("There is no upload behind this link, or not any more.", fix=_GONE, status=404)
        if not ticket.upload.status.open:
            raise _used()
        if ticket.expired:
            raise Refusal("This upload link has expired.", fix=_GONE, status=410)
        if await self._grants(ticket.connection) is None:
            raise Refusal("The connection that asked for this upload was ended.", fix=_GONE, status=403)
        await self._refuse_others(request, ticket)
        return ticket

    async def _refuse_others(self, request: Request, ticket: Ticket) -> None:
        base = self._site.base(request.headers.get("host", ""))
        if base is None:
            raise not_here()
        token = cookie.read(request, base)
        signed_in = await self._sign_ins.current(token) if self._sign_ins is not None and token else None
        if signed_in is not None and signed_in.user.email != ticket.member:
            raise Refusal(
                "This upload link was made for somebody else than who is signed in here.", fix=_GONE, status=403
            )

    def _refuse_second(self, ticket: Ticket) -> None:
        """One file at a time, so that nobody fills the disk by one ticket."""
        if ticket.upload.id in self._arriving:
            raise Refusal("A file is arriving by this link at this moment.", fix="Wait until it is there.", status=409)

    async def _take_in(self, request: Request, ticket: Ticket) -> Response:
        with on_disk():
            staged = self._uploads.sources.stage(ticket.upload.id)
        try:
            async with Incoming(staged, MOST_BYTES) as file:
                name, content_type = await _received(request, file)
            brought = Brought(staged, file.size, file.sha256, _shown(name), content_type)
            with on_disk():
                received = await self._uploads.receive(ticket.upload, brought)
        except InvalidInput as error:
            return _not_a_table(request, ticket, error)
        finally:
            await asyncio.to_thread(self._uploads.sources.drop, staged)
        if received is None:
            raise _used()
        upload, facts = received
        view = found(upload, facts)
        if _wants_page(request):
            return upload_page.received(upload, view)
        body = view.model_dump(mode="json", exclude_none=True, exclude=set(view.ENVELOPE - {"warnings"}))
        return JSONResponse({"status": UploadStatus.RECEIVED.value, **body}, 201)


async def _preflight(_: Request) -> Response:
    return Response(status_code=204, headers=_PREFLIGHT)


async def _received(request: Request, file: Incoming) -> tuple[str, str | None]:
    """Write the body's file into `file`; its name, and its declared type."""
    declared = request.headers.get("content-type", "")
    form = multipart.FileField(declared) if declared.lower().startswith(multipart.TYPE) else None
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MOST_BYTES + (_FORM if form else 0):
        raise too_large(MOST_BYTES)
    body = _body(request)
    async for piece in body if form is None else form.pieces(body):
        await file.write(piece)
    if form is not None:
        return form.name, form.content_type
    return request.query_params.get("name", ""), declared.partition(";")[0].strip() or None


async def _body(request: Request) -> AsyncGenerator[bytes]:
    stream, total = aiter(request.stream()), 0
    while True:
        chunk = await _next(stream)
        if chunk is None:
            return
        total += len(chunk)
        if total > MOST_BYTES + _FORM:
            raise too_large(MOST_BYTES)
        yield chunk


async def _next(stream: AsyncIterator[bytes]) -> bytes | None:
    try:
        async with asyncio.timeout(_SILENCE):
            return await anext(stream, None)
    except TimeoutError:
        raise Refusal(
            "The connection fell silent before the file was there.", fix="Send it again.", status=408
        ) from None


async def _read_rest(request: Request) -> None:
    """Let a sender finish that looks for an answer only afterwards; one that asks first is told at once."""
    if "expect" in request.headers:
        return
    stream, total = aiter(request.stream()), 0
    while total < _REST and (chunk := await _next(stream)) is not None:
        total += len(chunk)


def _shown(name: str) -> str:
    """A file's name without folders, as text that can be shown."""
    plain = PurePath(name.replace("\\", "/")).name
    try:
        return normalise.text(plain[:_NAME], _NAME)
    except ValueError:
        return ""


def _used() -> Refusal:
    return Refusal(
        "A file was brought by this link already, and each link takes one.",
        fix="Go back to your assistant; for another file, ask it for a new upload link.",
        status=410,
    )


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _refused(request: Request, refusal: Refusal) -> Response:
    if _wants_page(request):
        return pages.refused(refusal)
    return _said(refusal.message, refusal.fix, refusal.status)


def _not_a_table(request: Request, ticket: Ticket, error: InvalidInput) -> Response:
    if _wants_page(request):
        return upload_page.form(ticket.upload, MOST_BYTES, error)
    return _said(error.message, error.fix or "", 422)


def _said(message: str, fix: str, status: int) -> Response:
    return JSONResponse({"error": {"message": message, "fix": fix}}, status, {"Cache-Control": "no-store"})


def _heard(response: Response) -> Response:
    """The answer, for other sites to read as well."""
    headers = MutableHeaders(raw=response.raw_headers)
    for name, value in _OPEN_DOOR.items():
        headers[name] = value
    return response
