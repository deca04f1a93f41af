"""A request for approval in words, the same on a form, on a page and on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from server.domain import shorten
from server.domain.approval import Approval
from server.domain.money import plain

_LONGEST = 300
"""Characters of one thing that a caller chose."""

_SHOWN = 10
"""Steps and questions that are listed one by one."""


def title(approval: Approval) -> str:
    """The tool, in words."""
    return approval.proposal.tool.replace("_", " ")


def worst_case(approval: Approval) -> str:
    """The most that it can cost, in credits and, where every price is known, in dollars."""
    dollars, credits = approval.proposal.summary.get("dollars"), plain(approval.proposal.most)
    priced = "the price in dollars is not known" if dollars is None else f"${dollars:,.2f}"
    return f"{credits:,g} credits ({priced})"


def facts(approval: Approval) -> Sequence[tuple[str, Sequence[str]]]:
    """What a person has to know, by name, the worst case first; every line is one line, whatever a caller wrote."""
    summary = approval.proposal.summary
    found = [
        ("At most", [worst_case(approval)]),
        ("Tool", [approval.proposal.tool]),
        ("Rows", [_rows(summary)] if "rows" in summary else []),
        ("File", [_line(summary["file"])] if summary.get("file") else []),
        ("Steps", _listed(summary.get("steps", ()))),
        ("Asks for", _listed(summary.get("asked", ()))),
        ("For", [f"{_line(approval.member)} in the workspace {_line(approval.workspace)}"]),
        ("Through", [_line(approval.client) if approval.client else "a client that gives no name"]),
    ]
    return [(name, lines) for name, lines in found if lines]


def _rows(summary: Mapping[str, Any]) -> str:
    return f"{summary['rows']:,}, of which {summary.get('to_ask', summary['rows']):,} have to be asked"


def _listed(entries: Sequence[Any]) -> list[str]:
    lines = [_line(entry) for entry in entries[:_SHOWN]]
    return lines if len(entries) <= _SHOWN else [*lines, f"and {len(entries) - _SHOWN} more"]


def _line(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shorten.text(" ".join(text.split()), _LONGEST) or ""
