"""The file in a form of type multipart/form-data, piece by piece as the form arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from server.web.refusal import Refusal

TYPE = "multipart/form-data"
FIELD = "file"
"""The field of the form that holds the file."""


class FileField:
    """The field `file` of a form. Its name and type are known once the first piece is there."""

    def __init__(self, content_type: str) -> None:
        """`content_type` is that of the request, with the boundary; `Refusal` where it has none."""
        self.name = ""
        self.content_type: str | None = None
        self._pieces: list[bytes] = []
        self._header = [b"", b""]
        self._headers: dict[bytes, bytes] = {}
        self._found = self._here = self._whole = False
        _, options = parse_options_header(content_type)
        try:
            self._parser = MultipartParser(
                options.get(b"boundary", b""),
                {
                    "on_part_begin": self._begin,
                    "on_header_field": lambda data, start, end: self._head(0, data[start:end]),
                    "on_header_value": lambda data, start, end: self._head(1, data[start:end]),
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise _broken() from error

    async def pieces(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The bytes of the file, out of the form's `body`; `Refusal` where there is no file, or the form is broken."""
        async for chunk in body:
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise _broken() from error
            pieces, self._pieces = self._pieces, []
            for piece in pieces:
                yield piece
        if not self._whole:
            raise _broken()
        if not self._found or not self.name:
            raise Refusal("No file was chosen.", fix="Choose one and send it again.", status=400)

    def _begin(self) -> None:
        self._headers, self._header, self._here = {}, [b"", b""], False

    def _head(self, which: int, data: bytes) -> None:
        self._header[which] += data

    def _header_ends(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value
        self._header = [b"", b""]

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._here = not self._found and options.get(b"name") == FIELD.encode()
        if self._here:
            self._found = True
            self.name = options.get(b"filename", b"").decode("utf-8", "replace")
            self.content_type = self._headers.get(b"content-type", b"").decode("latin-1") or None

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._here:
            self._pieces.append(data[start:end])

    def _end(self) -> None:
        self._whole = True


def _broken() -> Refusal:
    return Refusal("The form did not arrive whole.", fix="Send it again.", status=400)
