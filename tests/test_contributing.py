"""The sixth provider of CONTRIBUTING.md, read out of the document and put to work."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from server.catalog import Catalog, Offer, read_providers
from server.domain import money
from server.domain.contact import ValidateEmail
from server.provider import Provider, Request
from tests.test_recordings import Recording, replay

ROOT = Path(__file__).parent.parent
FILE = re.compile(r"^`(?P<path>[^`\n]+)`\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {found["path"]: found["text"] for found in FILE.finditer((ROOT / "CONTRIBUTING.md").read_text())}
RECORDING = "tests/recordings/mailprobe/validate_email/found.json"
QUERY = ValidateEmail(email="ada@example.com")


@pytest.fixture
def mailprobe(tmp_path: Path) -> Provider:
    """The documented provider, loaded by the catalog from a folder of its own."""
    for path in ("server/providers/mailprobe.py", "server/providers/mailprobe.toml"):
        (tmp_path / Path(path).name).write_text(FILES[path])
    return read_providers(tmp_path)["mailprobe"]


def offers(provider: Provider, on: date) -> tuple[Offer, ...]:
    """What a catalog of this provider alone offers for the documented query."""
    return Catalog({provider.name: provider}, ready=[provider.name], today=lambda: on).offers(QUERY)


def test_the_guide_shows_one_module_one_manifest_and_one_recording():
    assert list(FILES) == ["server/providers/mailprobe.py", "server/providers/mailprobe.toml", RECORDING]


def test_the_documented_provider_answers_through_its_recorded_exchange(mailprobe: Provider):
    recording = Recording.model_validate_json(FILES[RECORDING])
    (offering,) = mailprobe.offerings()
    seen = replay(offering, recording)
    assert seen.requests == [exchange.request for exchange in recording.exchanges]
    assert seen.answer == recording.answer
    assert (seen.error, seen.unlisted) == (None, [])
    assert seen.charged == money.credits(recording.charged or 0) == money.credits("0.5")
    assert recording.source.startswith(mailprobe.manifest.title)


def test_an_unsure_reply_of_the_documented_provider_is_not_found(mailprobe: Provider):
    recording = Recording.model_validate_json(FILES[RECORDING])
    (exchange,) = recording.exchanges
    unsure = exchange.response.model_copy(update={"body": {"result": "timeout"}})
    (offering,) = mailprobe.offerings()
    exchanges = (exchange.model_copy(update={"response": unsure}),)
    assert replay(offering, recording.model_copy(update={"exchanges": exchanges})).answer is None


def test_the_documented_provider_is_offered_at_its_price_from_its_date_on(mailprobe: Provider):
    (offer,) = offers(mailprobe, date(2026, 11, 1))
    assert (offer.provider, offer.operation) == ("mailprobe", "check")
    assert (offer.most, offer.expected, offer.miss) == (money.credits("0.5"), money.credits("0.5"), money.FREE)
    assert offers(mailprobe, date(2026, 10, 31)) == ()


def test_the_documented_provider_finds_its_key_by_its_file_name_and_sends_it_as_described(mailprobe: Provider):
    assert mailprobe.manifest.environment == "MAILPROBE_API_KEY"
    assert mailprobe.credentials("secret", Request("POST", "/check")) == {"Authorization": "Bearer secret"}
