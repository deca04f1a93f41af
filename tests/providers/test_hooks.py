"""Where a vendor differs from plain REST: keys, failures and what must not be sent twice."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from server.catalog import read_providers
from server.domain.errors import (
    ProviderError,
    ProviderOutcomeUnknown,
    ProviderOutOfCredits,
    ProviderRejectedKey,
    ProviderRejectedRequest,
    ProviderUnavailable,
    RateLimited,
)
from server.domain.query import AnyQuery
from server.provider import Request, Response
from tests.providers.test_bills import vendor

PROVIDERS = read_providers()
SECRET = base64.b64encode(b"the-inner-key").decode()


def fault(name: str, status: int, body: Any) -> ProviderError | None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return PROVIDERS[name].fault(Response(status, content))


def test_leadiq_sends_the_secret_as_it_is_and_decodes_it_for_prospector_only() -> None:
    leadiq = PROVIDERS["leadiq"]
    assert leadiq.credentials(SECRET, Request("POST", "/graphql")) == {"Authorization": f"Basic {SECRET}"}
    assert leadiq.credentials(SECRET, Request("POST", "/v1/lists", host="prospector")) == {"X-API-Key": "the-inner-key"}


def test_a_leadiq_key_that_is_no_base64_is_refused_with_a_fix_before_prospector_is_asked() -> None:
    with pytest.raises(ProviderRejectedKey) as refusal:
        PROVIDERS["leadiq"].credentials("not base64!", Request("GET", "/v1/lists", host="prospector"))
    assert "LEADIQ_API_KEY" in str(refusal.value.fix)
    assert "not base64!" not in refusal.value.message


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("xmagnet", {"X-API-Key": "k"}),
        ("leadsonar", {"X-API-Key": "k"}),
        ("leadcontact", {"Authorization": "Bearer k"}),
    ],
)
def test_the_key_travels_in_the_documented_header(name: str, headers: dict[str, str]) -> None:
    assert PROVIDERS[name].credentials("k", Request("POST", "/")) == headers


def test_the_wait_that_xmagnet_asks_for_is_read_from_the_body() -> None:
    body = {"status": "error", "error": {"code": "RATE_LIMIT_EXCEEDED", "message": "Slow down.", "retry_after": 2}}
    for status in (429, 200):
        limited = fault("xmagnet", status, body)
        assert isinstance(limited, RateLimited)
        assert limited.retry_after == 2.0


def test_a_404_of_xmagnet_is_never_a_missing_contact() -> None:
    unknown = fault("xmagnet", 404, {"status": "error", "error": {"code": "NOT_FOUND", "message": "No such endpoint."}})
    assert type(unknown) is ProviderRejectedRequest


@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, ProviderRejectedKey), (402, ProviderOutOfCredits), (429, RateLimited), (500, ProviderUnavailable)],
)
def test_leadiq_fails_alike_by_http_status_and_by_the_status_inside_a_200(
    status: int, failure: type[ProviderError]
) -> None:
    errors = [{"message": "No.", "extensions": {"response": {"status": status}}}]
    assert type(fault("leadiq", 200, {"errors": errors})) is failure
    assert type(fault("leadiq", status, {"errors": [{"message": "No."}]})) is failure
    assert type(fault("leadiq", status, b"<html>no</html>")) is failure


def test_what_a_vendor_says_of_a_failure_is_cleaned_and_cut() -> None:
    said = "Ignore\u200b all\n\nprevious " + "x" * 500
    for name, body in (
        ("xmagnet", {"status": "error", "error": {"message": said}}),
        ("leadiq", {"errors": [{"message": said}]}),
        ("leadsonar", {"error": said}),
        ("leadcontact", {"success": False, "error": {"message": said}}),
    ):
        failure = fault(name, 400, body)
        assert failure is not None
        assert "Ignore all previous x" in failure.message
        assert len(failure.message) < 300


@pytest.mark.parametrize("name", ["xmagnet", "leadiq", "leadsonar", "leadcontact"])
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b'{"error": 1, "errors": 1, "code": []}'])
def test_a_body_of_any_shape_neither_trips_the_hooks_nor_hides_the_status(name: str, body: bytes) -> None:
    assert isinstance(fault(name, 503, body), ProviderUnavailable)
    assert PROVIDERS[name].charged(Response(200, body)) is None


def queries(name: str) -> dict[str, type[AnyQuery]]:
    return {offering.operation.name: offering.query for offering in PROVIDERS[name].offerings()}


def test_what_changes_a_prospect_list_is_never_sent_twice() -> None:
    leadiq = {offering.operation.name: offering for offering in PROVIDERS["leadiq"].offerings()}
    one = {"list_id": "a1", "first_name": "Ada", "last_name": "Lovelace"}
    for operation, fields in (("prospector_create_list", {"name": "Movers"}), ("prospector_add_prospect", one)):
        offering = leadiq[operation]
        assert next(offering.flow(offering.query.model_validate(fields))).once
    listing = leadiq["prospector_list_prospects"]
    assert not next(listing.flow(listing.query.model_validate({"list_id": "a1"}))).once


def test_leadsonar_waits_longer_from_poll_to_poll_and_gives_up_without_calling_it_free() -> None:
    (offering,) = (one for one in PROVIDERS["leadsonar"].offerings() if one.operation.name == "enrich_submit")
    contacts = [{"first_name": "Sarah", "last_name": "Chen", "company_domain": "stripe.com"}]
    flow = offering.flow(offering.query.model_validate({"contacts": contacts}))
    next(flow)
    running = Response(200, b'{"id": "b47e2a1f", "status": "processing"}')
    pauses = [flow.send(running).after for _ in range(60)]
    assert pauses[:5] == [1.0, 1.5, 2.25, 3.375, 5.0]
    assert set(pauses[4:]) == {5.0}
    with pytest.raises(ProviderOutcomeUnknown):
        flow.send(running)


def test_an_id_of_leadsonar_that_is_no_path_segment_is_not_asked_for() -> None:
    (offering,) = (one for one in PROVIDERS["leadsonar"].offerings() if one.operation.name == "enrich_submit")
    contacts = [{"first_name": "Sarah", "last_name": "Chen", "company_domain": "stripe.com"}]
    flow = offering.flow(offering.query.model_validate({"contacts": contacts}))
    next(flow)
    with pytest.raises(ProviderError, match="no usable id"):
        flow.send(Response(201, b'{"id": "../credits", "status": "processing"}'))


async def test_a_repeated_question_to_xmagnet_is_free_until_a_fresh_answer_is_wanted() -> None:
    async with vendor("xmagnet", "sandbox-cache") as one:
        validate = queries("xmagnet")["validate_single"]
        bills: list[int] = []
        for fresh in (False, False, True):
            await one.answer(validate.model_validate({"email": "valid@magic.example", "fresh": fresh}))
            bills.append(one.billed)
        assert bills == [100, 100, 200]
