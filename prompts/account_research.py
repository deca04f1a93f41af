"""Research one account before a first conversation."""

from __future__ import annotations

from prompts.arguments import CompanyDomain, CompanyName
from server.edge.prompt import Script, prompt, required

_STEPS = (
    "Ask `preview_cost` what the lookups below would cost together, and say so before you start. If it is more than "
    "the account is worth to the user, ask which parts to leave out.",
    "Where only the name is known, get the domain with `enrich_company` first: every further lookup is more accurate "
    "with it. Check that the company found is the one that was meant; names are shared.",
    "Get firmographics and funding with `research_account`. If it finds nothing, stop and ask for another spelling or "
    "the domain instead of paying for the rest.",
    "Get `list_company_competitors` and `get_company_technographics`. Name the products that tell something about "
    "budget, maturity, or a system that the user's product would replace or connect to.",
    "See what the company is hiring for with `get_company_hiring_signals`: open roles show where money goes next "
    "quarter.",
    "Name two or three roles that would own such a purchase. Look people up with `find_people_by_role` only when the "
    "user asks for names.",
)
_REPORT = """Write a one-page brief: what the company does and for whom; size, stage and money; what changed in the
last twelve months; tools in use; competitors; three reasons to talk now, each with the fact it rests on; what is still
unknown. Mark what is inferred. Finish with what the research cost, from the receipts."""


@prompt("Research an account", company_domain="stripe.com")
def account_research(company_domain: CompanyDomain | None = None, company_name: CompanyName | None = None) -> Script:
    """Brief on one company for a first conversation: firmographics, funding, competitors, tools, hiring, reasons to
    talk now.
    """
    required(("company_domain", company_domain), ("company_name", company_name))
    return Script(
        task="Research this account for a first sales conversation.",
        facts={"Company domain": company_domain, "Company name": company_name},
        steps=_STEPS,
        report=_REPORT,
    )
