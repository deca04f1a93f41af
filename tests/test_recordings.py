"""Every recorded exchange of every provider, replayed through its flow: no network, no key, no clock.

A recording is `recordings/<provider>/<query>/<case>.json`; `WEIR_UPDATE_RECORDINGS=1` rewrites the `answer` of each to
what the flow returns now, for review in the diff.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, ConfigDict, Field

from server.catalog import read_providers
from server.domain import money
from server.domain.errors import ProviderError
from server.domain.money import FREE, Credits
from server.provider import Offering, Request, Response, Wire, unlisted_fields

FOLDER = Path(__file__).parent / "recordings"
PROVIDERS = read_providers()
UPDATE = os.environ.get("WEIR_UPDATE_RECORDINGS") == "1"
TODAY = datetime.now(UTC).date()


class _Recorded(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordedRequest(_Recorded):
    """What the flow must ask."""

    method: str
    path: str
    host: str = "default"
    body: dict[str, Any] | None = Field(None, alias="json")
    params: dict[str, Any] | None = None


class RecordedResponse(_Recorded):
    """What the provider answered: a JSON `body`, or a `text` that is none."""

    status: int = 200
    headers: dict[str, str] = Field(default_factory=dict[str, str])
    body: Any = None
    text: str | None = None

    def response(self) -> Response:
        """The response as the network door would hand it on."""
        content = self.text if self.text is not None else json.dumps(self.body)
        return Response(self.status, content.encode(), {name.lower(): value for name, value in self.headers.items()})


class Exchange(_Recorded):
    """One request with its response."""

    request: RecordedRequest
    response: RecordedResponse


class RecordedQuery(_Recorded):
    """The question by class name and fields."""

    name: str = Field(alias="class")
    fields: dict[str, Any]


class Recording(_Recorded):
    """One documented conversation with a provider, and what it must come to."""

    source: str
    operation: str
    query: RecordedQuery
    exchanges: tuple[Exchange, ...]
    answer: dict[str, Any] | None = None
    error: str | None = None
    charged: float | None


@dataclass
class Replay:
    """What a flow made of recorded responses."""

    requests: list[RecordedRequest] = field(default_factory=list[RecordedRequest])
    answer: dict[str, Any] | None = None
    error: str | None = None
    charged: Credits | None = None
    unlisted: list[str] = field(default_factory=list[str])


OFFERINGS = [offering for provider in PROVIDERS.values() for offering in provider.offerings()]
CASES = sorted(FOLDER.glob("*/*/*.json"))


def _name(case: Path) -> str:
    return str(case.relative_to(FOLDER).with_suffix(""))


def _flow_name(offering: Offering[Any]) -> str:
    return f"{offering.provider.name}.{offering.operation.name}-{offering.query.__name__}"


every_case = pytest.mark.parametrize("case", CASES, ids=_name)


def read(case: Path) -> Recording:
    return Recording.model_validate_json(case.read_bytes())


def offering_of(case: Path, recording: Recording) -> Offering[Any]:
    wanted = (case.parent.parent.name, recording.operation, recording.query.name)
    found = {(one.provider.name, one.operation.name, one.query.__name__): one for one in OFFERINGS}
    assert wanted in found, f"no flow {wanted}"
    return found[wanted]


def replay(offering: Offering[Any], recording: Recording) -> Replay:
    """Drive the flow through the recorded responses, or until a response is a failure."""
    query = offering.query.model_validate(recording.query.fields)
    assert offering.when(query), "the flow refuses the recorded query"
    seen = Replay()
    token = unlisted_fields.set(seen.unlisted)
    try:
        seen.answer = _drive(offering, query, recording, seen)
    except ProviderError as error:
        seen.error = type(error).__name__
    finally:
        unlisted_fields.reset(token)
    return seen


def _drive(offering: Offering[Any], query: Any, recording: Recording, seen: Replay) -> dict[str, Any] | None:
    flow = offering.flow(query)
    try:
        request = next(flow)
        for exchange in recording.exchanges:
            seen.requests.append(_as_recorded(request))
            response = exchange.response.response()
            told = offering.provider.charged(response)
            seen.charged = seen.charged if told is None else Credits((seen.charged or FREE) + told)
            if fault := offering.provider.fault(response):
                raise fault
            request = flow.send(response)
    except StopIteration as done:
        return done.value and done.value.model_dump(mode="json", exclude_none=True)
    seen.requests.append(_as_recorded(request))
    return None


def _as_recorded(request: Request) -> RecordedRequest:
    sent = {"method": request.method, "path": request.path, "host": request.host}
    bodies = {"json": request.json, "params": request.params}
    return RecordedRequest.model_validate_json(json.dumps(sent | bodies))


def _rewrite(case: Path, answer: dict[str, Any] | None) -> None:
    content = json.loads(case.read_text())
    content["answer"] = answer
    case.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


@every_case
def test_a_recorded_exchange_comes_to_its_answer(case: Path) -> None:
    recording = read(case)
    seen = replay(offering_of(case, recording), recording)
    assert seen.requests == [exchange.request for exchange in recording.exchanges]
    assert seen.error == recording.error
    if UPDATE and recording.error is None:
        _rewrite(case, seen.answer)
        recording = read(case)
    assert seen.answer == recording.answer


@every_case
def test_a_recorded_exchange_is_charged_as_the_provider_says_and_within_its_hold(case: Path) -> None:
    recording = read(case)
    offering = offering_of(case, recording)
    charged = replay(offering, recording).charged
    assert (None if charged is None else money.plain(charged)) == recording.charged
    query = offering.query.model_validate(recording.query.fields)
    price = offering.operation.in_force(TODAY)
    assert price is not None
    assert (charged or 0) <= price.most(query.units, query.extras)


@every_case
def test_every_recorded_field_is_read_or_knowingly_left_out(case: Path) -> None:
    recording = read(case)
    assert replay(offering_of(case, recording), recording).unlisted == []


@every_case
def test_a_recording_lies_in_the_folder_of_its_query_and_says_where_it_comes_from(case: Path) -> None:
    recording = read(case)
    offering = offering_of(case, recording)
    assert case.parent.name == offering.query.operation()
    assert recording.source.startswith(offering.provider.manifest.title)
    assert ("error" in json.loads(case.read_text())) != ("answer" in json.loads(case.read_text()))


@pytest.mark.parametrize("offering", OFFERINGS, ids=_flow_name)
def test_every_flow_has_a_recording_that_finds_something(offering: Offering[Any]) -> None:
    folder = FOLDER / offering.provider.name / offering.query.operation()
    recordings = [read(case) for case in sorted(folder.glob("*.json"))]
    assert any(one.operation == offering.operation.name and one.answer for one in recordings)


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_operation_has_a_flow_and_a_price_in_force(name: str) -> None:
    provider = PROVIDERS[name]
    assert {offering.operation.name for offering in provider.offerings()} == provider.manifest.operations.keys()
    for operation in provider.manifest.operations.values():
        price = operation.in_force(TODAY)
        assert price is not None
        assert price.hold >= max(price.hit, price.miss)
        assert price.source.startswith(provider.manifest.title)


ODD_VALUES: tuple[Any, ...] = (None, "", "\u200b", "x y", -1, 1e300, True, [], [None], {}, {"x": "y"})


def _variants(value: Any) -> Iterator[Any]:
    """`value` with one of its parts, at any depth, turned into something odd."""
    yield from (odd for odd in ODD_VALUES if odd != value)
    for key, part in _parts(value):
        for variant in _variants(part):
            changed = deepcopy(value)
            changed[key] = variant
            yield changed


def _parts(value: Any) -> Iterable[tuple[Any, Any]]:
    match value:
        case {**entries}:
            return entries.items()
        case [*rows]:
            return enumerate(rows)
        case _:
            return ()


@pytest.mark.parametrize("offering", OFFERINGS, ids=_flow_name)
def test_no_value_in_any_place_of_a_response_trips_a_flow(offering: Offering[Any]) -> None:
    folder = FOLDER / offering.provider.name / offering.query.operation()
    cases = (case for case in sorted(folder.glob("*.json")) if read(case).operation == offering.operation.name)
    for recording in map(read, cases):
        for number, exchange in enumerate(recording.exchanges):
            for body in _variants(exchange.response.body):
                odd = exchange.model_copy(update={"response": exchange.response.model_copy(update={"body": body})})
                before, after = recording.exchanges[:number], recording.exchanges[number + 1 :]
                # What matters is that nothing but a ProviderError leaves the flow, which `replay` catches.
                replay(offering, recording.model_copy(update={"exchanges": (*before, odd, *after)}))


def test_a_field_that_no_wire_model_lists_is_noticed() -> None:
    class Sample(Wire):
        ignored: ClassVar[frozenset[str]] = frozenset({"left_out"})

        known: str

    collected: list[str] = []
    token = unlisted_fields.set(collected)
    Sample.read({"known": "1", "left_out": 2, "new": 3})
    unlisted_fields.reset(token)
    assert collected == ["Sample.new"]
