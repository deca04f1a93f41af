"""Tools over saved prospect lists; all of them free."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.domain import csv_text, fields
from server.domain.download import Export
from server.domain.errors import InvalidInput, ProviderRejectedRequest
from server.domain.lists import (
    COLUMNS,
    AddedProspect,
    AddProspect,
    CreateList,
    Cursor,
    ExportList,
    ListDescription,
    ListedSeniority,
    ListedStatus,
    ListId,
    ListName,
    Phone,
    ProspectList,
    ProspectPage,
    ShowList,
)
from server.domain.person import Seniority
from server.domain.principal import Scope
from server.domain.quality import QualityStatus
from server.edge.tool import Caller, Family

lists = Family("lists")


@lists.free("Create a prospect list", open_world=True, writes=True, asks=CreateList, name="Q3 champions")
async def create_prospect_list(
    caller: Caller, name: ListName, description: ListDescription | None = None
) -> ProspectList | None:
    """Create an empty prospect list at LeadIQ and return its list_id, which the other list tools need. Free."""
    try:
        return await caller.ask(CreateList(name=name, description=description))
    except ProviderRejectedRequest as error:
        if error.field is None:
            raise
        raise InvalidInput(f"{error.field}: {error.message}", field=error.field, fix=error.fix) from error


@lists.free(
    "Add to a prospect list",
    open_world=True,
    writes=True,
    asks=AddProspect,
    list_id="0123456789abcdef01234567",
    first_name="Ada",
    last_name="Lovelace",
    work_email="ada.lovelace@stripe.com",
    email_status="verified",
)
async def add_to_prospect_list(
    caller: Caller,
    list_id: ListId,
    first_name: fields.FirstName,
    last_name: fields.LastName,
    job_title: fields.JobTitle | None = None,
    company_name: fields.CompanyName | None = None,
    work_email: fields.Email | None = None,
    email_status: ListedStatus | None = None,
    mobile_phone: Phone | None = None,
    profile_url: fields.PersonUrl | None = None,
    seniority: ListedSeniority | None = None,
    job_function: fields.Text | None = None,
) -> AddedProspect | None:
    """Add one person to a prospect list. Free; the same person twice makes two entries."""
    return await caller.ask(
        AddProspect(
            list_id=list_id,
            first_name=first_name,
            last_name=last_name,
            job_title=job_title,
            company_name=company_name,
            work_email=work_email,
            email_status=QualityStatus(email_status) if email_status else None,
            mobile_phone=mobile_phone,
            profile_url=profile_url,
            seniority=Seniority(seniority) if seniority else None,
            job_function=job_function,
        )
    )


@lists.free("Show a prospect list", open_world=True, asks=ShowList, list_id="0123456789abcdef01234567")
async def show_prospect_list(
    caller: Caller,
    list_id: ListId,
    limit: Annotated[int, Field(ge=1, le=100)] = 25,
    cursor: Cursor | None = None,
) -> ProspectPage | None:
    """Show the people on a prospect list, page by page. Free; next_cursor is there while more follow."""
    return await caller.ask(ShowList(list_id=list_id, limit=limit, cursor=cursor))


@lists.free(
    "Export a prospect list",
    open_world=True,
    writes=True,
    scopes=(Scope.READ,),
    asks=ExportList,
    list_id="0123456789abcdef01234567",
)
async def export_prospect_list(caller: Caller, list_id: ListId) -> Export | None:
    """Write a prospect list into a CSV file and return a download link that works once, for an hour. Free.

    Holds up to 10,000 people, without those on the suppression list.
    """
    page = await caller.ask(ExportList(list_id=list_id))
    if page is None:
        return None
    text = csv_text.lines(COLUMNS, (prospect.row for prospect in page.prospects))
    file = await caller.hand_over(f"prospects-{list_id}.csv", text)
    cut = ("The list is longer than the file.",) if page.next_cursor else ()
    return Export(file=file, rows=len(page.prospects), columns=COLUMNS, warnings=(*page.warnings, *cut))
