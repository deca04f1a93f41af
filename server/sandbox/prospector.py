"""LeadIQ Prospector: saved prospect lists by REST; everything is free.

Both prefixes are served, `/v1/lists` and `/lists` (C-62).
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from server.sandbox import api, world
from server.sandbox.api import Api, Call, PerAccount, Refusal

_PAGE = 100
EMAIL_STATUSES = ("Verified", "VerifiedLikely", "Unverified")
SENIORITIES = ("VP", "Manager", "Director", "Executive", "SeniorIndividualContributor", "Other")
_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    429: "rate_limited",
}
Record = dict[str, Any]


@dataclass(slots=True)
class Prospects:
    """One saved list."""

    about: Record
    rows: list[Record] = field(default_factory=list[Record])

    def page(self, cursor: str | None, limit: int) -> tuple[list[Record], str | None]:
        """The rows from the cursor on, and the next page's cursor; a cursor is the id of a page's first row."""
        ids: list[str] = [row["id"] for row in self.rows]
        if cursor is not None and cursor not in ids:
            raise Refusal(400, "cursor is not one of this list's.", field="cursor")
        start = ids.index(cursor) if cursor else 0
        following = ids[start + limit : start + limit + 1]
        return self.rows[start : start + limit], following[0] if following else None


_lists: PerAccount[dict[str, Prospects]] = PerAccount(dict)


def routes() -> list[BaseRoute]:
    """All routes, relative to `https://prospector.leadiq.com`."""
    table: tuple[tuple[str, str, Callable[[Call], Response]], ...] = (
        ("POST", "/lists", _create_list),
        ("POST", "/lists/{list_id}/prospects", _add_prospect),
        ("GET", "/lists/{list_id}/prospects", _list_prospects),
        ("GET", "/lists/{list_id}/export", _export_csv),
    )
    found = [_API.route(method, prefix + path, answer) for prefix in ("/v1", "") for method, path, answer in table]
    return [*found, _API.unknown("No such resource.")]


def _create_list(call: Call) -> Response:
    (name,) = call.need("name")
    lists = _lists.of(call.account)
    if any(each.about["name"].casefold() == name.casefold() for each in lists.values()):
        raise Refusal(409, f"A list named '{name}' exists already.")
    now = _now()
    about = {
        "id": _new_id(),
        "name": name,
        "description": call.text("description"),
        "createdAt": now,
        "updatedAt": now,
    }
    lists[about["id"] or ""] = Prospects(about)
    call.account.charge("prospector_create_list", 0)
    return JSONResponse(about, 201)


def _add_prospect(call: Call) -> Response:
    found = _list(call)
    first, last = call.need("firstName", "lastName")
    status = _choice(call, "emailStatus", EMAIL_STATUSES) or "Unverified"
    level = _choice(call, "seniority", SENIORITIES)
    texts = {name: call.text(name) for name in ("title", "workEmail", "mobilePhone", "linkedinUrl", "function")}
    employer = call.text("company")
    record = {
        "id": _new_id(),
        "firstName": first,
        "lastName": last,
        "name": f"{first} {last}",
        **texts,
        "emailStatus": status if texts["workEmail"] else None,
        "seniority": level,
        **_places(employer, texts["linkedinUrl"]),
        "updatedAt": _now(),
    }
    found.rows.append(record)
    found.about["updatedAt"] = record["updatedAt"]
    call.account.charge("prospector_add_prospect", 0)
    return JSONResponse({name: record[name] for name in ("id", "firstName", "lastName")}, 201)


def _list_prospects(call: Call) -> Response:
    rows, following = _list(call).page(call.query.get("cursor"), _limit(call))
    call.account.charge("prospector_list_prospects", 0)
    return JSONResponse({"items": rows, "nextCursor": following})


def _export_csv(call: Call) -> Response:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(_columns({})))
    writer.writeheader()
    writer.writerows(_columns(row) for row in _list(call).rows)
    call.account.charge("prospector_export_csv", 0)
    return Response(out.getvalue(), media_type="text/csv")


def _columns(row: Record) -> Record:
    """A row as the vendor's sample script writes it."""
    place: Record = row.get("location") or {}
    company: Record = row.get("company") or {}
    return {
        "id": row.get("id"),
        "name": row.get("name"),
        "first_name": row.get("firstName"),
        "last_name": row.get("lastName"),
        "title": row.get("title"),
        "work_email": row.get("workEmail"),
        "email_status": row.get("emailStatus"),
        "location_city": place.get("city"),
        "location_state": place.get("state"),
        "location_country": place.get("country"),
        "company_name": company.get("name"),
        "company_domain": company.get("domain"),
        "company_industry": company.get("industry"),
        "company_employees": company.get("employees"),
        "updated_at": row.get("updatedAt"),
    }


def _list(call: Call) -> Prospects:
    found = _lists.of(call.account).get(call.path["list_id"])
    if found is None or api.missing():
        raise Refusal(404, "The list does not exist.")
    return found


def _choice(call: Call, name: str, choices: tuple[str, ...]) -> str | None:
    value = call.text(name)
    if value is not None and value not in choices:
        raise Refusal(400, f"{name} must be one of {', '.join(choices)}.", field=name)
    return value


def _limit(call: Call) -> int:
    wanted = call.query.get("limit", str(_PAGE))
    if not wanted.isdecimal() or not 1 <= int(wanted) <= _PAGE:
        raise Refusal(400, f"limit must be a number from 1 to {_PAGE}.", field="limit")
    return int(wanted)


def _places(employer: str | None, url: str | None) -> Record:
    """Where the person is, and their employer, as far as the service recognises them."""
    one = world.person_at(url) if url else None
    company = world.company_named(employer) if employer else None
    if company is None:
        return {"location": _place(one), "company": {"name": employer} if employer else None}
    facts = {"domain": company.domain, "industry": company.industry, "employees": company.employees}
    return {"location": _place(one), "company": {"name": employer, **facts, "location": _place(company)}}


def _place(subject: world.Person | world.Company | None) -> Record | None:
    return subject and {"city": subject.city, "state": subject.region, "country": subject.country}


def _new_id() -> str:
    return secrets.token_hex(12)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _envelope(refusal: Refusal) -> Response:
    body = {"code": _CODES.get(refusal.status, "internal_error"), "message": refusal.message}
    return JSONResponse(body, refusal.status, refusal.headers)


_API = Api("prospector", api.header_key, _envelope)
refusal = _API.refusal
