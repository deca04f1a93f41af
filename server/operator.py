"""What the operator asks of Weir while it runs: opt-outs, price alarms, people, and whether all of it works.

The command line is its only user. It comes here directly, or through the server that owns the home folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from server.domain.account import Balance, GetBalance
from server.domain.errors import InvalidInput, ProviderError, ProviderRejectedKey, StorageUnavailable
from server.domain.money import plain
from server.domain.principal import LOCAL
from server.domain.query import Answer
from server.engine import Engine

Rows = list[dict[str, Any]]
"""What a command has to say, as JSON objects of equal shape."""


class Desk(Protocol):
    """Where commands about one subject are carried out."""

    async def run(self, command: str, arguments: Mapping[str, Any]) -> Rows | None:
        """The rows of one command; None where it is about another subject."""
        ...


class Operator:
    """Carries out the operator's commands, by itself or at one of the `desks`. One per process."""

    def __init__(self, engine: Engine, *desks: Desk) -> None:
        self._engine = engine
        self._desks = desks

    async def run(self, command: str, arguments: Mapping[str, Any]) -> Rows:
        """The rows of one command; `InvalidInput` for a command or an argument that makes no sense."""
        match command, dict(arguments):
            case "ping", {}:
                rows = []
            case "examine", {}:
                rows = [await self._storage(), *await self._providers()]
            case "suppress", {"subject": str(subject), "reason": str(reason)}:
                rows = await self._suppress(subject, reason)
            case "allow", {"subject": str(subject)}:
                rows = await self._allow(subject)
            case "suppressed", {}:
                rows = await self._suppressed()
            case "alarms", {}:
                rows = await self._alarms()
            case "confirm", {"provider": str(provider), "operation": str(operation)}:
                rows = await self._confirm(provider, operation)
            case _:
                rows = await self._elsewhere(command, arguments)
        return rows

    async def _elsewhere(self, command: str, arguments: Mapping[str, Any]) -> Rows:
        for desk in self._desks:
            rows = await desk.run(command, arguments)
            if rows is not None:
                return rows
        raise InvalidInput(f"There is no command {command!r} with these arguments.", field="command")

    async def _suppress(self, subject: str, reason: str) -> Rows:
        kept = await self._engine.suppression.add(LOCAL.workspace, subject, reason, LOCAL.member)
        purged = await self._engine.books.cache.forget(LOCAL.workspace, kept)
        return [{"subject": kept, "purged": purged}]

    async def _allow(self, subject: str) -> Rows:
        removed = await self._engine.suppression.remove(LOCAL.workspace, subject)
        await self._engine.books.cache.forget_withheld(LOCAL.workspace)
        return [{"removed": removed}]

    async def _suppressed(self) -> Rows:
        return [
            {"subject": one.subject, "reason": one.reason, "since": one.added_at.date().isoformat()}
            for one in await self._engine.suppression.list(LOCAL.workspace)
        ]

    async def _alarms(self) -> Rows:
        ledger, in_force = self._engine.books.ledger, self._engine.catalog.in_force()
        off = await ledger.alarms(in_force)
        return [
            {
                "provider": alarm.provider,
                "operation": alarm.operation,
                "charged": plain(alarm.seen),
                "quoted": plain(alarm.quoted),
                "at": alarm.at.isoformat(timespec="seconds"),
            }
            for alarm in await ledger.raised()
            if (alarm.provider, alarm.operation) in off
        ]

    async def _confirm(self, provider: str, operation: str) -> Rows:
        confirmed = await self._engine.books.ledger.confirm(provider, operation)
        await self._engine.start()
        return [{"confirmed": confirmed}]

    async def _storage(self) -> dict[str, Any]:
        try:
            await self._engine.books.database.write(lambda _: None)
        except StorageUnavailable as error:
            return finding("storage", error.message, ok=False, fix=error.fix)
        return finding("storage", "takes writes")

    async def _providers(self) -> Rows:
        replies = await self._engine.ask_each(GetBalance())
        first = [finding("providers", _SIMULATED)] if self._engine.sandbox else []
        return first + [self._provider(name, replies.get(name)) for name in self._engine.catalog.providers]

    def _provider(self, name: str, reply: Answer | ProviderError | None) -> dict[str, Any]:
        manifest = self._engine.catalog.providers[name].manifest
        if name not in self._engine.catalog.ready:
            return finding(name, f"makes no offers: {_why_not(manifest.enabled, manifest.environment)}")
        match reply:
            case ProviderRejectedKey():
                return finding(name, reply.message, ok=False, fix=f"Correct {manifest.environment}.")
            case ProviderError():
                fix = reply.fix or f"Check {manifest.environment}, the base URL and the network."
                return finding(name, reply.message, ok=False, fix=fix)
            case Balance(available=float(available)):
                return finding(name, f"reachable, key accepted, {available:g} {reply.unit} left")
            case Balance():
                return finding(name, "reachable, key accepted")
            case _:
                return finding(name, "configured; it has no free call that would show whether it answers")


_SIMULATED = "simulated by the sandbox: either no key is set, or the setting WEIR_PROVIDERS says so"


def _why_not(enabled: bool, variable: str) -> str:
    return f"{variable} is not set" if enabled else f"it is off by default; WEIR_ENABLE and {variable} switch it on"


def finding(subject: str, said: str, *, ok: bool = True, fix: str | None = None) -> dict[str, Any]:
    """One thing that was looked at, what was found, and the fix where it is wrong."""
    return {"subject": subject, "said": said, "ok": ok, "fix": fix}
