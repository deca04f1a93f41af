"""A vendor for tests: a real server on a local port that answers byte for byte what a test scripts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from server.domain.errors import InvalidInput, ProviderError, ProviderUnavailable, RateLimited
from server.domain.money import Credits
from server.domain.query import Answer, Query
from server.manifest import Manifest
from server.provider import Flow, Offering, Provider, Request, Response, answers, fault_of_status, said_credits
from server.upstream import Connection, Upstream

KEY = "sk-live-0123456789"
FAR = 1_000_000.0

DROP = b""
"""Close the connection without a word."""
HANG = b"hang"
"""Never answer."""


class Found(Answer):
    value: str


class Ask(Query[Found]):
    answer: ClassVar[type[Answer]] = Found
    flow: str = "look"
    text: str = "ada@example.com"


@dataclass
class Received:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Vendor:
    """Answers requests with `script`, one by one; when it is used up, with `always`."""

    script: list[bytes] = field(default_factory=list[bytes])
    always: bytes = DROP
    received: list[Received] = field(default_factory=list[Received])
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    connections: int = 0
    most_at_once: int = 0
    gate: asyncio.Event | None = None
    """Where set, every answer waits for it."""
    _at_once: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            while (request := await _read(reader, number)) is not None:
                self.received.append(request)
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                self.arrived.set()
                if self.gate is not None:
                    await self.gate.wait()
                reply = self.script.pop(0) if self.script else self.always
                if reply == HANG:
                    await asyncio.Event().wait()
                self._at_once -= 1
                writer.write(reply)
                await writer.drain()
                if b"Content-Length" not in reply or b"X-Cut: yes" in reply:
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader, connection: int) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(method, target, headers, body, connection)


def reply(body: Any = None, status: int = 200, **headers: str) -> bytes:
    """A well-formed response; underscores in header names stand for hyphens."""
    raw = body if isinstance(body, bytes) else json.dumps({"value": "yes"} if body is None else body).encode()
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(raw)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + raw


def cut(body: bytes, length: int, **headers: str) -> bytes:
    """A response whose body breaks off before `length` bytes."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {length}", "X-Cut: yes"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _price(credits: float) -> list[dict[str, Any]]:
    return [{"since": "2026-01-01", "hit": credits, "miss": 0, "hold": credits, "source": "Acme API, Prices"}]


def manifest(**changes: Any) -> Manifest:
    """Acme's manifest; paid and free operations, and one with a rate of its own."""
    paid = ("look", "pages", "job", "paid_get", "odd", "odd_before", "fails")
    free = ("ping", "list", "add", "search")
    data: dict[str, Any] = {
        "name": "acme",
        "title": "Acme",
        "docs": "https://acme.example/docs",
        "hosts": {"default": "https://api.acme.example/v1"},
        "auth": {"header": "X-API-Key"},
        "rate": {"per_minute": 6000, "burst": 50},
        "operations": {name: {"name": name, "title": name, "prices": _price(1)} for name in paid}
        | {name: {"name": name, "title": name, "prices": _price(0)} for name in free},
    }
    data["operations"]["own_rate"] = data["operations"]["look"] | {
        "name": "own_rate",
        "rate": {"per_minute": 60, "burst": 1},
    }
    return Manifest.model_validate(data | changes)


def _takes(flow: str) -> Callable[[Ask], bool]:
    return lambda query: query.flow == flow


class Acme(Provider):
    """One flow per shape of exchange."""

    def charged(self, response: Response) -> Credits | None:
        return said_credits(response.headers.get("x-credits-cost", response.peek().get("cost")))

    def fault(self, response: Response) -> ProviderError | None:
        body = response.peek()
        if "blame" in body:
            raise LookupError(body["blame"])
        if response.status == 429 and "wait" in body:
            return RateLimited("Acme is rate limiting.", retry_after=body["wait"])
        if body.get("down"):
            return ProviderUnavailable("Acme says that it is down.")
        return fault_of_status("Acme", response, str(body.get("detail", ""))) if response.status >= 400 else None

    @answers(Ask, when=_takes("look"))
    def look(self, query: Ask) -> Flow[Found]:
        response = yield Request("POST", "/look", json={"text": query.text})
        return _found(response)

    @answers(Ask, when=_takes("own_rate"))
    def own_rate(self, query: Ask) -> Flow[Found]:
        response = yield Request("POST", "/own", json={"text": query.text})
        return _found(response)

    @answers(Ask, when=_takes("pages"))
    def pages(self, query: Ask) -> Flow[Found]:
        first = yield Request("POST", "/pages", json={"page": 1})
        second = yield Request("POST", "/pages", json={"page": 2})
        return Found(value=first.object()["value"] + second.object()["value"])

    @answers(Ask, when=_takes("job"))
    def job(self, query: Ask) -> Flow[Found]:
        job = (yield Request("POST", "/jobs", json={"text": query.text})).object()["value"]
        while True:
            response = yield Request("GET", f"/jobs/{job}", after=2.0)
            if response.object()["value"] != "running":
                return _found(response)

    @answers(Ask, when=_takes("paid_get"))
    def paid_get(self, query: Ask) -> Flow[Found]:
        response = yield Request("GET", "/paid", params={"q": query.text, "n": 2})
        return _found(response)

    @answers(Ask, when=_takes("ping"))
    def ping(self, query: Ask) -> Flow[Found]:
        response = yield Request("GET", "/ping")
        return _found(response)

    @answers(Ask, when=_takes("search"))
    def search(self, query: Ask) -> Flow[Found]:
        response = yield Request("POST", "search", json={"text": query.text})
        return _found(response)

    @answers(Ask, when=_takes("list"))
    def list(self, query: Ask) -> Flow[Found]:
        response = yield Request("GET", "/lists", host="lists")
        return _found(response)

    @answers(Ask, when=_takes("add"))
    def add(self, query: Ask) -> Flow[Found]:
        response = yield Request("POST", "/lists/1", json={"text": query.text}, once=True)
        return _found(response)

    @answers(Ask, when=_takes("odd"))
    def odd(self, query: Ask) -> Flow[Found]:
        response = yield Request("POST", "/odd", json={})
        body = response.json()
        trips: dict[str, Callable[[], Any]] = {
            "key": lambda: body["missing"],
            "index": lambda: body["list"][7],
            "attribute": lambda: body["list"].nothing,
            "value": lambda: int("ada@example.com"),
            "type": lambda: 1 + body["trip"],
            "division": lambda: 1 // 0,
            "model": lambda: Found.model_validate({"value": {"email": "ada@example.com"}}),
            "input": _refuse_input,
        }
        return trips[body["trip"]]()

    @answers(Ask, when=_takes("odd_before"))
    def odd_before(self, query: Ask) -> Flow[Found]:
        raise KeyError("a bug, before anything was asked")
        yield

    @answers(Ask, when=_takes("fails"))
    def fails(self, query: Ask) -> Flow[Found]:
        response = yield Request("POST", "/fails", json={})
        response.object()
        raise ProviderUnavailable("Acme's job failed for ada@example.com.")


def _refuse_input() -> Found:
    raise InvalidInput("Not an address: ada@example.com.", field="email")


def _found(response: Response) -> Found | None:
    value = response.object()["value"]
    return None if value is None else Found(value=value)


@dataclass
class Clock:
    """A clock that stands still except while somebody sleeps, and then jumps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list[float])
    woken: Callable[[], object] = bool
    """Called after every sleep."""
    hold: asyncio.Event | None = None
    """Where set, nobody wakes up before it."""
    asleep: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 4))
        self.asleep.set()
        target = self.now + seconds
        await (asyncio.sleep(0) if self.hold is None else self.hold.wait())
        self.now = max(self.now, target)
        self.woken()

    def wall(self) -> float:
        return self.now + 1_800_000_000.0


@dataclass
class Bench:
    """A vendor, its provider, and an `Upstream` between them on a standing clock."""

    vendor: Vendor
    provider: Acme
    upstream: Upstream
    clock: Clock
    hosts: dict[str, str] = field(default_factory=dict[str, str])

    def offering(self, flow: str) -> Offering[Found]:
        return next(one for one in self.provider.offerings() if one.operation.name == flow)

    async def ask(self, flow: str = "look", *, within: float = FAR, text: str = "ada@example.com") -> Any:
        query = Ask(flow=flow, text=text)
        return await self.upstream.drive(self.offering(flow), query, deadline=self.clock.now + within)

    async def fail(self, flow: str = "look", *, within: float = FAR) -> ProviderError:
        try:
            driven = await self.ask(flow, within=within)
        except ProviderError as error:
            return error
        raise AssertionError(f"expected a failure and got {driven}")

    def says(self, *replies: bytes | Iterable[bytes]) -> None:
        for one in replies:
            self.vendor.script.extend([one] if isinstance(one, bytes) else one)


def bench(vendor: Vendor, *, key: str = KEY, per_minute: float | None = None, **changes: Any) -> Bench:
    """A bench around `vendor`; `changes` go to the manifest."""
    provider, clock = Acme(manifest(**changes)), Clock()
    hosts = {"default": f"http://127.0.0.1:{vendor.port}/v1", "lists": f"http://127.0.0.1:{vendor.port}/other/"}
    upstream = Upstream(
        {"acme": Connection(key, hosts, per_minute)},
        clock=clock,
        sleep=clock.sleep,
        wall=clock.wall,
        jitter=lambda: 0.5,
    )
    return Bench(vendor, provider, upstream, clock, hosts)


def timeout(operation: str, seconds: float) -> dict[str, Any]:
    """Changes for `bench` that give one operation a time-out of its own."""
    operations = {name: one.model_dump() for name, one in manifest().operations.items()}
    for one in operations.values():
        one["prices"] = _price(0 if one["prices"][0]["hit"] == 0 else 1)
    operations[operation]["timeout"] = seconds
    return {"operations": operations}
