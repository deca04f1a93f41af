"""Find or check one person's contact data, and what to do with many."""

from __future__ import annotations

from prompts.arguments import CompanyDomain, CompanyName, Email, FirstName, LastName
from server.edge.prompt import Script, prompt, required

_CHECK = (
    "Check the address with `validate_work_email` first: that is the cheapest question there is. If it is verified, "
    "do not look for another one.",
    "If the address is invalid, or the person may have moved, find out who is behind it with `email_to_b2b_profile`, "
    "and go on with name and company. That lookup can be dear, so ask first.",
)
_FIND = (
    "Find the address with `find_work_email`. It asks several providers and stops at the first good answer, so do not "
    "ask the same thing in other ways afterwards.",
    "If nothing is found, look at the spelling of the name, at other forms of it and at the company's other domains "
    "before you try again; the same question again gives the same answer.",
    "If a LinkedIn profile is known, `linkedin_profile_to_work_email` is another way; it costs more.",
)
_ALWAYS = (
    "Look for a phone number with `find_mobile_number` only if the user asks for one: it is the dearest lookup.",
    "Read the quality of what comes back. A verified address can be used as it is. A risky one (catch-all, shared or "
    "disposable) should not go into a sequence; checking it again does not make it better.",
    "This is for a handful of people. For a file or a longer list, do not repeat single lookups: say how many rows "
    "there are, and have the user agree to the cost of the whole list before anything runs.",
    "Give a file to `process_attached_csv`, or open an upload with `create_bulk_upload_session`; submit it with "
    "`submit_detected_bulk_job`. Blank rows, duplicates and stored answers are not paid for there.",
    "Do not paste a job's result rows into the conversation: give the link to its file, and totals from "
    "`get_bulk_job_status`.",
)
_REPORT = """Answer with one line per person: name, title and company, address with its quality, provider, and what it
cost. Say what was not found, and what you would try next and at which price. If a person is on the suppression list,
say so and leave it at that."""


@prompt("Look up a contact", first_name="Ada", last_name="Lovelace", company_domain="stripe.com")
def contact_lookup(
    first_name: FirstName | None = None,
    last_name: LastName | None = None,
    company_domain: CompanyDomain | None = None,
    company_name: CompanyName | None = None,
    email: Email | None = None,
) -> Script:
    """Find or check the contact data of one person at the lowest cost, with advice for files and lists."""
    required(("email", email), ("last_name", last_name), ("first_name", first_name))
    return Script(
        task="Check this person's contact data." if email else "Find this person's work e-mail address.",
        facts={
            "Name": " ".join(part for part in (first_name, last_name) if part) or None,
            "Company domain": company_domain,
            "Company name": company_name,
            "E-mail": email,
        },
        steps=(*(_CHECK if email else ()), *_FIND, *_ALWAYS),
        report=_REPORT,
    )
