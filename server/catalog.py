"""Who answers what, at which price: reads the providers folder and puts offers in order."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from server.domain import money
from server.domain.errors import NoOffer, PriceUnknown
from server.domain.money import Cost, Credits, Micros
from server.domain.query import AnyQuery
from server.manifest import Manifest, Price, read_manifest
from server.provider import Offering, Provider

FOLDER = Path(__file__).parent / "providers"

_RECKONED = 1_000
"""How many different prices of questions are remembered."""


def read_providers(folder: Path = FOLDER) -> dict[str, Provider]:
    """Every provider in `folder`, by name: one `.py` with one `Provider` subclass beside one `.toml`."""
    return {
        path.stem: _provider_class(_module(path, folder))(read_manifest(path.with_suffix(".toml")))
        for path in sorted(folder.glob("[!_]*.py"))
    }


def _module(path: Path, folder: Path) -> ModuleType:
    if folder == FOLDER:
        return importlib.import_module(f"server.providers.{path.stem}")
    name = f"weir_provider_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _provider_class(module: ModuleType) -> type[Provider]:
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Provider) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise ImportError(f"{module.__name__} must define exactly one Provider, and defines {len(found)}")
    return found[0]


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """One provider willing to answer one query, at a price. Every offer is only equal to itself."""

    offering: Offering[Any]
    price: Price
    most: Credits
    """The bound: what is held for the attempt and the most that the caller pays for it."""
    expected: Credits
    """What a full answer costs by the price list."""
    miss: Credits
    per_credit: Micros | None
    """Dollars per credit, in micros; None where neither a document nor the operator gives a price."""

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.offering.provider.name

    @property
    def operation(self) -> str:
        """The provider's operation."""
        return self.offering.operation.name

    @property
    def unlocked_for(self) -> timedelta | None:
        """How long the provider does not charge again for the record that it answers with."""
        return self.offering.operation.unlocked

    def cost(self, amount: Credits) -> Cost:
        """`amount` of this provider's credits as a cost."""
        if amount == 0:
            return money.NOTHING
        if self.per_credit is None:
            return Cost({self.provider: amount}, unpriced=frozenset({self.provider}))
        return Cost({self.provider: amount}, money.usd(amount, self.per_credit))


class Catalog:
    """The configured providers and the order in which they are asked.

    `per_credit` holds the operator's price of a credit by provider, in micros; without it the dearest documented plan
    counts. `order` is the operator's list: providers in it come first, the rest follows cheapest first.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        *,
        ready: Collection[str],
        today: Callable[[], date],
        order: Sequence[str] = (),
        per_credit: Mapping[str, Micros] | None = None,
    ) -> None:
        self.providers = providers
        self.ready = frozenset(ready)
        self._today = today
        self._order = {name: rank for rank, name in enumerate(order)}
        self._per_credit = dict(per_credit or {})
        self._reckoned: dict[tuple[object, ...], tuple[Offer, ...]] = {}
        self._ready_for: dict[type[AnyQuery], list[Offering[Any]]] = {}
        self._by_query: dict[type[AnyQuery], list[Offering[Any]]] = {}
        for provider in providers.values():
            for offering in provider.offerings():
                self._by_query.setdefault(offering.query, []).append(offering)
        documented = [price for manifest in self.manifests() if (price := manifest.dearest) is not None]
        self._dearest = max(documented, default=Micros(1))

    def manifests(self) -> Iterable[Manifest]:
        """Every manifest, in the order of the providers' names."""
        return (provider.manifest for provider in self.providers.values())

    def title(self, provider: str) -> str:
        """The provider's name as people write it."""
        return self.providers[provider].manifest.title

    def per_credit(self, provider: str) -> Micros | None:
        """Micros per credit: the operator's figure, else the dearest documented plan's."""
        return self._per_credit.get(provider) or self.providers[provider].manifest.dearest

    def offerings(self, query: type[AnyQuery]) -> Sequence[Offering[Any]]:
        """Every flow that answers this kind of query, configured or not."""
        return self._by_query.get(query, ())

    def in_force(self) -> dict[tuple[str, str], date]:
        """Since when the price row of each (provider, operation) is in force."""
        today = self._today()
        return {
            (manifest.name, operation.name): price.since
            for manifest in self.manifests()
            for operation in manifest.operations.values()
            if (price := operation.in_force(today)) is not None
        }

    def offers(self, query: AnyQuery, without: frozenset[tuple[str, str]] = frozenset()) -> tuple[Offer, ...]:
        """Who would be asked, in order; `without` names (provider, operation) pairs that are off automatic routing."""
        kind, today = type(query), self._today()
        able = tuple(offering.when(query) for offering in self._configured(kind))
        # Questions differ in whom they are about, and hardly ever in what they cost.
        alike = (kind, able, query.units, query.extras, without, today)
        known = self._reckoned.get(alike)
        if known is None:
            if len(self._reckoned) >= _RECKONED:
                self._reckoned.clear()
            offers = [
                self._offer(offering, price, query)
                for offering, fits in zip(self._configured(kind), able, strict=True)
                if fits
                and (offering.provider.name, offering.operation.name) not in without
                and (price := offering.operation.in_force(today)) is not None
            ]
            known = self._reckoned[alike] = tuple(sorted(offers, key=self._rank))
        return known

    def require(self, query: AnyQuery, without: frozenset[tuple[str, str]] = frozenset()) -> tuple[Offer, ...]:
        """`offers`, or `NoOffer` with the reason where nobody would be asked."""
        offers = self.offers(query, without)
        if not offers:
            raise self._nobody(query, without)
        return offers

    def _configured(self, kind: type[AnyQuery]) -> Sequence[Offering[Any]]:
        """Those of `_routed` whose providers are configured."""
        known = self._ready_for.get(kind)
        if known is None:
            known = self._ready_for[kind] = [one for one in self._routed(kind) if one.provider.name in self.ready]
        return known

    def _routed(self, kind: type[AnyQuery]) -> list[Offering[Any]]:
        """Flows that answer this kind of query and are asked without being named, or are named by the operator."""
        known = self.offerings(kind)
        return [offering for offering in known if offering.automatic or offering.provider.name in self._order]

    def _nobody(self, query: AnyQuery, without: frozenset[tuple[str, str]]) -> NoOffer:
        """Why nobody would be asked, and what would change that."""
        known, configured, asked = self._routed(type(query)), self._configured(type(query)), query.operation()
        if not configured:
            return NoOffer(
                f"No configured provider answers {asked}.",
                fix=f"Set the API key of {_titles(known, ' or ')}." if known else None,
            )
        able = [offering for offering in configured if offering.when(query)]
        if not able:
            return NoOffer(
                f"None of the configured providers can answer {asked} from these arguments.",
                fix="Give more that identifies the person or company, such as the company domain or the profile URL.",
            )
        alarmed = [one for one in able if (one.provider.name, one.operation.name) in without]
        if alarmed:
            commands = "; ".join(f"weir prices confirm {one.provider.name} {one.operation.name}" for one in alarmed)
            return NoOffer(
                f"{_titles(alarmed, ' and ')} charged more for {asked} than its price list says, so it is not asked.",
                fix=f"Have the operator check the price, and then run: {commands}",
            )
        return PriceUnknown(
            f"No price of {_titles(able, ' or ')} for {asked} is in force, so nobody is asked.",
            fix="Have the operator add the price row that is in force to the provider's price list.",
        )

    def _offer(self, offering: Offering[Any], price: Price, query: AnyQuery) -> Offer:
        return Offer(
            offering=offering,
            price=price,
            most=price.most(query.units, query.extras),
            expected=price.charge(query.units, query.extras),
            miss=price.miss,
            per_credit=self.per_credit(offering.provider.name),
        )

    def _rank(self, offer: Offer) -> tuple[object, ...]:
        manifest = offer.offering.provider.manifest
        listed = self._order.get(offer.provider)
        # Credits of providers without a price count as dear as the dearest documented ones, so that order stays total.
        value = money.usd(offer.expected, offer.per_credit or self._dearest)
        return (
            listed is None,
            listed if listed is not None else 0,
            manifest.last,
            offer.offering.partial,
            value,
            offer.provider,
            offer.operation,
        )


def _titles(offerings: Iterable[Offering[Any]], joint: str) -> str:
    return joint.join(sorted({offering.provider.manifest.title for offering in offerings}))
