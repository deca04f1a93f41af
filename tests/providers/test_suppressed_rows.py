"""Answers with many people lose those on the suppression list, and say so."""

from __future__ import annotations

from server.domain.bulk import ContactRow, EmailVerdicts, EnrichedContacts, VerdictRow
from server.domain.company import Company
from server.domain.contact import EmailType, FoundEmail, JobChangeStatus
from server.domain.lists import Prospect, ProspectPage
from server.domain.people_search import CompanyPeople, GroupedPeople, JobChanges, Mover
from server.domain.person import Person

ADA, BOB = "ada@stripe.com", "bob@stripe.com"
GONE = "1 entry on the suppression list left out."


def suppressed(subjects: frozenset[str]) -> bool:
    return ADA in subjects


def test_a_batch_loses_the_row_and_keeps_the_numbers_of_the_others() -> None:
    verdicts = EmailVerdicts(rows=(VerdictRow(row=0, email=ADA), VerdictRow(row=1, email=BOB))).without(suppressed)
    assert verdicts is not None
    assert ([row.row for row in verdicts.rows], verdicts.warnings) == ([1], (GONE,))
    mails = (FoundEmail(email=mail, email_type=EmailType.WORK, verified=True) for mail in (BOB, ADA))
    contacts = EnrichedContacts(rows=tuple(ContactRow(row=row, email=mail) for row, mail in enumerate(mails)))
    kept = contacts.without(suppressed)
    assert kept is not None
    assert ([row.row for row in kept.rows], kept.warnings) == ([0], (GONE,))


def test_a_search_loses_the_person_and_keeps_the_company() -> None:
    ada, bob = Person(work_email=ADA), Person(work_email=BOB)
    grouped = GroupedPeople(companies=(CompanyPeople(company=Company(name="Stripe"), people=(ada, bob)),))
    kept = grouped.without(suppressed)
    assert kept is not None
    assert (kept.companies[0].people, kept.warnings) == ((bob,), (GONE,))
    moved = JobChanges(movers=tuple(Mover(person=one, status=JobChangeStatus.CHANGED) for one in (ada, bob)))
    left = moved.without(suppressed)
    assert left is not None
    assert ([mover.person for mover in left.movers], left.warnings) == ([bob], (GONE,))


def test_a_list_loses_the_prospect_and_an_answer_without_suppressed_people_stays_itself() -> None:
    prospects = tuple(Prospect(prospect_id=mail, work_email=mail) for mail in (ADA, BOB))
    page = ProspectPage(list_id="a1", prospects=prospects, next_cursor="c")
    kept = page.without(suppressed)
    assert kept is not None
    assert ([one.prospect_id for one in kept.prospects], kept.next_cursor, kept.warnings) == ([BOB], "c", (GONE,))
    assert page.without(lambda _: False) is page
