"""The example call of every tool, about things that are there."""

from __future__ import annotations

from typing import Any

from server.edge.tool import Tool
from tests.serving import Served

_ROWS = [{"Email": f"person{number}@stripe.com"} for number in range(3)]


async def example(weir: Served, tool: Tool) -> dict[str, Any]:
    """The tool's example, with the id of an upload or of a bulk job that was made for it and costs nothing."""
    arguments = dict(tool.example)
    if "upload_id" in arguments:
        brought = await weir.call("process_attached_csv", {"rows_text": "Email\nada@stripe.com\n"})
        arguments["upload_id"] = brought["data"]["upload_id"]
    if "job_id" in arguments:
        # It meets its ceiling at once, so that it neither spends nor ends.
        order = {"rows": _ROWS, "enrichment": "email_validation", "max_credits": 0.01}
        arguments["job_id"] = (await weir.call("submit_detected_bulk_job", order))["data"]["job_id"]
    return arguments
