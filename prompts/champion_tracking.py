"""Notice when people who know the product change companies."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from prompts.arguments import CompanyDomain, CompanyName, Offer, Titles
from server.domain import fields
from server.edge.prompt import Script, prompt

People = Annotated[
    fields.Keywords,
    Field(description="Champions to check: LinkedIn profiles or work e-mails, separated by commas."),
]

_STEPS = (
    "Take the people who count: users who championed the product, buyers who signed, sponsors who renewed. Ask for "
    "their LinkedIn profiles; a check that starts from an e-mail address can cost several times as much.",
    "Say what the check costs with `preview_cost`. Every verdict of `detect_job_change` is charged, also that nothing "
    "has changed, so check people once a quarter and not more often.",
    "Check each person with `detect_job_change` against the company where they were last known.",
    "To find movers nobody has on a list, use `find_recent_job_changes` with titles and target companies. Its filters "
    "describe the new position; look for customers among the former companies that come back.",
    "For everybody who moved, look at the new company with `enrich_company`. Keep it only if it could be a customer.",
    "Get the new address with `find_work_email` from name and new company domain. The old one is dead: mark it so in "
    "the CRM instead of checking it again.",
    "At the company that was left, the account is at risk: find the successor with `find_people_by_role`, asking for "
    "the title that the champion had.",
)
_REPORT = """Give three lists. Moved to a possible customer: name, old and new company, new title, start date, address
with its quality, and a two-sentence message that recalls what they did with the product. Left a customer: the account,
who left, who follows, what to do this week. Unchanged: names only. Finish with the cost, and the date of the next
check."""


@prompt("Track champions", company_domain="stripe.com", people="https://www.linkedin.com/in/ada-lovelace")
def champion_tracking(
    company_domain: CompanyDomain | None = None,
    company_name: CompanyName | None = None,
    people: People | None = None,
    titles: Titles | None = None,
    offer: Offer | None = None,
) -> Script:
    """Find former users and buyers who changed companies, how to reach them there, and which accounts they left
    behind.
    """
    return Script(
        task="Find out which champions have changed companies, and what follows from it.",
        facts={
            "Company they were at": company_domain or company_name,
            "People": people,
            "Titles": titles,
            "Offer": offer,
        },
        steps=_STEPS,
        report=_REPORT,
    )
