"""Everything that Weir serves, used once by the official TypeScript client, with results checked by value."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.request import urlopen

import pytest

from tests.conformance.conftest import serving
from tests.conformance.conversation import Json
from tests.conformance.facts import FACTS, LEGACY, PROMPTS, RESOURCES, Fact, at
from tests.conformance.typescript import TypeScript, connected

ERAS = ("modern", "legacy")
TEMPLATES = [
    "weir://providers/{name}",
    "weir://jobs-catalogs/{name}",
    "weir://bulk-jobs/{name}",
    "weir://bulk-jobs/{name}/result",
]
LISTS = ("create_prospect_list", "add_to_prospect_list", "show_prospect_list", "export_prospect_list")
JOBS = (
    "get_bulk_job_status",
    "get_bulk_job_rows",
    "get_bulk_job_errors",
    "get_bulk_job_logs",
    "get_bulk_job_events",
)
BULK = (
    "create_bulk_upload_session",
    "process_attached_csv",
    "resolve_bulk_upload_mapping",
    "submit_detected_bulk_job",
    "submit_company_firmographics_bulk",
    "submit_bulk_job",
    "list_bulk_jobs",
    "control_bulk_job",
    "export_bulk_job",
    *JOBS,
)


@dataclass(slots=True)
class Session:
    """A client that has listed the tools of a server of its own, and what its receipts said."""

    client: TypeScript
    tools: tuple[str, ...]
    spent: Counter[str] = field(default_factory=Counter[str])
    """Hundredths of credits by provider."""

    def call(self, tool: str, arguments: Json) -> Json:
        """The structured content of a call that succeeded."""
        said = self.client.call(tool, arguments)
        assert not said.failed, said.structured
        assert json.loads(said.text) == said.structured
        for provider, amount in said.structured["receipt"]["cost"]["credits"].items():
            self.spent[provider] += round(amount * 100)
        return said.structured


@pytest.fixture(scope="module", params=ERAS)
def session(request: pytest.FixtureRequest, node: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One client and one server of each era for all tests."""
    with (
        serving(tmp_path_factory.mktemp(request.param)) as url,
        connected(node, url, request.param) as client,
    ):
        yield Session(client, tuple(tool["name"] for tool in client.ask("listTools")["tools"]))


MODERN = pytest.mark.parametrize("session", ["modern"], indirect=True)
LEGACY_ERA = pytest.mark.parametrize("session", ["legacy"], indirect=True)


def _check(session: Session, fact: Fact) -> None:
    body = session.call(fact.tool, fact.arguments)
    assert body["outcome"] == "found"
    assert {path: at(body["data"], path) for path in fact.holds} == fact.holds
    assert body["receipt"]["cost"]["credits"] == fact.credits
    assert body["receipt"]["sandbox"] is True


@MODERN
@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.tool)
def test_every_tool_gives_the_right_answer_at_its_price(session: Session, fact: Fact):
    _check(session, fact)


@LEGACY_ERA
@pytest.mark.parametrize("fact", [one for one in FACTS if one.tool in LEGACY], ids=lambda fact: fact.tool)
def test_the_older_era_gives_the_same_answers(session: Session, fact: Fact):
    _check(session, fact)


def test_every_tool_that_is_listed_is_called_here(session: Session):
    assert len(session.tools) == len(set(session.tools))
    assert set(session.tools) == {fact.tool for fact in FACTS} | {*LISTS, *BULK}


@MODERN
def test_a_prospect_list_is_made_filled_shown_and_exported(session: Session):
    create, add, show, export = LISTS
    made = session.call(create, {"name": "Q3 champions"})["data"]
    jane = {"first_name": "Jane", "last_name": "Doe", "work_email": "jane@example.com", "email_status": "verified"}
    session.call(add, {"list_id": made["list_id"], **jane})
    shown = session.call(show, {"list_id": made["list_id"]})["data"]
    assert [one["work_email"] for one in shown["prospects"]] == ["jane@example.com"]
    exported = session.call(export, {"list_id": made["list_id"]})["data"]
    assert exported["rows"] == 1
    with urlopen(exported["file"]["url"]) as response:
        heading, row = response.read().decode().splitlines()
    assert dict(zip(heading.split(","), row.split(","), strict=True))["work_email"] == "jane@example.com"


def _ended(session: Session, job_id: str) -> Json:
    """The job's status when nothing happens any more; its rows have no receipt of their own, so it is noted here."""
    while (status := session.call(JOBS[0], {"job_id": job_id})["data"])["status"] not in ("completed", "paused"):
        time.sleep(0.1)
    session.spent["leadmagic"] += round(status["credits"] * 100)
    return status


@MODERN
def test_a_file_is_brought_looked_at_and_carried_out(session: Session):
    opened = session.call("create_bulk_upload_session", {"file_name": "leads.csv"})["data"]
    assert opened["curl"] == f"curl -T leads.csv {opened['upload_url']}"
    brought = session.call("process_attached_csv", {"rows_text": "Email\nvalid@magic.example\n"})["data"]
    upload = {"upload_id": brought["upload_id"]}
    looked = session.call("resolve_bulk_upload_mapping", {**upload, "enrichment": "validate"})["data"]
    assert looked["mapping"]["columns"] == [{"role": "email", "column": "Email", "confidence": 0.99}]
    order = {**upload, "enrichment": "email_validation", "max_credits": "5"}
    job = session.call("submit_detected_bulk_job", order)["data"]["job_id"]
    assert _ended(session, job)["outcomes"] == {"found": 1}
    said = {tool: session.call(tool, {"job_id": job})["data"] for tool in JOBS}
    assert at(said["get_bulk_job_rows"], "rows.0.added.weir_email_status") == "verified"
    assert said["get_bulk_job_errors"]["skipped"] == 0
    assert [at(said[tool], "events.0.event") for tool in JOBS[3:]] == ["submitted"] * 2
    exported = session.call("export_bulk_job", {"job_id": job, "format": "jsonl"})["data"]
    with urlopen(exported["file"]["url"]) as response:
        assert json.loads(response.read())["Email"] == "valid@magic.example"


@MODERN
def test_jobs_are_submitted_by_product_listed_and_steered(session: Session):
    domains = {"domains": '["leadmagic.io", "globex.com"]', "max_credits": 0.01, "force_refresh": True}
    held = session.call("submit_company_firmographics_bulk", domains)["data"]["job_id"]
    assert _ended(session, held)["status"] == "paused"
    rows = {"rows": [{"domain": "leadmagic.io"}], "product": "technographics", "max_credits": 0.01}
    assert session.call("submit_bulk_job", rows)["data"]["enrichment"] == "company_technographics"
    listed = session.call("list_bulk_jobs", {"product": "company_finder"})["data"]["jobs"]
    assert [one["job_id"] for one in listed] == [held]
    assert session.call("control_bulk_job", {"job_id": held, "action": "cancel"})["data"]["status"] == "cancelled"


def test_the_analytics_add_up_what_the_receipts_said(session: Session):
    today = session.call("get_account_analytics", {"period": "today"})["data"]["totals"][0]
    assert {name: round(amount * 100) for name, amount in today["cost"]["credits"].items()} == session.spent


@pytest.mark.parametrize("name", PROMPTS)
def test_every_prompt_says_what_to_do_with_what_is_given(session: Session, name: str):
    arguments, says = PROMPTS[name]
    (message,) = session.client.ask("getPrompt", name=name, arguments=arguments)["messages"]
    assert message["role"] == "user"
    assert [part for part in says if part not in message["content"]["text"]] == []


def test_every_prompt_that_is_listed_is_used_here(session: Session):
    assert [prompt["name"] for prompt in session.client.ask("listPrompts")["prompts"]] == list(PROMPTS)


def test_job_titles_are_completed(session: Session):
    asked = {
        "ref": {"type": "ref/prompt", "name": "hiring_intent_scan"},
        "argument": {"name": "job_titles", "value": "devops"},
    }
    assert session.client.ask("complete", **asked)["completion"]["values"] == ["DevOps Engineer"]


@pytest.mark.parametrize("uri", RESOURCES)
def test_every_resource_holds_what_it_is_for(session: Session, uri: str):
    (contents,) = session.client.ask("readResource", uri=uri)["contents"]
    assert contents["uri"] == uri
    # Objects may be laid out over several lines.
    assert RESOURCES[uri] in " ".join(contents["text"].split()), contents["text"]


def test_every_resource_that_is_listed_is_read_here(session: Session):
    listed = session.client.ask("listResources")["resources"]
    templates = session.client.ask("listResourceTemplates")["resourceTemplates"]
    assert {resource["uri"] for resource in listed} == set(RESOURCES)
    assert [one["uriTemplate"] for one in templates] == TEMPLATES


ABSENT: dict[str, Json] = {
    "callTool": {"name": "no_such_tool", "arguments": {}},
    "getPrompt": {"name": "no_such_prompt"},
    "readResource": {"uri": "weir://no-such-resource"},
}


@pytest.mark.parametrize("method", ABSENT)
def test_what_does_not_exist_is_an_error_of_the_protocol(session: Session, method: str):
    error = session.client.answer(method, **ABSENT[method])["error"]
    # The client knows a resource that is not there by its code and address, whichever code the era has for it.
    assert error["code"] == -32602
    assert method != "readResource" or error["data"] == ABSENT[method]
