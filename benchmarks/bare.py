"""The baseline: one tool with a 12-field output model on the SDK's own server, with the fastest settings it has.

`python -m benchmarks.bare --port 9100` serves it at /mcp.
"""

from __future__ import annotations

import argparse
import logging

import uvicorn
from mcp.server import MCPServer
from pydantic import BaseModel


class Verdict(BaseModel):
    """What `validate_work_email` says of an address, field by field."""

    email: str
    status: str
    score: float
    is_catch_all: bool
    is_disposable: bool
    is_role_account: bool
    is_free_provider: bool
    mx_host: str
    mail_provider: str
    security_gateway: str
    smtp_checked: bool
    suggested_correction: str


def validate_work_email(email: str) -> Verdict:
    """Check whether an address accepts mail."""
    return Verdict(
        email=email,
        status="verified",
        score=0.99,
        is_catch_all=False,
        is_disposable=False,
        is_role_account=False,
        is_free_provider=False,
        mx_host="mx1.example.com",
        mail_provider="Example Mail",
        security_gateway="none",
        smtp_checked=True,
        suggested_correction="",
    )


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--json", action="store_true", help="answer JSON in the legacy era too, instead of a stream")
    parser.add_argument("--stateless", action="store_true", help="keep no sessions in the legacy era")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    server = MCPServer("bare", log_level="ERROR")
    server.add_tool(validate_work_email)
    app = server.streamable_http_app(json_response=options.json, stateless_http=options.stateless)
    uvicorn.run(app, port=options.port, loop="uvloop", http="httptools", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
