"""An upload as an assistant sees it: opened by a tool, brought from a terminal, and run as a job."""

from __future__ import annotations

import asyncio
import shlex
import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.serving import Served
from tests.uploads.senders import LEADS


async def _run(command: str, folder: Path) -> str:
    """What a person's terminal shows after a command."""
    process = await asyncio.create_subprocess_exec(*shlex.split(command), "--silent", cwd=folder, stdout=-1)
    said, _ = await process.communicate()
    return said.decode()


async def _data(weir: Served, tool: str, **arguments: Any) -> dict[str, Any]:
    return (await weir.call(tool, arguments))["data"]


async def test_the_curl_command_that_the_tool_gives_brings_the_file(weir: Served, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    opened = await _data(weir, "create_bulk_upload_session", file_name="my leads.csv", enrichment="email_validation")
    (tmp_path / "my leads.csv").write_bytes(LEADS)
    assert '"status":"received"' in await _run(opened["curl"], tmp_path)
    seen = await _data(weir, "resolve_bulk_upload_mapping", upload_id=opened["upload_id"])
    assert (seen["file"]["name"], seen["estimate"]["rows"]) == ("my leads.csv", 2)
    order = {"upload_id": opened["upload_id"], "max_credits": 5}
    job = await _data(weir, "submit_detected_bulk_job", **order)
    assert job["rows"] == 2
    again = await weir.call("submit_detected_bulk_job", order)
    assert again["data"]["job_id"] == job["job_id"], "a client that lost the answer"


async def test_the_tool_says_why_a_file_was_refused(weir: Served, http: httpx2.AsyncClient) -> None:
    opened = await _data(weir, "create_bulk_upload_session")
    assert (await http.put(opened["upload_url"], content=b"%PDF-1.7")).status_code == 422
    seen = await _data(weir, "resolve_bulk_upload_mapping", upload_id=opened["upload_id"])
    assert seen["next"] == (
        "A file was brought that is of no use: The file is not a table: it is a PDF. Save the table as CSV, XLSX, JSON "
        "or JSON lines and send that. The same upload link takes another one."
    )
    refused = await weir.call("submit_detected_bulk_job", {"upload_id": opened["upload_id"], "max_credits": 5})
    assert refused["error"]["field"] == "upload_id"
