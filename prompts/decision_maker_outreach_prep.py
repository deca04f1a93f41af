"""Find who decides at one company, and prepare what to say to them."""

from __future__ import annotations

from prompts.arguments import CompanyDomain, CompanyName, Offer, Seniority, Titles
from server.edge.prompt import Script, prompt, required

_STEPS = (
    "Settle who decides. From the offer and the company's size, name at most five titles: who has the problem, who "
    "has the budget, who can say no. In a company below fifty people that is often a founder.",
    "Ask `preview_cost` for `find_decision_makers` with those titles, and say what it costs at most.",
    "Run `find_decision_makers` with e-mail discovery and validation. It looks each title up once; a title without a "
    "hit is worth one other wording, not five.",
    "Get the company's background with `account_intel`, leaving out what the message will not use.",
    "For the one or two people who matter most, get the career with `search_profile`: time in the role, where they "
    "came from, what they were hired to do.",
    "Use public signals that the person would recognise: a funding round from `find_company_funding`, an open role "
    "from `get_company_hiring_signals`, a campaign from `search_google_ads` or `search_meta_ads`. Ask only for those "
    "that support the argument.",
    "Write only to addresses of quality verified or probable. Leave out anybody on the suppression list without "
    "comment.",
)
_REPORT = """For each person: name, title, address with its quality, and why this person. Then a first message of at
most ninety words that opens with a fact about them or the company, says in one sentence what the offer changes for
someone in that role, and ends with a question that is easy to answer; and two follow-ups with a new fact each. No
flattery, no invented facts: whatever is not in the lookups stays out. Finish with the total cost."""


@prompt(
    "Prepare outreach to decision makers",
    company_domain="stripe.com",
    titles="VP Sales, CRO",
    offer="Call recording for sales teams",
)
def decision_maker_outreach_prep(
    company_domain: CompanyDomain | None = None,
    company_name: CompanyName | None = None,
    titles: Titles | None = None,
    seniority: Seniority | None = None,
    offer: Offer | None = None,
) -> Script:
    """Find who decides at one company, verify how to reach them, and draft first messages from facts."""
    required(("company_domain", company_domain), ("company_name", company_name))
    return Script(
        task="Prepare outreach to the people who decide at this company.",
        facts={
            "Company domain": company_domain,
            "Company name": company_name,
            "Titles": titles,
            "Seniority": seniority,
            "Offer": offer,
        },
        steps=_STEPS,
        report=_REPORT,
    )
