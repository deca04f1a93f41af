"""A file is brought by a ticket: once, by whoever has it, and nothing is left of what is refused."""

from __future__ import annotations

import asyncio
import io
import resource
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.batches.uploads import MOST_BYTES, Brought, Uploads, UploadStatus
from server.domain.errors import InvalidInput
from server.domain.principal import LOCAL, Principal
from tests.serving import Served
from tests.uploads.senders import LEADS, head, kept, link, raw

WHOLE = {"accept": "text/html"}
OTHER = Principal("default", "bob@example.com")


async def test_curl_brings_a_file_and_is_told_what_was_found(
    weir: Served, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    opened = await weir.weir.uploads.open(LOCAL, name="leads.csv")
    response = await http.put(f"/uploads/{opened.ticket}", content=LEADS)
    assert response.status_code == 201
    said = response.json()
    assert (said["status"], said["upload_id"]) == ("received", opened.upload_id)
    assert said["file"] == {"name": "leads.csv", "format": "csv", "columns": ["Email", "Full Name"], "rows": 2}
    assert said["mapping"]["enrichment"] == "email_validation"
    assert said["sample"][0] == {"Email": "ada@stripe.com", "Full Name": "Ada Lovelace"}
    upload = await weir.weir.uploads.get(LOCAL, opened.upload_id)
    assert (upload.status, upload.name, upload.size) == (UploadStatus.RECEIVED, "leads.csv", len(LEADS))
    source = await weir.weir.batches.sources.open(opened.upload_id)
    assert [list(cells) for cells in source.rows()][1] == ["alan@stripe.com", "Alan Turing"]
    assert kept(tmp_path / "home") == sorted([opened.upload_id, "facts.json", "rows"])


async def test_a_form_without_any_script_brings_a_file(weir: Served, http: httpx2.AsyncClient) -> None:
    url = await link(weir, kind="email_validation")
    page = await http.get(url, headers=WHOLE)
    assert page.status_code == 200
    assert "for: <bdi>E-mail validation</bdi>" in page.text
    response = await http.post(url, files={"file": ("C:\\lists\\März.csv", LEADS, "text/csv")}, headers=WHOLE)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert "<bdi>März.csv</bdi> (CSV, 1 kB)" in response.text
    assert "from the column <bdi>Email</bdi>" in response.text
    assert "<td>Ada Lovelace</td>" in response.text


async def test_a_ticket_works_only_once(weir: Served, http: httpx2.AsyncClient) -> None:
    url = await link(weir)
    assert (await http.put(url, content=LEADS)).status_code == 201
    for again in (await http.put(url, content=b"Email\nother@stripe.com\n"), await http.get(url)):
        assert again.status_code == 410
        assert again.json()["error"]["message"] == ("A file was brought by this link already, and each link takes one.")
    assert "A file was brought by this link already" in (await http.get(url, headers=WHOLE)).text


async def test_of_two_at_once_one_wins(weir: Served, http: httpx2.AsyncClient, tmp_path: Path) -> None:
    url = await link(weir)
    replies = await asyncio.gather(*(http.put(url, content=LEADS) for _ in range(8)))
    assert sorted(reply.status_code for reply in replies)[0] == 201
    assert {reply.status_code for reply in replies if reply.status_code != 201} <= {409, 410}
    assert [reply.status_code for reply in replies].count(201) == 1
    assert len(kept(tmp_path / "home")) == 3


async def test_while_a_file_arrives_no_other_does(weir: Served, http: httpx2.AsyncClient) -> None:
    url = await link(weir)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield LEADS[:20]
        begun.set()
        await go_on.wait()
        yield LEADS[20:]

    first = asyncio.create_task(http.put(url, content=slowly()))
    await begun.wait()
    second = await _refused_as_busy(http, url)
    assert second["message"] == "A file is arriving by this link at this moment."
    go_on.set()
    assert (await first).status_code == 201


async def _refused_as_busy(http: httpx2.AsyncClient, url: str) -> dict[str, Any]:
    """The refusal of a PDF that comes while another file does; before that has begun it is refused as a PDF."""
    while (reply := await http.put(url, content=b"%PDF-1.7")).status_code != 409:
        assert reply.status_code == 422
    return reply.json()["error"]


async def test_two_processes_over_one_home_take_one_file(weir: Served, tmp_path: Path) -> None:
    uploads = weir.weir.uploads
    opened = await uploads.open(LOCAL)
    upload = await uploads.get(LOCAL, opened.upload_id)
    files: list[Brought] = []
    for name in ("one.csv", "two.csv"):
        path = uploads.sources.stage(upload.id)
        path.write_bytes(LEADS)
        files.append(Brought(path, len(LEADS), "", name))
    another = Uploads(weir.weir.engine.books.database, uploads.sources, weir.weir.authorization.now)
    results = await asyncio.gather(uploads.receive(upload, files[0]), another.receive(upload, files[1]))
    assert [result is None for result in results].count(True) == 1
    winner = next(result[0].name for result in results if result is not None)
    assert (await uploads.get(LOCAL, upload.id)).name == winner


async def test_an_unknown_ticket_opens_nothing(http: httpx2.AsyncClient) -> None:
    for response in (
        await http.get("/uploads/nothing"),
        await http.put("/uploads/nothing", content=LEADS),
        await http.post("/uploads/nothing", files={"file": ("leads.csv", LEADS)}),
    ):
        assert response.status_code == 404
        assert response.json()["error"]["fix"] == "Ask your assistant for a new upload link."


BOMB = io.BytesIO()
with zipfile.ZipFile(BOMB, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("xl/workbook.xml", b"\0" * 30_000_000)

NO_TABLES = [
    (b"%PDF-1.4", "it is a PDF"),
    (b"\x89PNG\r\n\x1a\n", "it is an image"),
    (b"<!doctype html><title>x</title>", "it is HTML or XML"),
    (b"\x1f\x8b\x08\0\0", "compressed with gzip"),
    (bytes(range(256)) * 50, "not text"),
    (BOMB.getvalue(), ""),
    (b"", "The file is empty"),
    (b"   \n\n", "The file is empty"),
    (b"Name,Email\n", "The file has a header and no rows."),
    (b"Name;Email\n;\n \n", "The file has a header and no rows."),
    (b"[]", "The file has no rows."),
]


@pytest.mark.parametrize(("file", "message"), NO_TABLES)
async def test_what_is_no_table_is_refused_and_leaves_nothing(
    weir: Served, http: httpx2.AsyncClient, tmp_path: Path, file: bytes, message: str
) -> None:
    opened = await weir.weir.uploads.open(LOCAL)
    url = f"/uploads/{opened.ticket}"
    said = await http.put(url, content=file)
    assert said.status_code == 422
    assert message in said.json()["error"]["message"]
    assert kept(tmp_path / "home") == []
    upload = await weir.weir.uploads.get(LOCAL, opened.upload_id)
    assert upload.status is UploadStatus.REFUSED
    assert upload.refusal.startswith(said.json()["error"]["message"])
    page = await http.post(url, files={"file": ("leads.csv", file, "text/csv")}, headers=WHOLE)
    assert page.status_code == 422
    assert "This file is of no use" in page.text
    assert (await http.put(url, content=LEADS)).status_code == 201, "another file may be brought"


async def test_a_form_without_a_file_is_answered_with_a_sentence(
    weir: Served, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    url = await link(weir)
    for sent in ({"files": {"other": ("leads.csv", LEADS)}}, {"files": {"file": ("", b"")}}):
        response = await http.post(url, **sent)  # pyright: ignore[reportArgumentType] - one argument, from above
        assert response.status_code == 400
        assert response.json()["error"]["message"] == "No file was chosen."
    for body in (b"--x\r\nContent-Disposition: form-data; name=file; filename=a.csv\r\n\r\nEmail\n", b"nonsense"):
        broken = await http.post(url, content=body, headers={"content-type": "multipart/form-data; boundary=x"})
        assert broken.status_code == 400
        assert broken.json()["error"]["message"] == "The form did not arrive whole."
    no_boundary = await http.post(url, content=b"x", headers={"content-type": "multipart/form-data"})
    assert no_boundary.status_code == 400
    assert kept(tmp_path / "home") == []


async def test_a_length_above_the_limit_is_refused_before_a_byte_is_read(weir: Served, tmp_path: Path) -> None:
    url = await link(weir)
    answer = await raw(url, head(url, "Content-Length: 10000000000", "Expect: 100-continue"))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"The file has more than 500,000,000 bytes." in answer
    assert kept(tmp_path / "home") == []


async def test_a_body_without_a_length_is_cut_off_at_the_limit(weir: Served, tmp_path: Path) -> None:
    """Of ten gigabytes, no more is read than the limit and what is on the wire."""
    url = await link(weir)
    sent, block = 0, b"x" * 1_000_000
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.split(":")[2].split("/")[0]))
    writer.write(head(url, "Transfer-Encoding: chunked"))
    answer = asyncio.create_task(reader.read(65_536))
    try:
        while sent < 10_000_000_000 and not answer.done():
            writer.write(b"%x\r\n" % len(block) + block + b"\r\n")
            await writer.drain()
            sent += len(block)
    except ConnectionError:
        pass
    assert (await answer).startswith(b"HTTP/1.1 413 ")
    assert MOST_BYTES <= sent < MOST_BYTES + 50_000_000
    writer.close()
    assert kept(tmp_path / "home") == []


async def test_a_connection_that_breaks_leaves_nothing_and_the_link_still_works(
    weir: Served, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    url = await link(weir)
    await raw(url, head(url, "Content-Length: 5000000"), b"Email\n" + b"ada@stripe.com\n" * 100_000, hang_up=True)
    while (reply := await http.put(url, content=LEADS)).status_code == 409:
        assert reply.json()["error"]["fix"] == "Wait until it is there."
    assert reply.status_code == 201
    assert sorted(name for name in kept(tmp_path / "home") if len(name) < 20) == ["facts.json", "rows"]


async def test_a_full_disk_is_said_to_be_the_trouble(weir: Served, http: httpx2.AsyncClient, tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: writing fails at the same place."""
    url = await link(weir)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_000_000, hard))
    try:
        response = await http.put(url, content=b"Email\n" + b"ada@stripe.com\n" * 1_500_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert response.status_code == 507
    assert response.json()["error"]["message"] == "The server's disk has no room for the file."
    assert kept(tmp_path / "home") == []
    assert (await http.put(url, content=LEADS)).status_code == 201


async def test_a_folder_that_takes_no_file_is_said_to_be_the_trouble(
    weir: Served, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    (tmp_path / "home" / "uploads").write_text("in the way")
    response = await http.put(await link(weir), content=LEADS)
    assert response.status_code == 503
    assert response.json()["error"]["message"].startswith("The server cannot keep the file: ")


async def test_sites_and_widgets_may_send_files_but_bring_no_cookies(weir: Served, http: httpx2.AsyncClient) -> None:
    url = await link(weir)
    for origin in ("null", "https://abc.claudemcpcontent.com"):
        preflight = await http.options(
            url,
            headers={
                "origin": origin,
                "access-control-request-method": "PUT",
                "access-control-request-headers": "content-type",
                "access-control-request-private-network": "true",
            },
        )
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == "*"
        assert "PUT" in preflight.headers["access-control-allow-methods"]
        assert "content-type" in preflight.headers["access-control-allow-headers"].lower()
        assert preflight.headers["access-control-allow-private-network"] == "true"
        assert "access-control-allow-credentials" not in preflight.headers
    refused = await http.put(url, content=b"%PDF", headers={"origin": "null"})
    received = await http.put(url, content=LEADS, headers={"origin": "null"})
    again = await http.put(url, content=LEADS, headers={"origin": "null"})
    assert [one.status_code for one in (refused, received, again)] == [422, 201, 410]
    assert {one.headers["access-control-allow-origin"] for one in (refused, received, again)} == {"*"}


async def test_nobody_else_knows_the_upload(weir: Served, http: httpx2.AsyncClient) -> None:
    opened = await weir.weir.uploads.open(LOCAL)
    for principal in (OTHER, Principal("sales", LOCAL.member)):
        with pytest.raises(InvalidInput, match="there is no upload of that id"):
            await weir.weir.uploads.get(principal, opened.upload_id)


async def test_the_page_is_not_served_under_a_foreign_name(weir: Served, http: httpx2.AsyncClient) -> None:
    url = await link(weir)
    assert (await http.get(url, headers={"host": "evil.example"})).status_code == 421
    assert (await http.put(url, content=LEADS, headers={"host": "evil.example"})).status_code == 421
