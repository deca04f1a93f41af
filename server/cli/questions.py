"""What the conversations of `docs/examples/` ask, which tools they call, and what they make of the results."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server.cli.conversation import Conversation, Json, total
from server.domain.principal import LOCAL

Script = Callable[[Conversation], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Question:
    """One conversation and how it goes."""

    name: str
    """Of its page, without the ending."""
    title: str
    script: Script
    workspace: str
    """Whose stored answers and opt-outs it shares."""
    settings: Mapping[str, Any]
    """What the operator has set, beside the defaults."""


QUESTIONS: list[Question] = []


def question(name: str, title: str, workspace: str | None = None, **settings: Any) -> Callable[[Script], Script]:
    """Register a conversation, in a workspace of its own unless one is named."""

    def register(script: Script) -> Script:
        QUESTIONS.append(Question(name, title, script, workspace or name, settings))
        return script

    return register


QUOTE = ("data.expected.credits", "data.max.credits", "data.needs_approval")
STEPS = tuple(f"data.steps.{name}" for name in ("provider", "operation", "expected", "max", "miss"))
ERROR = ("error.code", "error.field", "error.message", "error.fix")


@question("decision-makers", "Find and validate the people who decide")
async def decision_makers(talk: Conversation) -> None:
    talk.ask("Find and validate the CEO, CRO and VP Sales at Stripe (stripe.com). What will it cost me?")
    who = {"company_domain": "stripe.com", "titles": ["CEO", "CRO", "VP Sales"], "include_validation": True}
    quote = (await talk.call("preview_cost", {"tool": "find_decision_makers", "arguments": who}, *QUOTE))["data"]
    expected, most = total(quote["expected"]), total(quote["max"])
    talk.say(f"Most likely {expected}, and no more than {most} whatever happens. Shall I?")
    talk.ask("Yes.")
    paths = ("wanted", "person.full_name", "person.job_title", "work_email.email", "work_email.status")
    body = await talk.call("find_decision_makers", who, *(f"data.people.{path}" for path in paths), "data.not_found")
    people, missing = body["data"]["people"], body["data"]["not_found"]
    talk.say(
        f"{_all(_signature(one) for one in people)}. Nobody was found as {_all(missing)}. An address that its finder "
        "had verified was not validated a second time. "
        f"It cost {total(body['receipt']['cost'])}; {expected} were expected."
    )


def _signature(one: Json) -> str:
    person, email = one["person"], one.get("work_email")
    address = f", {email['email']} ({email['status']})" if email else ""
    return f"{person['full_name']}, {person['job_title']}{address}"


@question("account-intel", "Prepare for an account")
async def account_intel(talk: Conversation) -> None:
    talk.ask("Account intel on stripe.com, limit jobs to 5.")
    about = {"company_domain": "stripe.com", "jobs_limit": 5}
    company = tuple(f"data.company.{name}" for name in ("name", "industry", "employee_count", "founded_year"))
    rest = ("data.competitors.name", "data.technologies.name", "data.jobs.title", "data.jobs.location_text", "parts")
    body = await talk.call("account_intel", about, *company, *rest)
    talk.say(_intel(body))
    talk.ask("I have closed the window. Again, please.")
    again = await talk.call("account_intel", about, "data.company.name", "data.total_jobs")
    talk.say(f"{again['data']['company']['name']}, the same as before. {_repeated(again)}")


def _intel(body: Json) -> str:
    data = body["data"]
    company, newest = data["company"], data["jobs"][0]
    missing = [part["name"] for part in body["parts"] if part["outcome"] == "not_found"]
    return (
        f"{company['name']} is in {company['industry'].lower()}, founded in {company['founded_year']}, with "
        f"{company['employee_count']:,} people. It competes with {_names(data['competitors'])}, uses "
        f"{_names(data['technologies'])}, and has {data['total_jobs']} open positions, {newest['title']} in "
        f"{newest['location_text']} being the newest. Nobody knows of any {_all(missing)}."
    )


@question("safe-to-send", "Is this address safe to send to?")
async def safe_to_send(talk: Conversation) -> None:
    talk.ask("Is alex.rivera@example.com safe to send to? And info@acmecorp.com and bouncy@invalid.xyz?")
    meaning = {
        "verified": "yes, its mail server accepts it",
        "risky": "only with care. The domain accepts whatever is sent to it, so nobody can tell whether the mailbox "
        "exists, and checking again would not change that",
        "invalid": "no, it would bounce",
    }
    paths = ("data.status", "data.score", "data.is_catch_all", "data.is_role_account")
    verdicts: list[str] = []
    for email in ("alex.rivera@example.com", "info@acmecorp.com", "bouncy@invalid.xyz"):
        body = await talk.call("validate_work_email", {"email": email}, *paths)
        verdicts.append(f"- {email}: {meaning[body['data']['status']]}.")
    talk.say("One by one:\n\n" + "\n".join(verdicts))


@question("job-changes", "Who has moved?")
async def job_changes(talk: Conversation) -> None:
    people = {
        "sarahchen": "Stripe",
        "david-weber-bluebank-example": "Zephyr Bank",
        "nora-collins-bluerobotics-example": "Echo Systems",
    }
    known = [f"linkedin.com/in/{slug} at {company}" for slug, company in people.items()]
    talk.ask(f"Who moved jobs among these people? {_all(known)}.")
    checks = [{"profile_url": f"linkedin.com/in/{slug}", "company_name": company} for slug, company in people.items()]
    quote = await talk.call("preview_cost", {"tool": "detect_job_change", "arguments": checks[0]}, *QUOTE)
    talk.say(f"Checking one costs at most {total(quote['data']['max'])}, and a verdict is charged whatever it is.")
    talk.ask("Check all three.")
    paths = ("data.status", "data.previous.company", "data.current.title", "data.current.company")
    verdicts = [(await talk.call("detect_job_change", check, *paths))["data"] for check in checks]
    moved = [one["current"] for one in verdicts if one["status"] == "changed"]
    where = _all(f"to {current['company']} as {current['title']}" for current in moved)
    talk.say(f"{len(moved)} of {len(verdicts)} moved: {where}.")
    talk.ask("Where do I reach David Weber now? His new domain is bluebank.example.")
    david = {"first_name": "David", "last_name": "Weber", "company_domain": "bluebank.example"}
    found = await talk.call("find_work_email", david, "data.email", "quality.status")
    talk.say(f"{found['data']['email']}{_quality(found)}. Consider the old address dead.")


@question("what-would-it-cost", "What would it cost?")
async def what_would_it_cost(talk: Conversation) -> None:
    talk.ask("What would it cost to get everything about jane@example.com: profile, private address and mobile?")
    parts = {"auto_resolve_profile": True, "include_personal_email": True, "include_mobile": True}
    everything = {"email": "jane@example.com", **parts}
    whole = {"tool": "enrich_contact", "arguments": everything}
    quote = (await talk.call("preview_cost", whole, *QUOTE, *STEPS, "data.limits"))["data"]
    dearest = max(quote["steps"], key=lambda step: step["max"])
    talk.say(
        f"Most likely {total(quote['expected'])}; {total(quote['max'])} if every provider has to be asked. The "
        f"dearest single attempt is {dearest['operation']} of {dearest['provider']}. Asking this cost nothing."
    )
    talk.ask("Without the mobile?")
    less = {"tool": "enrich_contact", "arguments": {**everything, "include_mobile": False}}
    quote = (await talk.call("preview_cost", less, *QUOTE))["data"]
    talk.say(f"{total(quote['expected'])} most likely, {total(quote['max'])} at most.")


@question("waterfall", "The first two providers do not know")
async def waterfall(talk: Conversation) -> None:
    talk.ask("I need the work email of Noah Hoffman at globex.com.")
    noah = {"first_name": "Noah", "last_name": "Hoffman", "company_domain": "globex.com"}
    found = await talk.call("find_work_email", noah, "data", "quality.status", "provenance.provider")
    *missed, last = [attempt["provider"] for attempt in found["receipt"]["attempts"]]
    talk.say(
        f"{found['data']['email']}{_quality(found)}. {_all(missed)} had no address, {last} had one, and nobody after "
        f"{last} was asked."
    )
    talk.ask("And once more, for my notes?")
    again = await talk.call("find_work_email", noah, "data.email")
    talk.say(f"{again['data']['email']}. {_repeated(again)}")


@question("suppressed", "Somebody who does not want to be found", workspace=LOCAL.workspace)
async def suppressed(talk: Conversation) -> None:
    talk.ask("Who leads Figma (figma.com)?")
    leaders = {"company_domain": "figma.com", "seniorities": ["c_level", "vp"], "limit": 5}
    paths = ("data.people.full_name", "data.people.job_title", "warnings")
    people = (await talk.call("search_people", leaders, *paths))["data"]["people"]
    talk.say(_all(f"{one['full_name']} ({one['job_title']})" for one in people) + ".")
    profile = people[0]["linkedin_url"]
    await talk.operate(f"weir suppress add {profile}", "suppress", subject=profile, reason="opted out")
    talk.ask(f"Give me the profile and the mobile number of {people[0]['full_name']}.")
    refused = await talk.call("search_profile", {"profile_url": profile}, "data", *ERROR)
    await talk.call("find_mobile_number", {"profile_url": profile}, "data", *ERROR)
    talk.say(refused["error"]["message"])
    talk.ask("Then once more everybody who leads Figma.")
    rest = await talk.call("search_people", leaders, *paths)
    talk.say(_all(one["full_name"] for one in rest["data"]["people"]) + f". {rest['warnings'][0]}")


@question("budget", "More than the budget allows", limit_per_call=25)
async def budget(talk: Conversation) -> None:
    talk.ask("Get me the mobile numbers of ten people at Acme Corp (acmecorp.com).")
    ten = {"company_domain": "acmecorp.com", "required_mobile": True, "reveal_mobile": True, "limit": 10}
    error = (await talk.call("search_people", ten, *ERROR))["error"]
    talk.say(f"Not in one go. {error['message']} {error['fix']} Nothing was asked or spent.")
    talk.ask("Three will do.")
    three = {**ten, "limit": 3}
    quote = await talk.call("preview_cost", {"tool": "search_people", "arguments": three}, *QUOTE, "data.limits")
    paths = ("full_name", "job_title", "mobile", "mobile_raw")
    found = await talk.call("search_people", three, *(f"data.people.{path}" for path in paths), "warnings")
    numbers = [f"{one['full_name']} {one.get('mobile', 'without a whole number')}" for one in found["data"]["people"]]
    cost, most = total(found["receipt"]["cost"]), total(quote["data"]["max"])
    talk.say(f"{_all(numbers)}. It cost {cost}; at most {most} had been announced.")


@question("hiring-signals", "Who is hiring for what we sell?")
async def hiring_signals(talk: Conversation) -> None:
    talk.ask("We sell Kubernetes cost control. Which companies in the United States are hiring for it?")
    search = {"tags": ["kubernetes"], "countries": ["US"], "total_mode": "exact", "limit": 5}
    count = (await talk.call("search_jobs", {**search, "dry_run": True}, "data.total"))["data"]["total"]
    talk.say(f"There are {count} such postings; counting them was free. I will read the newest five.")
    paths = ("title", "company.name", "company.domain", "location_text")
    jobs = (await talk.call("search_jobs", search, *(f"data.jobs.{path}" for path in paths)))["data"]["jobs"]
    talk.say(_all(f"{job['company']['name']} ({job['title']})" for job in jobs) + ".")
    company = jobs[1]["company"]
    talk.ask(f"What else is {company['name']} looking for, and whom would I talk to?")
    at = {"company_domain": company["domain"]}
    shown = tuple(
        f"data.{name}" for name in ("open_roles", "by_function", "by_seniority", "remote_share", "hints.hint")
    )
    signals = (await talk.call("get_company_hiring_signals", {**at, "limit": 10}, *shown))["data"]
    role = {"job_title": "Engineering", **at}
    found = await talk.call("find_people_by_role", role, "data.person.full_name", "data.person.job_title")
    functions = _all(f"{name} ({count})" for name, count in signals["by_function"].items())
    person = f"{found['data']['person']['full_name']}, {found['data']['person']['job_title']}"
    talk.say(f"It has {signals['open_roles']} open positions, by function: {functions}. Talk to {person}.")


@question("lookalikes", "More customers like our best one")
async def lookalikes(talk: Conversation) -> None:
    talk.ask("Our best customer is Northwind (northwind.example). Put the VP Sales of companies like it on a list.")
    like = {"company_domain": "northwind.example", "limit": 4}
    paths = ("data.companies.name", "data.companies.domain", "data.companies.employee_count")
    alike = (await talk.call("find_lookalike_companies", like, *paths))["data"]["companies"]
    made = await talk.call("create_prospect_list", {"name": "Like Northwind"}, "data.name", "data.list_id")
    list_id = made["data"]["list_id"]
    talk.replace(list_id, "0123456789abcdef01234567")
    added = [name for company in alike if (name := await _add_vp_sales(talk, company, list_id))]
    paths = ("data.file.name", "data.rows", "data.columns")
    exported = (await talk.call("export_prospect_list", {"list_id": list_id}, *paths))["data"]
    talk.say(
        f"{_all(added)} are on the list; at the others nobody knows of a VP Sales. The file has {exported['rows']} "
        "rows and waits under a link that works once."
    )


async def _add_vp_sales(talk: Conversation, company: Json, list_id: str) -> str | None:
    """Find the VP Sales with an address and put them on the list; the name, None where there is nobody."""
    who = {"titles": ["VP Sales"], "company_domain": company["domain"]}
    paths = ("person.full_name", "person.job_title", "work_email.email", "work_email.status")
    found = await talk.call("find_decision_makers", who, *(f"data.people.{path}" for path in paths))
    if found["outcome"] != "found":
        return None
    (one,) = found["data"]["people"]
    person, email = one["person"], one["work_email"]
    entry = {name: person[name] for name in ("first_name", "last_name", "job_title")}
    address = {"work_email": email["email"], "email_status": email["status"]}
    await talk.call("add_to_prospect_list", {"list_id": list_id, **entry, "company_name": company["name"], **address})
    return person["full_name"]


def _names(rows: Iterable[Json]) -> str:
    return _all(row["name"] for row in rows)


def _all(words: Iterable[str]) -> str:
    """Words as an enumeration."""
    *before, last = words
    return f"{', '.join(before)} and {last}" if before else last


def _quality(body: Json) -> str:
    return f" ({body['quality']['status']})" if "quality" in body else ""


def _repeated(body: Json) -> str:
    return "It was stored, so it cost nothing." if body["receipt"]["cached"] else "It had to be asked for again."
