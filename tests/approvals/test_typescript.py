"""The official TypeScript client shows the form, in both eras."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.approvals.spending import COST, THIRTY, TOOL
from tests.nodejs import PACKAGES, node
from tests.serving import Served

__all__ = ["node"]

pytestmark = pytest.mark.parametrize("era", ["modern", "legacy"])


async def conversed(node: str, weir: Served, era: str, action: str) -> dict[str, Any]:
    """What the person was asked, and what came of the call."""
    words = (PACKAGES / "elicitation.mjs", f"{weir.url}/mcp", era, action, TOOL, json.dumps(dict(THIRTY)))
    process = await asyncio.create_subprocess_exec(
        node, *map(str, words), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


async def test_the_person_approves(node: str, weir: Served, era: str) -> None:
    said = await conversed(node, weir, era, "accept")
    (message,) = said["asked"]
    assert "At most: 33 credits" in message
    assert said["result"]["structuredContent"]["outcome"] == "found"
    assert await weir.bill() == COST


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_the_person_does_not_approve(node: str, weir: Served, era: str, action: str) -> None:
    said = await conversed(node, weir, era, action)
    assert len(said["asked"]) == 1
    assert said["result"]["structuredContent"]["error"]["code"] == "approval_refused"
    assert await weir.bill() == {}
