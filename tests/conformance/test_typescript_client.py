"""The official TypeScript client against a real server, in both protocol eras."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conversation import CALLS, Conversation, Said, check

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js with the client installed; skips, or fails where everything is required, when there is none."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        reason = "Node.js is not installed"
        pytest.fail(reason) if os.environ.get("WEIR_TEST_REQUIRE") == "1" else pytest.skip(reason)
    installed, lock = HERE / "node_modules" / ".package-lock.json", HERE / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=True)
    return found


def converse(node: str, url: str, era: str) -> Conversation:
    """The conversation that the client had with the server at `url`."""
    done = subprocess.run(
        [node, HERE / "client.mjs", url, era],
        input=json.dumps(CALLS),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    results = tuple(Said(said["text"], said["structured"], said["failed"]) for said in seen["results"])
    return Conversation(seen["protocol"], seen["server"]["name"], tuple(seen["tools"]), results)


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_the_typescript_client_lists_and_calls_tools(node: str, weir_url: str, era: str):
    check(converse(node, weir_url, era), era)


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_text_and_structured_content_carry_the_same_facts(node: str, weir_url: str, era: str):
    for said in converse(node, weir_url, era).results:
        assert json.loads(said.text) == said.structured
