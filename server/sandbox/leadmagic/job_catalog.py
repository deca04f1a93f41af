"""The ids of LeadMagic's job filters: roles and their taxonomy, tags, places, types. Ids are illustrative (C-37)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from server.sandbox import names

LEVEL1 = {
    1: "Developer", 2: "Seller", 3: "Marketer", 4: "Finance", 5: "People", 6: "Product", 7: "Engineer",
    8: "Customer Care",
}  # fmt: skip
LEVEL2: dict[int, tuple[str, int]] = {
    20: ("DevOps", 1), 21: ("Back-End Development", 1), 22: ("Full-Stack Development", 1), 23: ("Data", 1),
    1700834: (".NET & DevOps", 7), 31: ("Sales Leadership", 2), 32: ("Account Management", 2), 33: ("Prospecting", 2),
    41: ("Growth", 3), 42: ("Content", 3), 51: ("Analysis", 4), 61: ("Talent", 5), 71: ("Product Management", 6),
    81: ("Support", 8),
}  # fmt: skip
TAGS = {
    482: "kubernetes", 483: "kubectl", 484: "terraform", 485: "aws", 486: "python", 487: "postgresql", 488: "react",
    489: "typescript", 490: "dotnet", 491: "spark", 492: "salesforce", 493: "outreach", 494: "hubspot", 495: "seo",
    496: "excel", 497: "sourcing", 498: "roadmapping", 499: "zendesk",
}  # fmt: skip
TAG_TYPE = 2


@dataclass(frozen=True, slots=True)
class Role:
    """A normalised job title, the third level of the taxonomy."""

    id: int
    title: str
    level2: int
    seniority: str
    """EN, MI, SE or EX."""
    tags: tuple[int, ...]
    usd: int
    """A usual yearly salary."""

    @property
    def level1(self) -> int:
        return LEVEL2[self.level2][1]


ROLES = (
    Role(774, "DevOps Engineer", 20, "SE", (482, 484, 485), 150_000),
    Role(775, "Site Reliability Engineer", 20, "SE", (482, 483, 485), 165_000),
    Role(776, "Software Engineer", 21, "MI", (486, 487), 135_000),
    Role(777, "Full-Stack Software Engineer", 22, "SE", (488, 489), 150_000),
    Role(778, "Platform Engineer", 1700834, "SE", (482, 490), 155_000),
    Role(779, "Data Engineer", 23, "MI", (486, 491), 140_000),
    Role(780, "VP of Sales", 31, "EX", (492,), 240_000),
    Role(781, "Sales Director", 31, "EX", (492, 493), 190_000),
    Role(782, "Account Executive", 32, "MI", (492,), 110_000),
    Role(783, "Sales Development Representative", 33, "EN", (492, 493), 65_000),
    Role(784, "Marketing Manager", 41, "SE", (494, 495), 105_000),
    Role(785, "Content Strategist", 42, "MI", (495,), 80_000),
    Role(786, "Financial Analyst", 51, "MI", (496,), 90_000),
    Role(787, "Recruiter", 61, "MI", (497,), 75_000),
    Role(788, "Product Manager", 71, "SE", (498,), 145_000),
    Role(789, "Support Engineer", 81, "EN", (499,), 70_000),
)

COUNTRIES = {
    840: ("US", "United States"), 826: ("GB", "United Kingdom"), 124: ("CA", "Canada"), 276: ("DE", "Germany"),
    36: ("AU", "Australia"), 250: ("FR", "France"), 752: ("SE", "Sweden"), 356: ("IN", "India"),
}  # fmt: skip
REGIONS = {1: "North America", 2: "Europe", 3: "Oceania", 4: "Asia"}
JOB_TYPES = {1: "Full-time", 2: "Part-time", 3: "Contract", 4: "Internship", 5: "Temporary"}
COMPANY_TYPES = {1: "Private", 2: "Public", 3: "Nonprofit", 4: "Government"}
SENIORITIES = {1: "Entry", 2: "Mid", 3: "Senior", 4: "Director", 5: "VP", 6: "C-Level"}
WORK_MODES = {1: "On-site", 2: "Hybrid", 3: "Remote"}
INDUSTRIES = {96 + index: name for index, name in enumerate(("Software", *names.INDUSTRIES[1:], "Technology"))}
V1_COMPANY_TYPES = (
    "Startup", "Small Business", "Mid-Market", "Enterprise", "Public", "Private", "Non-Profit", "Government",
)  # fmt: skip
V1_INDUSTRIES = (
    "Technology", "Finance", "Healthcare", "Manufacturing", "Retail", "Marketing", "Education", "Real Estate",
)  # fmt: skip


@cache
def states() -> dict[int, tuple[str, str]]:
    """State or province by id, with its country's code."""
    found = dict.fromkeys((place[1], place[3]) for place in names.PLACES)
    return {1001 + index: one for index, one in enumerate(found)}


@cache
def cities() -> dict[int, str]:
    return {2001 + index: place[0] for index, place in enumerate(names.PLACES)}


def industry_id(industry: str) -> int:
    """The id of an industry of the world."""
    name = "Software" if industry == "Software Development" else industry
    return next((id_ for id_, one in INDUSTRIES.items() if one == name), 0)


def taxonomy(role: Role) -> dict[str, Any]:
    """The three levels of a role."""
    return {
        "level1": {"id": role.level1, "name": LEVEL1[role.level1]},
        "level2": {"id": role.level2, "name": LEVEL2[role.level2][0]},
        "level3": {"id": role.id, "name": role.title},
    }


def pairs(catalog: dict[int, str]) -> list[dict[str, Any]]:
    return [{"id": id_, "name": name} for id_, name in catalog.items()]
