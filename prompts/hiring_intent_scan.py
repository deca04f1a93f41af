"""Find companies whose open positions show that they need something."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from prompts.arguments import Country, ExperienceLevel, Offer, Titles
from server.domain import fields
from server.edge.prompt import Script, prompt

Days = Annotated[int, Field(description="Days since posting.", ge=1, le=365, examples=[30])]
Tools = Annotated[fields.Keywords, Field(description="Tools and skills named in postings, separated by commas.")]

_STEPS = (
    "Say first what a posting would have to contain to show intent. A first hire for a function, several roles of one "
    "kind at once, or a tool named in the text says more than one role of a usual kind.",
    "Turn the wishes into filter values with `search_job_titles`, `search_job_tags` and "
    "`search_job_occupation_taxonomy`. They are free, and a search with exact values wastes fewer rows.",
    "Every returned posting is charged. Ask `preview_cost`, then start `search_jobs` with a limit of ten, sorted out "
    "by fit, and go on to the next page only if the first one was good.",
    "Leave out staffing agencies and reposted roles. Count postings per company, not postings.",
    "For the five most promising companies, get the whole picture with `get_company_hiring_signals`.",
    "Check size and market of those with `enrich_company`, and drop what does not fit before looking for people.",
    "Name the person the open role would report to; that person has the problem. Look them up with "
    "`find_people_by_role` if the user wants names.",
)
_REPORT = """Rank the companies in a table: company, domain, size, matching roles with their dates, what the postings
show, a score from 1 to 5 with its reason, and whom to contact. Below it, the filters used, so that the scan can be
repeated next month, and what it cost per company on the list."""


@prompt("Scan for hiring intent", offer="Kubernetes cost control", job_titles="Platform Engineer", posted_within="30")
def hiring_intent_scan(
    offer: Offer | None = None,
    job_titles: Titles | None = None,
    skills: Tools | None = None,
    country: Country | None = None,
    experience_level: ExperienceLevel | None = None,
    posted_within: Days = 30,
) -> Script:
    """Find companies whose open positions show a need for what you sell, ranked, with the person to contact."""
    return Script(
        task="Find companies whose open positions show that they need what the user sells.",
        facts={
            "Offer": offer,
            "Titles": job_titles,
            "Tools and skills": skills,
            "Country": country,
            "Experience level": experience_level,
            "Posted within": f"{posted_within} days",
        },
        steps=_STEPS,
        report=_REPORT,
    )
