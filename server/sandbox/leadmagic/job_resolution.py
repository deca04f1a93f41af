"""Friendly filter values turned into LeadMagic's ids."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from server.sandbox import spelling, world
from server.sandbox.leadmagic import job_catalog, reading
from server.sandbox.leadmagic.posting import company_id

Node = dict[str, Any]


def resolve(body: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The filter blocks of a draft search with `{id, name}` for each value, and the values that nothing matches."""
    resolved: dict[str, Any] = {}
    unresolved: list[dict[str, str]] = []
    for block, parts in _FINDERS.items():
        given = reading.mapping(block, body.get(block))
        for part, find in parts.items():
            values = reading.labels(f"{block}.{part}", given.get(part))
            nodes = [(value, find(value)) for value in values]
            if values:
                resolved.setdefault(block, {})[part] = [node for _, node in nodes if node]
            unresolved += [{"field": f"{block}.{part}", "value": value} for value, node in nodes if not node]
    return resolved, unresolved


def company_node(company: world.Company) -> Node:
    return {
        "id": company_id(company),
        "name": company.name,
        "domain": company.domain,
        "logo_domain": company.domain,
    }


@cache
def company_nodes() -> tuple[Node, ...]:
    return tuple(company_node(company) for company in world.companies())


def _company(value: str) -> Node | None:
    if value.isdigit():
        return next((node for node in company_nodes() if str(node["id"]) == value), None)
    company = world.company(value) if spelling.host(value) else world.company_named(value)
    return None if company is None else company_node(company)


def _in(nodes: Callable[[], list[Node]]) -> Callable[[str], Node | None]:
    def find(value: str) -> Node | None:
        wanted = value.casefold()
        return next((n for n in nodes() if wanted in (str(n["id"]), n["name"].casefold(), n.get("code", ""))), None)

    return find


def locations() -> dict[str, list[Node]]:
    """Every location by type; countries carry their code in lower case too."""
    countries = [{"id": i, "name": name, "code": code.lower()} for i, (code, name) in job_catalog.COUNTRIES.items()]
    states = [{"id": i, "name": name} for i, (name, _) in job_catalog.states().items()]
    return {
        "country": countries,
        "region": job_catalog.pairs(job_catalog.REGIONS),
        "state": states,
        "city": job_catalog.pairs(job_catalog.cities()),
    }


def tag_nodes() -> list[Node]:
    """Tags with the taxonomy of the first role that uses them."""
    return [
        {"id": tag, "name": name, "tag_type": job_catalog.TAG_TYPE, "occupation_taxonomy": _levels_of(tag)}
        for tag, name in job_catalog.TAGS.items()
    ]


def _levels_of(tag: int) -> Node | None:
    role = next((role for role in job_catalog.ROLES if tag in role.tags), None)
    if role is None:
        return None
    levels = job_catalog.taxonomy(role)
    return {"level1": levels["level1"], "level2": levels["level2"]}


def title_nodes() -> list[Node]:
    return [
        {"id": role.id, "name": role.title, "occupation_taxonomy": job_catalog.taxonomy(role)}
        for role in job_catalog.ROLES
    ]


def taxonomy_nodes() -> list[Node]:
    """All three levels, the broadest first."""
    ones = [_node(1, i, name, (i, name)) for i, name in job_catalog.LEVEL1.items()]
    twos = [
        _node(2, i, name, (parent, job_catalog.LEVEL1[parent]), (i, name))
        for i, (name, parent) in job_catalog.LEVEL2.items()
    ]
    threes = [
        _node(
            3,
            role.id,
            role.title,
            (role.level1, job_catalog.LEVEL1[role.level1]),
            (role.level2, job_catalog.LEVEL2[role.level2][0]),
            (role.id, role.title),
        )
        for role in job_catalog.ROLES
    ]
    return [*ones, *twos, *threes]


def _node(type_: int, id_: int, name: str, *path: tuple[int, str]) -> Node:
    levels = [{"id": i, "name": one} for i, one in path] + [None] * (3 - len(path))
    shown = {f"level{index}": level for index, level in enumerate(levels, 1)}
    return {"id": id_, "name": name, "type": type_, **shown, "path": " > ".join(one for _, one in path)}


def _taxonomy_level(level: int) -> Callable[[str], Node | None]:
    return _in(lambda: [node for node in taxonomy_nodes() if node["type"] == level])


_FINDERS: dict[str, dict[str, Callable[[str], Node | None]]] = {
    "companies": {"include": _company, "exclude": _company, "ids": _company},
    "tags": {"include": _in(tag_nodes), "exclude": _in(tag_nodes)},
    "occupationTaxonomy": {f"level{level}": _taxonomy_level(level) for level in (1, 2, 3)},
    "location": {
        "countries": _in(lambda: locations()["country"]),
        "regions": _in(lambda: locations()["region"]),
        "states": _in(lambda: locations()["state"]),
        "cities": _in(lambda: locations()["city"]),
    },
    "titles": {"include": _in(title_nodes), "exclude": _in(title_nodes)},
}
